"""SET NOT NULL reads the table while reads and writes wait.

What it flags: a column that was there became NOT NULL, and its table was read for it under a lock.
Why: ``ACCESS EXCLUSIVE`` while every row is looked at. PostgreSQL 12 and newer skip that where a valid
``CHECK (column IS NOT NULL)`` proves it (3 ms instead of a scan, measured on 15).
Unsafe: ``op.alter_column("users", "email", nullable=False)``
Safe instead: the CHECK as NOT VALID, validate it in another transaction, SET NOT NULL, drop the CHECK.
From PostgreSQL 18 on NOT NULL itself may be NOT VALID (its docs).
When it is fine: the table is small, or nobody uses it meanwhile.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, relation_of, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column that became NOT NULL behind a lock."""
    for operation in operations:
        for difference in operation.differences:
            before, after = difference.before, difference.after
            if difference.change is not Change.ALTERED or after is None or before is None:
                continue
            if after.kind != "column" or before.get("not null") == after.get("not null"):
                continue
            table = relation_of(after)
            seen = under(operation, table, "reads")
            if after.get("not null") != "true" or seen is None:
                continue
            if table in seen[0].observed.scanned and table not in seen[0].observed.rewritten:
                yield RULE.finding(
                    after.name,
                    operation.line,
                    f"{seen[1].mode} on {table}: {behind(seen[1])} while every row is looked at.",
                    why="They wait until that and the transaction end.",
                    instead=_instead(after, context),
                    lock=seen[1],
                )


def _instead(column: CatalogObject, context: RuleContext) -> str:
    name = column.key[-1]
    if context.version >= (18,):
        return f"Add NOT NULL {name} as NOT VALID, and validate it in a revision of its own."
    if context.version >= (12,):
        return (
            f"Add CHECK ({name} IS NOT NULL) as NOT VALID, validate it in another revision, then "
            "set NOT NULL and drop the CHECK."
        )
    return (
        f"Keep a validated CHECK ({name} IS NOT NULL): no form before PostgreSQL 12 reads nothing."
    )


RULE = Rule("not-null-blocks", "locks", Severity.NOTE, check)
