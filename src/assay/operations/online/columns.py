"""PostgreSQL: a column whose default differs from row to row, its rows filled in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy import Column

from assay.operations.online.batches import update_in_batches
from assay.operations.online.looking import answer, online_here, relation, renamed_call
from assay.operations.online.not_null import prove_not_null
from assay.operations.online.waiting import briefly
from assay.operations.rendering import call
from assay.operations.statements import named

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["AddColumnOnlineOp", "FillNullsOnlineOp", "fill"]

_THERE = """
SELECT 1 AS there FROM pg_attribute
WHERE attrelid = to_regclass(:relation) AND attname = :name AND NOT attisdropped"""


@Operations.register_operation("add_column_online")
class AddColumnOnlineOp(ops.MigrateOperation):
    """Add a column with a default that would copy the table if it came with it."""

    def __init__(self, plain: ops.AddColumnOp) -> None:
        self.plain = plain

    @classmethod
    def add_column_online(
        cls,
        operations: Operations,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
    ) -> None:
        """Add a column without its default, set the default, fill the rows in batches.

        Last it is made NOT NULL where it is to be. One that is there is left as it is. For defaults
        like ``gen_random_uuid()``, for which ``ADD COLUMN`` writes the whole table anew while
        everybody waits; a constant comes with the column.
        """
        operations.invoke(cls(ops.AddColumnOp(table_name, column, schema=schema)))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("add_column_online", self.plain.schema, self.plain.table_name)


@Operations.register_operation("fill_nulls_online")
class FillNullsOnlineOp(ops.MigrateOperation):
    """Give rows that have no value the column's default, in batches."""

    def __init__(self, table_name: str, column: str, schema: str | None = None) -> None:
        self.table_name, self.column, self.schema = table_name, column, schema

    @classmethod
    def fill_nulls_online(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Give rows in which a column is NULL its server default, each batch in a transaction."""
        operations.invoke(cls(table_name, column_name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("fill_nulls_online", self.schema, self.table_name, self.column)


@Operations.implementation_for(AddColumnOnlineOp)
def _add(operations: Operations, op: AddColumnOnlineOp) -> None:
    plain, column = op.plain, op.plain.column
    table, schema, name = plain.table_name, plain.schema, str(column.name)
    default, nullable = column.server_default, column.nullable
    if not online_here(operations, "add_column_online"):
        operations.invoke(plain)
        return
    place = relation(operations, table, schema)
    there = answer(operations, _THERE, relation=place, name=name) is not None
    if default is None or isinstance(getattr(default, "arg", None), str):
        # nothing, or a constant: no row is written for it
        if not there:
            briefly(operations, lambda: operations.invoke(plain))
        return
    if not there:
        column.server_default, column.nullable = None, True
        briefly(operations, lambda: operations.invoke(plain))
    given = ops.AlterColumnOp(table, name, schema=schema, modify_server_default=default)
    briefly(operations, lambda: operations.invoke(given))
    fill(operations, table, schema, name)
    if not nullable:
        prove_not_null(operations, table, schema, name)


@Operations.implementation_for(FillNullsOnlineOp)
def _fill(operations: Operations, op: FillNullsOnlineOp) -> None:
    online_here(operations, "fill_nulls_online")
    fill(operations, op.table_name, op.schema, op.column)


def fill(operations: Operations, table: str, schema: str | None, column: str) -> None:
    """Rows in which a column is NULL get its default; those inserted meanwhile have it by themselves."""
    name = named(operations, column)
    update_in_batches(operations, table, schema, f"{name} = DEFAULT", f"{name} IS NULL")


@renderers.dispatch_for(AddColumnOnlineOp)
def _render_add(context: AutogenContext, op: AddColumnOnlineOp) -> str:
    return renamed_call(context, op.plain, "add_column", "add_column_online")


@renderers.dispatch_for(FillNullsOnlineOp)
def _render_fill(context: AutogenContext, op: FillNullsOnlineOp) -> str:
    return call(context, "fill_nulls_online", [op.table_name, op.column], {"schema": op.schema})
