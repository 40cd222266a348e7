"""The revision sleeps.

What it flags: ``time.sleep`` in ``upgrade()`` or ``downgrade()`` or in what they call; or a statement that
took more than a second on a shadow of a few rows and read, copied and changed nothing.
Why: the transaction and its locks stay open meanwhile, and vacuum and every later change wait for it.
Unsafe: ``time.sleep(30)`` or ``SELECT pg_sleep(30)`` between two statements of one revision
Safe instead: a revision each, and the wait between them in what deploys.
When it is fine: between batches that commit, outside of any transaction.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect, StatementEffect, Trace

__all__ = ["RULE"]

_LONG = 1.0  # seconds


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each line that sleeps."""
    for trace in context.traces:
        for line, seconds in _slept(trace).items():
            yield RULE.finding(
                "sleep",
                line,
                f"The {trace.direction} sleeps for {seconds:g} s.",
                why="Its transaction and locks stay open meanwhile.",
                instead="Take the sleep out; wait between two revisions, in what deploys them.",
                direction=trace.direction,
            )


def _slept(trace: Trace) -> dict[int | None, float]:
    """Seconds by line."""
    found: dict[int | None, float] = {}
    for happening in trace.happenings:
        if happening.kind == "sleep":
            found[happening.line] = found.get(happening.line, 0.0) + happening.seconds
    for statement in trace.statements:
        if statement.duration > _LONG and _did_nothing(statement):
            found[statement.line] = found.get(statement.line, 0.0) + round(statement.duration, 1)
    return found


def _did_nothing(statement: StatementEffect) -> bool:
    observed = statement.observed
    worked = observed.scanned or observed.rewritten or observed.rows or statement.changed_catalog
    return not (worked or statement.autocommit or statement.elsewhere or statement.failure)


RULE = Rule("sleeps", "hygiene", Severity.NOTE, check)
