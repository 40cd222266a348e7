"""The upgrade raises on a shadow.

What it flags: ``upgrade()`` raised, whether or not tables hold rows. The trace until there is kept.
Why: it will raise on the real database too. On MySQL what was done before it stays done.
Unsafe: ``op.create_index("ix", "users", ["nick"], postgresql_concurrently=True)`` in the revision's
transaction
Safe instead: what the server says; ``with op.get_context().autocommit_block():`` for what cannot run
in a transaction, a commit before an enum value is used that was added just now; a view dropped before the
column that it reads, and made again after; ``op.batch_alter_table`` for what SQLite cannot do: ADD COLUMN
… UNIQUE, ALTER COLUMN, ADD CONSTRAINT. SQLite drops no column that an index has: drop that first.
When it is fine: never; where the shadow's server lacks an extension, name one that has it.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import Failure, OperationEffect
from assay.trace.failing import TOO_LONG, WAITED

__all__ = ["RULE"]

_NEXT = {
    "25001": "Put it into `with op.get_context().autocommit_block():`.",
    "55P04": "Add the enum value in an autocommit block, or in a revision before this one.",
    "2BP01": "Drop what depends on it first, and make it again after.",
    "0A000": "Name a server that has it under [tool.assay.shadow], or correct the statement.",
    "58P01": "Name a server that has the extension under [tool.assay.shadow].",
    "57014": "Do the waiting outside of the revision.",
    TOO_LONG: "Let it come to an end; or give it more time by [tool.assay] trace_limit.",
    WAITED: "Do everything on the connection that the revision is given.",
}
"""By SQLSTATE, PostgreSQL docs, "Error Codes"."""


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding where the upgrade raised."""
    failure = context.upgrade.failure if context.upgrade is not None else None
    if failure is None:
        return
    ran = sum(len(operation.statements) for operation in operations)
    yield RULE.finding(
        failure.code or "upgrade",
        failure.line,
        f"The upgrade raises: {failure.message}",
        why=f"{ran} {'statement was' if ran == 1 else 'statements were'} sent until there.",
        instead=_next(failure, context.dialect),
    )


def _next(failure: Failure, dialect: str) -> str:
    lacking = failure.code == "SQLITE_ERROR" or failure.message.startswith("NotImplementedError")
    if dialect == "sqlite" and lacking:
        return "If SQLite cannot do it, write it in `with op.batch_alter_table(…)`: it copies the table."
    return _NEXT.get(failure.code or "", "Correct the revision; or the models, and regenerate.")


RULE = Rule("fails", "hygiene", Severity.STOP, check)
