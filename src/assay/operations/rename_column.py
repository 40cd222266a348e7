"""A column's name changed, and nothing else of it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["RenameColumnOp"]


@Operations.register_operation("rename_column")
class RenameColumnOp(ops.MigrateOperation):
    """Give a column another name.

    Alembic's ``alter_column(new_column_name=)`` is ``CHANGE COLUMN`` on MySQL and MariaDB: it must
    say the whole definition again. ``RENAME COLUMN``: MySQL 8.0, MariaDB 10.5.2.
    """

    def __init__(self, table_name: str, old: str, new: str, schema: str | None = None) -> None:
        self.table_name, self.old, self.new, self.schema = table_name, old, new, schema

    @classmethod
    def rename_column(
        cls,
        operations: Operations,
        table_name: str,
        old_name: str,
        new_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename a column; indexes, keys, CHECKs and generated columns follow."""
        operations.invoke(cls(table_name, old_name, new_name, schema))

    def reverse(self) -> RenameColumnOp:
        return RenameColumnOp(self.table_name, self.new, self.old, self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("rename_column", self.schema, self.table_name, self.old, self.new)


@Operations.implementation_for(RenameColumnOp)
def _rename(operations: Operations, op: RenameColumnOp) -> None:
    table = named(operations, op.table_name, op.schema)
    old, new = named(operations, op.old), named(operations, op.new)
    run(operations, f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


@renderers.dispatch_for(RenameColumnOp)
def _render(context: AutogenContext, op: RenameColumnOp) -> str:
    return call(context, "rename_column", [op.table_name, op.old, op.new], {"schema": op.schema})
