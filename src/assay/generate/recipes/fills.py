"""Rows without a value given the column's default, in batches."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops

from assay.generate.recipes.situation import Situation
from assay.operations.columns import FillNullsOp
from assay.operations.online.columns import FillNullsOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (FillNullsOp,)


def recipe(op: FillNullsOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """One ``UPDATE`` of all rows holds each row's lock to its end."""
    if not on.in_use(op.table_name, op.schema):
        return None
    return [FillNullsOnlineOp(op.table_name, op.column, op.schema)]
