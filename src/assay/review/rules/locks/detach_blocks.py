"""A partition is detached while reads and writes of the whole table wait.

What it flags: a table is no partition any more, and the one it was a partition of was under a lock that
blocks reads; with a ``lock_timeout`` only where there is a form without that lock.
Why: ``DETACH PARTITION`` holds ``ACCESS EXCLUSIVE`` on both. It is short; the wait for the lock behind a
long reader of any partition is not, and everything queues behind it. A ``lock_timeout`` ends that wait,
and the next attempt begins another.
Unsafe: ``ALTER TABLE orders DETACH PARTITION orders_2019``
Safe instead: ``DETACH PARTITION … CONCURRENTLY`` inside an autocommit block (PostgreSQL 14 and newer,
without a default partition).
When it is fine: where CONCURRENTLY cannot be had, with a short ``lock_timeout`` and a retry.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, bound, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each partition that was detached behind a lock on its parent."""
    for operation in operations:
        for partition, parent in sorted(bound(operation, False).items()):
            seen = under(operation, parent, "reads")
            if seen is None or parent not in context.tables:
                continue
            concurrently = _concurrently(context, partition)
            if seen[0].observed.lock_timeout and not concurrently:
                continue
            yield RULE.finding(
                partition,
                operation.line,
                f"{seen[1].mode} on {parent}: {behind(seen[1])} while {partition} is detached.",
                why="The change is short; waiting for its lock behind a long reader is not.",
                instead=f"Detach {partition} CONCURRENTLY in an autocommit block."
                if concurrently
                else "Set a short lock_timeout before it, and try again.",
                lock=seen[1],
            )


def _concurrently(context: RuleContext, partition: str) -> bool:
    """Whether the server detaches it CONCURRENTLY: it refuses while there is a default partition."""
    tables = context.before.of_kind("table")
    parents = {table.get("parents") for table in tables if table.name == partition}
    return context.version >= (14,) and not any(
        table.get("partition bound") == "DEFAULT" and table.get("parents") in parents
        for table in tables
    )


RULE = Rule("detach-blocks", "locks", Severity.NOTE, check)
