"""MySQL and MariaDB: a column redefined whole, as ``MODIFY COLUMN`` takes it.

Alembic's ``alter_column`` cannot say all of a definition (``ON UPDATE``, a CHECK on the column, a
generation expression), and what ``MODIFY`` does not say is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import Operations, ops
from sqlalchemy import Column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from assay.operations.rendering import IMPORT
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["AddKeyedColumnOp", "ModifyColumnOp", "ReplaceColumnOp"]


class _ColumnChange(DDLElement):
    """``ALTER TABLE t MODIFY COLUMN …``: the column as ``CREATE TABLE`` would have it."""

    def __init__(self, start: str, column: Column[Any], end: str = "") -> None:
        self.start, self.column, self.end = start, column, end


@compiles(_ColumnChange)
def _compile(element: _ColumnChange, compiler: Any, **_: Any) -> str:
    column = element.column
    # a name is said once there: the driver halves each "%%"
    start: str = compiler.sql_compiler.post_process_text(element.start)
    end: str = compiler.sql_compiler.post_process_text(element.end)
    parts = [start, compiler.get_column_specification(column)]
    if column.autoincrement is True and "AUTO_INCREMENT" not in parts[-1]:
        # SQLAlchemy writes it for a column of a table's primary key only
        parts.append("AUTO_INCREMENT")
    parts += [compiler.process(constraint) for constraint in column.constraints]
    return " ".join(parts) + end


class _ColumnOp(ops.MigrateOperation):
    name = ""

    def __init__(self, table_name: str, column: Column[Any], schema: str | None = None) -> None:
        self.table_name, self.column, self.schema = table_name, column, schema

    def change(self, operations: Operations, verb: str, end: str = "") -> None:
        """Run ``ALTER TABLE … verb definition``."""
        table = named(operations, self.table_name, self.schema)
        operations.execute(_ColumnChange(f"ALTER TABLE {table} {verb}", self.column, end))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.name, self.schema, self.table_name, self.column)


@Operations.register_operation("modify_column")
class ModifyColumnOp(_ColumnOp):
    """Redefine a column whole."""

    name = "modify_column"

    @classmethod
    def modify_column(
        cls,
        operations: Operations,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
    ) -> None:
        """Give a column this definition; whatever it does not say is gone afterwards.

        :param column: ``autoincrement=True`` makes it AUTO_INCREMENT; it must be a key already.
        """
        operations.invoke(cls(table_name, column, schema))


@Operations.implementation_for(ModifyColumnOp)
def _modify(operations: Operations, op: ModifyColumnOp) -> None:
    numbered = op.column.autoincrement is True
    if numbered:
        # a row that holds 0 would get the next number
        run(operations, "SET @assay_sql_mode = @@SESSION.sql_mode")
        run(
            operations,
            "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_AUTO_VALUE_ON_ZERO')",
        )
    op.change(operations, "MODIFY COLUMN")
    if numbered:
        run(operations, "SET SESSION sql_mode = @assay_sql_mode")


@Operations.register_operation("add_keyed_column")
class AddKeyedColumnOp(_ColumnOp):
    """Add an AUTO_INCREMENT column, which must be a key from the first."""

    name = "add_keyed_column"

    @classmethod
    def add_keyed_column(
        cls,
        operations: Operations,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
    ) -> None:
        """Add a column that is the primary key; AUTO_INCREMENT numbers the rows."""
        operations.invoke(cls(table_name, column, schema))


@Operations.implementation_for(AddKeyedColumnOp)
def _add_keyed(operations: Operations, op: AddKeyedColumnOp) -> None:
    op.change(operations, "ADD COLUMN", f", ADD PRIMARY KEY ({named(operations, op.column.name)})")


@Operations.register_operation("replace_column")
class ReplaceColumnOp(_ColumnOp):
    """Make a column anew under its name, its values kept.

    For what ``MODIFY`` refuses: a VIRTUAL column that becomes a plain one.
    """

    name = "replace_column"

    @classmethod
    def replace_column(
        cls,
        operations: Operations,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
    ) -> None:
        """Add the column beside the old one, copy the values, drop the old one, take its name."""
        operations.invoke(cls(table_name, column, schema))


@Operations.implementation_for(ReplaceColumnOp)
def _replace(operations: Operations, op: ReplaceColumnOp) -> None:
    # nullable until it is filled; an inline CHECK would name the old column
    draft = Column(f"_assay_{op.column.name}"[:64], op.column.type, nullable=True)
    table, old = named(operations, op.table_name, op.schema), named(operations, op.column.name)
    new = named(operations, str(draft.name))
    ModifyColumnOp(op.table_name, draft, op.schema).change(operations, "ADD COLUMN")
    run(operations, f"UPDATE {table} SET {new} = {old}")
    op.change(operations, f"DROP COLUMN {old}, CHANGE COLUMN {new}")


@renderers.dispatch_for(ModifyColumnOp)
@renderers.dispatch_for(AddKeyedColumnOp)
@renderers.dispatch_for(ReplaceColumnOp)
def _render(context: AutogenContext, op: _ColumnOp) -> list[str]:
    context.imports.add(IMPORT)
    prefix = context.opts.get("alembic_module_prefix") or ""
    # the column as Alembic writes it, with whatever render_item the project has
    lines = render_op(context, ops.AddColumnOp(op.table_name, op.column, schema=op.schema))
    start = f"{prefix}add_column("
    assert lines[0].startswith(start)
    return [f"{prefix}{op.name}({lines[0][len(start) :]}", *lines[1:]]
