"""Rows that hold one value given another: labels of an enum renamed or taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["MapValuesOp"]


@Operations.register_operation("map_values")
class MapValuesOp(ops.MigrateOperation):
    """Change values of a column, all at once: ``{"a": "b", "b": "a"}`` swaps them.

    :param keep: columns that the server would set by itself when a row changes (``ON UPDATE``).
    """

    def __init__(
        self,
        table_name: str,
        column_name: str,
        values: Mapping[str, str | None],
        *,
        keep: Sequence[str] = (),
        schema: str | None = None,
    ) -> None:
        self.table_name, self.column_name, self.values = table_name, column_name, dict(values)
        self.keep, self.schema = list(keep), schema

    @classmethod
    def map_values(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        values: Mapping[str, str | None],
        *,
        keep: Sequence[str] = (),
        schema: str | None = None,
    ) -> None:
        """Give rows that hold a key of ``values`` its value; None is NULL."""
        operations.invoke(cls(table_name, column_name, values, keep=keep, schema=schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("map_values", self.schema, self.table_name, self.column_name, self.values)


@Operations.implementation_for(MapValuesOp)
def _map(operations: Operations, op: MapValuesOp) -> None:
    columns = [sa.column(op.column_name, sa.String()), *(sa.column(name) for name in op.keep)]
    table = sa.table(op.table_name, *columns, schema=op.schema)
    held = table.c[op.column_name]
    becomes = sa.case(*((held == old, sa.literal(new)) for old, new in op.values.items()))
    kept = {table.c[name]: table.c[name] for name in op.keep}
    operations.execute(
        sa.update(table).values({held: becomes, **kept}).where(held.in_(list(op.values)))
    )


@renderers.dispatch_for(MapValuesOp)
def _render(context: AutogenContext, op: MapValuesOp) -> str:
    keywords = {"keep": op.keep or None, "schema": op.schema}
    return call(context, "map_values", [op.table_name, op.column_name, op.values], keywords)
