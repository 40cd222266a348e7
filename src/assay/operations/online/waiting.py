"""PostgreSQL: how long a statement may wait for its lock.

What waits for a lock makes everyone wait who comes after it. So a statement whose lock blocks others
gives up soon, while one that blocks nobody (``CONCURRENTLY``, ``VALIDATE``) waits as long as it needs:
a timeout in ``CREATE INDEX CONCURRENTLY`` leaves an INVALID index (PostgreSQL 15, measured).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import Operations, ops
from sqlalchemy.exc import DBAPIError

from assay.operations.constraints import renderable
from assay.operations.online.looking import answer
from assay.operations.rendering import call
from assay.operations.statements import literal, run

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from alembic.autogenerate.api import AutogenContext

__all__ = ["BRIEF", "AutocommitOp", "LockTimeoutOp", "OwnTransactionOp", "briefly", "patiently"]

BRIEF = "2s"
"""The longest that others wait behind a statement that waits itself, and is tried once."""
TRY, PAUSE, TRIES = "300ms", 0.4, 30
"""For one that can be tried again: how long a try waits, the seconds between two, and how often.

Behind an open transaction of 8 seconds others then waited 0.3 seconds at a time, not 8
(PostgreSQL 15, measured).
"""
_LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def _limited(operations: Operations, limit: str) -> Iterator[None]:
    if operations.get_context().dialect.name != "postgresql":
        yield
        return
    found = answer(operations, "SELECT current_setting('lock_timeout')")
    run(operations, f"SET lock_timeout = {literal(limit)}")
    back = "RESET lock_timeout" if found is None else f"SET lock_timeout = {literal(found[0])}"
    try:
        yield
    except BaseException:
        with suppress(Exception):  # what went wrong is what is told
            run(operations, back)
        raise
    run(operations, back)


def briefly(operations: Operations, *works: Callable[[], object]) -> None:
    """Run statements whose locks others wait for: each gives up soon, and is tried again after a pause.

    :param works: one statement each, outside of a transaction.
    :raises sqlalchemy.exc.DBAPIError: one got no lock in :data:`TRIES` tries.
    """
    with _limited(operations, TRY):
        for work in works:
            _tried(work)


def _tried(work: Callable[[], object]) -> None:
    for left in reversed(range(TRIES)):
        try:
            work()
            return
        except DBAPIError as error:
            if not left or _code(error) != _LOCK_NOT_AVAILABLE:
                raise
            time.sleep(PAUSE)


def _code(error: DBAPIError) -> str | None:
    """The ``SQLSTATE``, wherever the driver keeps it: psycopg and asyncpg, psycopg2, pg8000."""
    driver: Any = error.orig
    found = getattr(driver, "sqlstate", None) or getattr(driver, "pgcode", None)
    if found is None and driver is not None and driver.args and isinstance(driver.args[0], dict):
        found = driver.args[0].get("C")
    return None if found is None else str(found)


def patiently(operations: Operations) -> AbstractContextManager[None]:
    """For statements that block neither reads nor writes."""
    return _limited(operations, "0")


@Operations.register_operation("lock_timeout")
class LockTimeoutOp(ops.OpContainer):
    """Operations that wait for a lock only so long."""

    def __init__(self, operations: Sequence[ops.MigrateOperation], limit: str = BRIEF) -> None:
        super().__init__(list(operations))
        self.limit = limit

    @classmethod
    def lock_timeout(cls, operations: Operations, limit: str) -> AbstractContextManager[None]:
        """Within, a statement waits for its lock only so long (``lock_timeout`` of the session).

        :param limit: as PostgreSQL takes it: ``2s``; ``0`` is for ever.
        """
        return _limited(operations, limit)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("lock_timeout", self.limit)


@Operations.implementation_for(LockTimeoutOp)
def _run(operations: Operations, op: LockTimeoutOp) -> None:
    with _limited(operations, op.limit):
        for one in op.ops:
            operations.invoke(one)


@renderers.dispatch_for(LockTimeoutOp)
def _render(context: AutogenContext, op: LockTimeoutOp) -> list[str]:
    return block(context, f"with {call(context, 'lock_timeout', [op.limit])}:", op.ops)


class AutocommitOp(ops.OpContainer):
    """Operations outside of a transaction: ``with op.get_context().autocommit_block():``."""

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("autocommit",)


@Operations.implementation_for(AutocommitOp)
def _run_outside(operations: Operations, op: AutocommitOp) -> None:
    with operations.get_context().autocommit_block():
        for one in op.ops:
            operations.invoke(one)


@renderers.dispatch_for(AutocommitOp)
def _render_outside(context: AutogenContext, op: AutocommitOp) -> list[str]:
    prefix = context.opts.get("alembic_module_prefix") or "op."
    return block(context, f"with {prefix}get_context().autocommit_block():", op.ops)


@Operations.register_operation("own_transaction")
class OwnTransactionOp(ops.MigrateOperation):
    """What follows is in a transaction that holds no lock yet."""

    @classmethod
    def own_transaction(cls, operations: Operations) -> None:
        """Commit what ran before in this run of Alembic, whose locks others wait for.

        Without ``transaction_per_migration`` one transaction runs through all revisions.
        """
        operations.invoke(cls())

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("own_transaction",)


@Operations.implementation_for(OwnTransactionOp)
def _commit(operations: Operations, _op: OwnTransactionOp) -> None:
    context = operations.get_context()
    if context.dialect.name == "postgresql":
        with context.autocommit_block():
            pass


@renderers.dispatch_for(OwnTransactionOp)
def _render_commit(context: AutogenContext, _op: OwnTransactionOp) -> str:
    return call(context, "own_transaction")


def block(
    context: AutogenContext, opening: str, inside: Sequence[ops.MigrateOperation]
) -> list[str]:
    """A ``with`` block; Mako's printer, which Alembic writes with, indents it and ends it at ""."""
    lines = [line for one in inside for line in render_op(context, renderable(one))]
    return [opening, *(line.replace("\n", "\n    ") for line in lines), ""]
