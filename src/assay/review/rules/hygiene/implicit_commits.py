"""What a revision did stays, where a later statement of it fails.

What it flags: on MySQL and MariaDB, a statement that follows others of the same revision which changed
tables that were there, or rows of them, and are committed by then. It is not flagged where the revision
was killed on a shadow before each of its statements, and led to the same when it was run again.
Why: every DDL statement commits, what was before it as well, and ``ROLLBACK`` undoes nothing. Where the
second of two fails, the first stays, the revision is not stamped, and its next run fails on the first.
Unsafe: ``op.add_column("users", …)`` and ``op.create_index(…, "users", …)`` in one revision
Safe instead: ``with op.resuming():`` around them, which leaves what is done as it is (``op.stating`` does
too); one such statement in each revision; or several changes in one ``ALTER TABLE``.
When it is fine: whoever runs it mends a half-done one by hand. What only makes new tables is not
flagged, nor is what follows the making of them.
Measured on: MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding, at the first statement after which something of the revision is left to fail."""
    resumes = context.upgrade is not None and context.upgrade.resumes
    if context.dialect != "mysql" or resumes:
        return
    done: tuple[int | None, str, StatementEffect] | None = None
    for operation in operations:
        for statement in operation.statements:
            touched = _touched(statement, context)
            next_one = touched is not None or statement.failure is not None
            if done is not None and next_one and _commits(done[2], statement):
                line, table, first = done
                what = "changed" if first.changed_catalog else "written to"
                yield RULE.finding(
                    table,
                    operation.line,
                    f"{table} is {what} at line {line} and committed: it stays, should this fail.",
                    why="Each DDL statement commits; the revision would then be half done, and not "
                    "run again.",
                    instead="Put both into `with op.resuming():` (import assay.operations), or this "
                    "into a revision of its own."
                    if first.changed_catalog
                    else "Put the rows into a revision of their own.",
                )
                return
            if done is None and touched is not None:
                done = operation.line, touched, statement


def _commits(first: StatementEffect, then: StatementEffect) -> bool:
    """Whether the first is committed by the time that the other runs."""
    apart = first.observed.transaction != then.observed.transaction and then.failure is None
    return first.changed_catalog or then.changed_catalog or apart


def _touched(statement: StatementEffect, context: RuleContext) -> str | None:
    """The table that was there, and that a statement changed or wrote rows of."""
    observed = statement.observed
    if statement.elsewhere or statement.failure is not None:
        return None
    names = (
        [lock.relation for lock in observed.locks if lock.kind == "table"]
        if statement.changed_catalog
        else [name for name, change in observed.rows.items() if change.any]
    )
    return next((name for name in names if name in context.tables), None)


RULE = Rule("implicit-commits", "hygiene", Severity.NOTE, check)
