"""Rows that foreign keys refer to, where the table that had them is made again empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["InsertMissingParentsOp"]


@Operations.register_operation("insert_missing_parents")
class InsertMissingParentsOp(ops.MigrateOperation):
    """Insert the rows of a table that another refers to and that it has not."""

    def __init__(
        self,
        table_name: str,
        columns: Sequence[str],
        child_table: str,
        child_columns: Sequence[str],
        *,
        values: Mapping[str, str] | None = None,
        schema: str | None = None,
        child_schema: str | None = None,
    ) -> None:
        self.table_name, self.columns, self.schema = table_name, list(columns), schema
        self.child_table, self.child_columns = child_table, list(child_columns)
        self.child_schema, self.values = child_schema, dict(values or {})

    @classmethod
    def insert_missing_parents(
        cls,
        operations: Operations,
        table_name: str,
        columns: Sequence[str],
        child_table: str,
        child_columns: Sequence[str],
        *,
        values: Mapping[str, str] | None = None,
        schema: str | None = None,
        child_schema: str | None = None,
    ) -> None:
        """Insert one row for each value that ``child_columns`` hold and ``columns`` do not.

        :param values: SQL for other columns that must have a value.
        """
        op = cls(
            table_name,
            columns,
            child_table,
            child_columns,
            values=values,
            schema=schema,
            child_schema=child_schema,
        )
        operations.invoke(op)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("insert_missing_parents", self.schema, self.table_name, self.child_table)


@Operations.implementation_for(InsertMissingParentsOp)
def _insert(operations: Operations, op: InsertMissingParentsOp) -> None:
    parent = named(operations, op.table_name, op.schema)
    child = named(operations, op.child_table, op.child_schema)
    keys = [named(operations, c) for c in op.columns]
    held = [named(operations, c) for c in op.child_columns]
    into = ", ".join([*keys, *(named(operations, c) for c in op.values)])
    taken = ", ".join([*(f"c.{h}" for h in held), *op.values.values()])
    present = " AND ".join(f"c.{h} IS NOT NULL" for h in held)
    same = " AND ".join(f"p.{k} = c.{h}" for k, h in zip(keys, held, strict=True))
    distinct = ", ".join(f"c.{h}" for h in held)
    run(
        operations,
        f"INSERT INTO {parent} ({into}) SELECT {taken} FROM (SELECT DISTINCT {distinct}"
        f" FROM {child} c WHERE {present}) c"
        f" WHERE NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same})",
    )


@renderers.dispatch_for(InsertMissingParentsOp)
def _render(context: AutogenContext, op: InsertMissingParentsOp) -> str:
    keywords = {
        "values": op.values or None,
        "schema": op.schema,
        "child_schema": op.child_schema,
    }
    arguments = [op.table_name, op.columns, op.child_table, op.child_columns]
    return call(context, "insert_missing_parents", arguments, keywords)
