"""NOT NULL set where a validated CHECK has proven it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import ops

from assay.generate.recipes import quick
from assay.generate.recipes.situation import Situation
from assay.operations.online.not_null import SetNotNullOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (ops.AlterColumnOp,)


def recipe(op: ops.AlterColumnOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``SET NOT NULL`` blocks everybody while every row is looked at.

    From PostgreSQL 12 on it looks at none where a valid CHECK says the same. What else the operation
    changes comes before.
    """
    if op.modify_nullable is not False or not on.in_use(op.table_name, op.schema):
        return None
    if on.version < (12,):
        return None
    prove = SetNotNullOnlineOp(op.table_name, op.column_name, op.schema)
    rest = without_nullable(op)
    if rest is None:
        return [prove]
    before = quick.form(rest)
    return None if before is None else [*before, prove]


def without_nullable(op: ops.AlterColumnOp) -> ops.AlterColumnOp | None:
    """The rest of what an operation changes; None where there is nothing."""
    changes: dict[str, Any] = {}
    if op.modify_server_default is not False:
        changes["modify_server_default"] = op.modify_server_default
        changes["existing_server_default"] = op.existing_server_default
    if op.modify_comment is not False:
        changes["modify_comment"] = op.modify_comment
        changes["existing_comment"] = op.existing_comment
    if op.modify_type is not None:
        changes["modify_type"] = op.modify_type
    if op.modify_name is not None:
        changes["modify_name"] = op.modify_name
    if not changes:
        return None
    return ops.AlterColumnOp(op.table_name, op.column_name, schema=op.schema, **changes, **op.kw)
