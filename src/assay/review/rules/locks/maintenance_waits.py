"""A lock that only maintenance waits for is held while a table is read.

What it flags: a statement reads or copies tables that were there, in a transaction that already holds
``SHARE UPDATE EXCLUSIVE`` from one that read nothing.
Why: ``SET STATISTICS``, ``COMMENT`` and storage parameters stop no reads and no writes, but ``VACUUM``,
``VALIDATE CONSTRAINT`` and every ``CONCURRENTLY`` of others on that table wait for the end of the
transaction: as long as the index or the scan after them takes.
Unsafe: ``ALTER TABLE orders ALTER total SET STATISTICS 500`` and an index built in one revision
Safe instead: each in a revision of its own.
When it is fine: what is read is small.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.dialects import Lock
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_MODE = "SHARE UPDATE EXCLUSIVE"


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table whose maintenance waits, at the first statement that works."""
    light: dict[tuple[int | None, str], Lock] = {}
    for operation in operations:
        for statement in operation.statements:
            observed = statement.observed
            number = observed.transaction
            worked = context.tables & {*observed.scanned, *observed.rewritten}
            if statement.changed_catalog and worked:
                for lock in observed.held:
                    found = light.pop((number, lock.relation), None)
                    if found is None or lock.mode != _MODE:
                        continue
                    yield RULE.finding(
                        lock.relation,
                        operation.line,
                        f"{_MODE} on {lock.relation} is held from before: VACUUM and what runs "
                        f"CONCURRENTLY wait while {', '.join(sorted(worked))} is read.",
                        why="A lock is held to the end of its transaction.",
                        instead=f"Put this, or what only sets something of {lock.relation}, into "
                        "a revision of its own.",
                        lock=found,
                    )
            if statement.changed_catalog and not worked:
                light.update(
                    ((number, lock.relation), lock)
                    for lock in observed.locks
                    if lock.mode == _MODE and lock.relation in context.tables
                )


RULE = Rule("maintenance-waits", "locks", Severity.NOTE, check)
