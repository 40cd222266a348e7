"""A foreign key added without a look at the rows, which comes after it."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops

from assay.generate.recipes.situation import Situation
from assay.operations.online.constraints import ForeignKeyOnlineOp

__all__ = ["KINDS", "recipe", "unchecked"]

KINDS = (ops.CreateForeignKeyOp,)


def recipe(op: ops.CreateForeignKeyOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``ADD FOREIGN KEY`` blocks writes to both tables while every row is checked.

    Without rows (a table of the same change) both are locked for a moment only.
    """
    schema = op.kw.get("source_schema")
    if op.constraint_name is None or op.kw.get("postgresql_not_valid"):
        return None
    if not (on.in_use(op.source_table, schema) and on.plain_table(op.source_table, schema)):
        return None
    return [ForeignKeyOnlineOp(op)]


def unchecked(op: ops.MigrateOperation) -> ops.MigrateOperation:
    """MySQL and MariaDB: a foreign key in the form that copies no table; other operations as they are.

    The table is copied, and writes wait, for one that is checked while it is added (MariaDB 10.11,
    measured).
    """
    if isinstance(op, ops.CreateForeignKeyOp) and op.constraint_name is not None:
        return ForeignKeyOnlineOp(op)
    return op
