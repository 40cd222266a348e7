"""An index dropped ``CONCURRENTLY``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops

from assay.generate.recipes.situation import Situation
from assay.operations.online.indexes import DropIndexOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (ops.DropIndexOp,)


def recipe(op: ops.DropIndexOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``DROP INDEX`` takes ``ACCESS EXCLUSIVE``: it queues behind readers, and all behind it."""
    if op.table_name is None or op.kw.get("postgresql_concurrently"):
        return None
    if not (on.in_use(op.table_name, op.schema) and on.plain_table(op.table_name, op.schema)):
        return None
    return [DropIndexOnlineOp(op.index_name, op.table_name, op.schema)]
