"""PostgreSQL: columns altered in ways that Alembic cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import Operations, ops
from sqlalchemy.types import TypeEngine

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["ColumnTypeOp", "DropExpressionOp", "FillNullsOp"]


class ColumnTypeOp(ops.AlterColumnOp):
    """Alembic's own, which it runs but does not render with ``postgresql_using`` (1.20.1)."""

    def __init__(
        self,
        table_name: str,
        column: str,
        type_: TypeEngine[Any],
        using: str | None = None,
        schema: str | None = None,
    ) -> None:
        options: dict[str, Any] = {} if using is None else {"postgresql_using": using}
        super().__init__(table_name, column, schema=schema, modify_type=type_, **options)
        self.using = using


@renderers.dispatch_for(ColumnTypeOp)
def _render_type(context: AutogenContext, op: ColumnTypeOp) -> str:
    plain = ops.AlterColumnOp(
        op.table_name, op.column_name, schema=op.schema, modify_type=op.modify_type
    )
    (text,) = render_op(context, plain)
    if op.using is None:
        return text
    return f"{text[:-1]},\n           postgresql_using={op.using!r})"


@Operations.register_operation("drop_expression")
class DropExpressionOp(ops.MigrateOperation):
    """Make a generated column a plain one."""

    def __init__(self, table_name: str, column: str, schema: str | None = None) -> None:
        self.table_name, self.column, self.schema = table_name, column, schema

    @classmethod
    def drop_expression(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Make a generated column a plain one that keeps its values."""
        operations.invoke(cls(table_name, column_name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_expression", self.schema, self.table_name, self.column)


@Operations.implementation_for(DropExpressionOp)
def _drop_expression(operations: Operations, op: DropExpressionOp) -> None:
    table, column = named(operations, op.table_name, op.schema), named(operations, op.column)
    run(operations, f"ALTER TABLE {table} ALTER COLUMN {column} DROP EXPRESSION")


@renderers.dispatch_for(DropExpressionOp)
def _render_drop_expression(context: AutogenContext, op: DropExpressionOp) -> str:
    return call(context, "drop_expression", [op.table_name, op.column], {"schema": op.schema})


@Operations.register_operation("fill_nulls")
class FillNullsOp(ops.MigrateOperation):
    """Give rows that have no value the column's default."""

    def __init__(self, table_name: str, column: str, schema: str | None = None) -> None:
        self.table_name, self.column, self.schema = table_name, column, schema

    @classmethod
    def fill_nulls(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Give rows in which a column is NULL its server default."""
        operations.invoke(cls(table_name, column_name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("fill_nulls", self.schema, self.table_name, self.column)


@Operations.implementation_for(FillNullsOp)
def _fill(operations: Operations, op: FillNullsOp) -> None:
    table, column = named(operations, op.table_name, op.schema), named(operations, op.column)
    run(operations, f"UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL")


@renderers.dispatch_for(FillNullsOp)
def _render_fill(context: AutogenContext, op: FillNullsOp) -> str:
    return call(context, "fill_nulls", [op.table_name, op.column], {"schema": op.schema})
