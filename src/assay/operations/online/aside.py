"""PostgreSQL: an index or constraint given another name, so that what replaces it is made beside it."""

from __future__ import annotations

from alembic.operations import Operations

from assay.operations.constraints import RenameConstraintOp
from assay.operations.online.constraints import state_of
from assay.operations.online.looking import answer, online_here
from assay.operations.online.waiting import briefly
from assay.operations.renaming import RenamingOp
from assay.operations.statements import named, run

__all__ = ["SetConstraintAsideOp", "SetIndexAsideOp"]


@Operations.register_operation("set_index_aside_online")
class SetIndexAsideOp(RenamingOp):
    """Rename an index, and the constraint that is its, while its table is used."""

    called = "set_index_aside_online"

    @classmethod
    def set_index_aside_online(
        cls,
        operations: Operations,
        table_name: str,
        old_name: str,
        new_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename an index, or a UNIQUE constraint by its index, before another takes its name.

        Where there is one of the new name, a run before this one has done it, and nothing is done.
        """
        operations.invoke(cls(table_name, old_name, new_name, schema))


@Operations.implementation_for(SetIndexAsideOp)
def _set_aside(operations: Operations, op: SetIndexAsideOp) -> None:
    old, new = named(operations, op.old, op.schema), named(operations, op.new, op.schema)
    rename = f"ALTER INDEX {old} RENAME TO {named(operations, op.new)}"
    if not online_here(operations, "set_index_aside_online"):
        run(operations, rename)
        return
    found = answer(
        operations,
        "SELECT to_regclass(:new) IS NULL AND to_regclass(:old) IS NOT NULL AS waits",
        old=old,
        new=new,
    )
    if found is None or found.waits:
        # the constraint is renamed with its index, without the lock of the table that its own
        # statement takes (PostgreSQL 15, measured)
        briefly(operations, lambda: run(operations, rename))


@Operations.register_operation("set_constraint_aside_online")
class SetConstraintAsideOp(RenamingOp):
    """Rename a CHECK or foreign key while its table is used; it goes on being checked."""

    called = "set_constraint_aside_online"

    @classmethod
    def set_constraint_aside_online(
        cls,
        operations: Operations,
        table_name: str,
        old_name: str,
        new_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename a CHECK or foreign key before another takes its name.

        Where there is one of the new name, a run before this one has done it, and nothing is done.
        """
        operations.invoke(cls(table_name, old_name, new_name, schema))


@Operations.implementation_for(SetConstraintAsideOp)
def _set_constraint_aside(operations: Operations, op: SetConstraintAsideOp) -> None:
    rename = RenameConstraintOp(op.table_name, op.old, op.new, op.schema)
    if not online_here(operations, "set_constraint_aside_online"):
        operations.invoke(rename)
        return
    if state_of(operations, op.table_name, op.schema, op.new) is None:
        briefly(operations, lambda: operations.invoke(rename))
