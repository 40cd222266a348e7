"""UNIQUE by an index built ``CONCURRENTLY`` and ``USING INDEX``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops

from assay.generate.recipes.situation import Situation
from assay.operations.online.keys import UniqueOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (ops.CreateUniqueConstraintOp,)


def recipe(
    op: ops.CreateUniqueConstraintOp, on: Situation
) -> Sequence[ops.MigrateOperation] | None:
    """``ADD UNIQUE`` blocks everybody while its index is built."""
    if op.constraint_name is None or not all(isinstance(c, str) for c in op.columns):
        return None
    if not (on.in_use(op.table_name, op.schema) and on.plain_table(op.table_name, op.schema)):
        return None
    return [UniqueOnlineOp(op)]
