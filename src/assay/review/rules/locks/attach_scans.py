"""A table is attached as a partition and read for it while reads and writes wait.

What it flags: a table became a partition, and it, or the default partition, was read under a lock that
blocks reads.
Why: ``ATTACH PARTITION`` holds ``ACCESS EXCLUSIVE`` on the new partition while it looks whether every
row is within the bounds, and the same on the default partition for rows that belong into the new one.
A valid CHECK that proves it makes both of them free: no row is read (measured on 15).
Unsafe: ``ALTER TABLE orders ATTACH PARTITION orders_2026 FOR VALUES FROM (2026) TO (2027)``
Safe instead: a CHECK of the bounds as NOT VALID, VALIDATE in another transaction, then ATTACH.
When it is fine: the table is small, or nobody uses it yet.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, bound
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table that was read to be, or to stay, a partition."""
    for operation in operations:
        attached = bound(operation, True)
        if not attached:
            continue
        for statement in operation.statements:
            observed = statement.observed
            for lock in observed.locks:
                table = lock.relation
                if "reads" not in lock.blocks or table not in context.tables & set(
                    observed.scanned
                ):
                    continue
                own = table in attached
                yield RULE.finding(
                    table,
                    operation.line,
                    f"{lock.mode} on {table}: {behind(lock)} while every row is looked at for "
                    f"{'its' if own else 'the new'} bounds.",
                    why="They wait until that and the transaction end.",
                    instead=f"Add a CHECK to {table} that {'proves' if own else 'excludes'} the bounds "
                    "as NOT VALID, validate it in another revision, then attach.",
                    lock=lock,
                )


RULE = Rule("attach-scans", "locks", Severity.NOTE, check)
