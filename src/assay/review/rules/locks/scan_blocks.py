"""A statement that looks like a change of the catalog only reads the whole table under a lock.

What it flags: a table that was there was read under a lock that blocks reads, though no constraint,
index or NOT NULL was added and nothing was rewritten.
Why: ``varchar(50)`` to ``varchar(100)`` is free, but not where the column has a CHECK: every row is
checked again.
Unsafe: ``op.alter_column("users", "code", type_=sa.String(100))`` with a CHECK on ``code``
Safe instead: drop the CHECK, alter, add it again as NOT VALID and validate it.
When it is fine: the table is small, or nobody uses it meanwhile.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, bound, changed
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_OTHERS = ("index", "unique", "primary key", "exclusion", "check", "foreign key")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table that was read behind a lock for no reason that another rule has."""
    for operation in operations:
        if any(changed(operation, Change.ADDED, *_OTHERS)) or _not_null(operation):
            continue
        if bound(operation, True):
            continue
        for statement in operation.statements:
            observed = statement.observed
            if not statement.changed_catalog or observed.rewritten:
                continue
            for lock in observed.locks:
                # rows that it changes are what it reads, and other rules tell of them
                read = context.tables & (set(observed.scanned) - set(observed.rows))
                if "reads" in lock.blocks and lock.relation in read:
                    yield RULE.finding(
                        lock.relation,
                        operation.line,
                        f"{lock.mode} on {lock.relation}: {behind(lock)} while every row is read.",
                        why="A CHECK of the table is looked at again for every row.",
                        instead="Drop the CHECK for the change, add it again as NOT VALID and "
                        "validate it in another revision.",
                        lock=lock,
                    )


def _not_null(operation: OperationEffect) -> bool:
    return any(
        d.change is Change.ALTERED
        and d.object.kind == "column"
        and d.before is not None
        and d.after is not None
        and d.before.get("not null") != d.after.get("not null")
        for d in operation.differences
    )


RULE = Rule("scan-blocks", "locks", Severity.NOTE, check)
