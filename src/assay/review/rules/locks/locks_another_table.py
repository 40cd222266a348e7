"""What is dropped from one table locks another one.

What it flags: something was removed, and a table that it does not belong to was under a lock that blocks
reads, with no ``lock_timeout``.
Why: dropping a foreign key, or a table that has one, takes ``ACCESS EXCLUSIVE`` on the table it refers
to as well: often the busiest of all.
Unsafe: ``op.drop_table("orders")`` with a foreign key to ``users``
Safe instead: drop the foreign keys one by one first, each in a transaction with a short
``lock_timeout``.
When it is fine: with a short ``lock_timeout`` and a retry.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, changed, relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], _context: RuleContext) -> Iterator[Finding]:
    """A finding for each other table that was locked by a removal."""
    for operation in operations:
        removed = list(changed(operation, Change.REMOVED, "table", "foreign key"))
        own = {relation_of(found) for found in removed}
        if not removed:
            continue
        for statement in operation.statements:
            if statement.observed.lock_timeout:
                continue
            for lock in statement.observed.locks:
                if lock.kind == "table" and "reads" in lock.blocks and lock.relation not in own:
                    yield RULE.finding(
                        lock.relation,
                        operation.line,
                        f"{lock.mode} on {lock.relation}: {behind(lock)} while "
                        f"{removed[0].label} is dropped.",
                        why="A foreign key is dropped on both of its sides.",
                        instead="Drop the foreign keys one by one first, with a short lock_timeout.",
                        lock=lock,
                    )


RULE = Rule("locks-another-table", "locks", Severity.NOTE, check)
