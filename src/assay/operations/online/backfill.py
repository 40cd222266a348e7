"""A column of a table in use filled with a value from each row, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.online.batches import update_in_batches
from assay.operations.online.looking import online_here
from assay.operations.rendering import call
from assay.operations.statements import named

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["BackfillOnlineOp"]


@Operations.register_operation("backfill_online")
class BackfillOnlineOp(ops.MigrateOperation):
    """Give rows that have no value one, in batches."""

    def __init__(
        self,
        table_name: str,
        column: str,
        expression: str,
        where: str | None = None,
        schema: str | None = None,
        unchanged: Sequence[str] = (),
    ) -> None:
        self.table_name, self.column, self.schema = table_name, column, schema
        self.expression, self.where, self.unchanged = expression, where, tuple(unchanged)

    @classmethod
    def backfill_online(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        expression: str,
        *,
        where: str | None = None,
        schema: str | None = None,
        unchanged: Sequence[str] = (),
    ) -> None:
        """Give rows in which a column is NULL a value, each batch in a transaction of its own.

        Run again after a failure, it fills the rows that are left. On MySQL and MariaDB it commits
        what ran before, as DDL does there. Each batch sees what earlier ones wrote, so neither text
        may read other rows of the table; ``now()`` is the time of the batch.

        :param expression: the value, as SQL over the row; ``:`` and ``%`` stand for themselves.
        :param where: a condition as SQL: only such rows.
        :param unchanged: columns set to what they are, for MySQL's ``ON UPDATE CURRENT_TIMESTAMP``.
        """
        operations.invoke(cls(table_name, column_name, expression, where, schema, unchanged))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("backfill_online", self.schema, self.table_name, self.column)


@Operations.implementation_for(BackfillOnlineOp)
def _backfill(operations: Operations, op: BackfillOnlineOp) -> None:
    online_here(operations, "backfill_online")
    column = named(operations, op.column)
    same = [named(operations, name) for name in op.unchanged]
    values = [f"{column} = {op.expression}", *(f"{name} = {name}" for name in same)]
    pending = f"{column} IS NULL" + (f" AND ({op.where})" if op.where else "")
    update_in_batches(operations, op.table_name, op.schema, ", ".join(values), pending)


@renderers.dispatch_for(BackfillOnlineOp)
def _render(context: AutogenContext, op: BackfillOnlineOp) -> str:
    keywords = {"where": op.where, "schema": op.schema, "unchanged": op.unchanged or None}
    return call(context, "backfill_online", [op.table_name, op.column, op.expression], keywords)
