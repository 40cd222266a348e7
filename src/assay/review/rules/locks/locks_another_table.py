"""What is dropped from one table locks another one.

What it flags: something was removed, and a table that it does not belong to was under a lock that blocks
reads, with no ``lock_timeout``.
Why: dropping a foreign key, or a table that has one, takes ``ACCESS EXCLUSIVE`` on the table it refers
to as well: often the busiest of all. So does dropping a partition, on its parent.
Unsafe: ``op.drop_table("orders")`` with a foreign key to ``users``
Safe instead: drop the foreign keys one by one first, each in a transaction with a short
``lock_timeout``; a partition is first detached ``CONCURRENTLY`` (PostgreSQL 14 and newer).
When it is fine: with a short ``lock_timeout`` and a retry.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, changed, relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each other table that was locked by a removal."""
    for operation in operations:
        removed = list(changed(operation, Change.REMOVED, "table", "foreign key"))
        own = {relation_of(found) for found in removed}
        parents = {_parent(found) for found in removed}
        if not removed:
            continue
        for statement in operation.statements:
            if statement.observed.lock_timeout:
                continue
            for lock in statement.observed.locks:
                if lock.kind == "table" and "reads" in lock.blocks and lock.relation not in own:
                    partition = lock.relation in parents
                    yield RULE.finding(
                        lock.relation,
                        operation.line,
                        f"{lock.mode} on {lock.relation}: {behind(lock)} while "
                        f"{removed[0].label} is dropped.",
                        why="A partition is dropped from its parent, which is locked for that."
                        if partition
                        else "A foreign key is dropped on both of its sides.",
                        instead="DETACH it CONCURRENTLY in an autocommit block first, then drop it."
                        if partition and context.version >= (14,)
                        else "Drop it with a short lock_timeout."
                        if partition
                        else "Drop the foreign keys one by one first, with a short lock_timeout.",
                        lock=lock,
                    )


def _parent(found: CatalogObject) -> str | None:
    """The table that a table is a partition of."""
    parents = found.get("parents") if found.kind == "table" else None
    return parents.removeprefix("public.").replace('"', "") if parents else None


RULE = Rule("locks-another-table", "locks", Severity.NOTE, check)
