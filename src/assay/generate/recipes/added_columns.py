"""A column whose default differs from row to row: added, default set, filled."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops
from sqlalchemy import Computed, DefaultClause, Identity

from assay.generate.recipes.situation import Situation
from assay.operations.online.columns import AddColumnOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (ops.AddColumnOp,)


def recipe(op: ops.AddColumnOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``ADD COLUMN … DEFAULT gen_random_uuid()`` writes the whole table anew.

    A constant, or ``now()``, does not (PostgreSQL 11 and later): such a column stays plain.
    """
    column = op.column
    if not isinstance(column.server_default, DefaultClause):
        return None  # without one nothing is copied; Identity and Computed have no other form
    if isinstance(column.server_default, (Identity, Computed)):
        return None
    if not on.in_use(op.table_name, op.schema) or on.version < (12,):
        return None
    return [AddColumnOnlineOp(op)] if on.rewrites(column) else None
