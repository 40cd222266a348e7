"""An index built ``CONCURRENTLY``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops

from assay.generate.recipes.situation import Situation
from assay.operations.online.indexes import CreateIndexOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (ops.CreateIndexOp,)


def recipe(op: ops.CreateIndexOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``CREATE INDEX`` blocks writes for the build; ``CONCURRENTLY`` does not."""
    if op.index_name is None or op.kw.get("postgresql_concurrently"):
        return None
    if not (on.in_use(op.table_name, op.schema) and on.plain_table(op.table_name, op.schema)):
        return None
    return [CreateIndexOnlineOp(op)]
