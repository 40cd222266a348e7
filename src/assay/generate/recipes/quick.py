"""Operations that take a moment: what they are between those that run outside of a transaction.

Each is harmless to run again, and gives up soon where others would wait behind it.
"""

from __future__ import annotations

from alembic.operations import ops

from assay.operations.check_deferred import CheckDeferredOp
from assay.operations.columns import ColumnTypeOp
from assay.operations.comments import CommentOp
from assay.operations.online.constraints import DropConstraintOnlineOp
from assay.operations.online.waiting import LockTimeoutOp

__all__ = ["form"]

_COMMENTS = (CommentOp, ops.CreateTableCommentOp, ops.DropTableCommentOp)


def form(op: ops.MigrateOperation) -> list[ops.MigrateOperation] | None:
    """What runs in its place; None for what must be in a transaction with others."""
    if isinstance(op, _COMMENTS):
        return [LockTimeoutOp([op])]
    if isinstance(op, CheckDeferredOp):
        return []  # without a transaction nothing is deferred
    if isinstance(op, ops.DropConstraintOp) and op.constraint_name is not None:
        name, type_ = str(op.constraint_name), op.constraint_type
        return [DropConstraintOnlineOp(name, op.table_name, type_, op.schema)]
    if isinstance(op, ops.AlterColumnOp) and not isinstance(op, ColumnTypeOp):
        slow = op.modify_type is not None or op.modify_name is not None
        return None if slow or op.modify_nullable is False else [LockTimeoutOp([op])]
    return None
