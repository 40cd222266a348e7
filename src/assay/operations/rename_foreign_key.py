"""A foreign key under another name; MySQL and MariaDB cannot rename one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy.sql.elements import conv

from assay.operations.constraints import RenameConstraintOp
from assay.operations.in_one_statement import InOneStatementOp
from assay.operations.online.looking import renamed_call
from assay.operations.online.unchecked import unchecked

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["RenameForeignKeyOp"]


@Operations.register_operation("rename_foreign_key")
class RenameForeignKeyOp(ops.MigrateOperation):
    """Give a foreign key another name; it goes on being checked.

    :param plain: what would make it, under its new name.
    :param old: the name that it has.
    """

    def __init__(self, plain: ops.CreateForeignKeyOp, old: str) -> None:
        self.plain, self.old = plain, old
        self.table_name, self.schema = plain.source_table, plain.kw.get("source_schema")

    @classmethod
    def rename_foreign_key(
        cls,
        operations: Operations,
        constraint_name: str,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        renames: str,
        **options: Any,
    ) -> None:
        """Give a foreign key this name; what it is, is said as ``op.create_foreign_key`` says it.

        MySQL and MariaDB: one statement drops it and adds it with ``foreign_key_checks = 0``, which
        copies nothing: no row can break one that was there until then (MariaDB 10.11, measured).

        :param renames: the name that it has.
        """
        plain = ops.CreateForeignKeyOp(
            constraint_name,
            source_table,
            referent_table,
            list(local_cols),
            list(remote_cols),
            **options,
        )
        operations.invoke(cls(plain, renames))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("rename_foreign_key", self.schema, self.table_name, self.old)


@Operations.implementation_for(RenameForeignKeyOp)
def _rename(operations: Operations, op: RenameForeignKeyOp) -> None:
    new = str(op.plain.constraint_name)
    if operations.get_context().dialect.name not in ("mysql", "mariadb"):
        operations.invoke(RenameConstraintOp(op.table_name, op.old, new, op.schema))
        return
    gone = ops.DropConstraintOp(conv(op.old), op.table_name, "foreignkey", schema=op.schema)
    with unchecked(operations):
        operations.invoke(InOneStatementOp([gone, op.plain]))


@renderers.dispatch_for(RenameForeignKeyOp)
def _render(context: AutogenContext, op: RenameForeignKeyOp) -> str:
    written = renamed_call(context, op.plain, "create_foreign_key", "rename_foreign_key")
    return f"{written[:-1]}, renames={op.old!r})"
