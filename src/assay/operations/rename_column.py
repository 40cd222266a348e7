"""A column's name changed, and nothing else of it said."""

from __future__ import annotations

from alembic.operations import Operations

from assay.operations.renaming import RenamingOp
from assay.operations.statements import named, run

__all__ = ["RenameColumnOp"]


@Operations.register_operation("rename_column")
class RenameColumnOp(RenamingOp):
    """Give a column another name.

    Alembic's ``alter_column(new_column_name=)`` is ``CHANGE COLUMN`` on MySQL and MariaDB: it must
    say the whole definition again. ``RENAME COLUMN``: MySQL 8.0, MariaDB 10.5.2.
    """

    called = "rename_column"

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


@Operations.implementation_for(RenameColumnOp)
def _rename(operations: Operations, op: RenameColumnOp) -> None:
    table = named(operations, op.table_name, op.schema)
    old, new = named(operations, op.old), named(operations, op.new)
    run(operations, f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
