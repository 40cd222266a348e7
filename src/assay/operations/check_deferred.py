"""PostgreSQL: deferred constraints checked now, so that tables can be altered after their rows were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["CheckDeferredOp"]


@Operations.register_operation("check_deferred")
class CheckDeferredOp(ops.MigrateOperation):
    """Check what is deferred to the end of the transaction.

    ``ALTER TABLE`` is refused while checks of its rows are pending (PostgreSQL 15: "cannot ALTER
    TABLE … because it has pending trigger events").
    """

    @classmethod
    def check_deferred(cls, operations: Operations) -> None:
        """Check deferred constraints now, and each further statement at once."""
        operations.invoke(cls())

    def reverse(self) -> CheckDeferredOp:
        return CheckDeferredOp()

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("check_deferred",)


@Operations.implementation_for(CheckDeferredOp)
def _check(operations: Operations, _op: CheckDeferredOp) -> None:
    run(operations, "SET CONSTRAINTS ALL IMMEDIATE")


@renderers.dispatch_for(CheckDeferredOp)
def _render(context: AutogenContext, _op: CheckDeferredOp) -> str:
    return call(context, "check_deferred", [], {})
