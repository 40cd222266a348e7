"""PRIMARY KEY: NOT NULL proven, an index built ``CONCURRENTLY``, ``USING INDEX``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops
from sqlalchemy.sql.elements import conv

from assay.generate.recipes.situation import Situation
from assay.operations.constraints import PrimaryKeyOp
from assay.operations.online.keys import PrimaryKeyOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (ops.CreatePrimaryKeyOp,)


def recipe(op: ops.CreatePrimaryKeyOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``ADD PRIMARY KEY`` blocks everybody while its index is built and its columns are looked at."""
    if op.constraint_name is None or on.version < (12,):
        return None
    if not (on.in_use(op.table_name, op.schema) and on.plain_table(op.table_name, op.schema)):
        return None
    plain = PrimaryKeyOp(
        conv(str(op.constraint_name)), op.table_name, list(op.columns), schema=op.schema
    )
    return [PrimaryKeyOnlineOp(plain)]
