"""Rows are changed while a lock is held that others wait behind.

What it flags: a statement changed rows of a table that was there, in a transaction that holds a lock
behind which reads or writes of such a table wait.
Why: an ``ALTER TABLE`` of a millisecond keeps its lock to the end of the transaction. An UPDATE of each
row after it takes seconds or hours, and they wait for it all.
Unsafe: ``op.add_column("users", …)`` and the UPDATE that fills it in one revision
Safe instead: the schema in one revision, the rows in the next, in batches that commit.
When it is fine: there are few rows to change.
Measured on: PostgreSQL 15 (1.2 s for an UPDATE of 300 000 rows).
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each line and lock under which rows were changed."""
    said: set[tuple[int | None, str]] = set()
    for operation in operations:
        for statement in operation.statements:
            observed = statement.observed
            moved = {*observed.rewritten, *observed.emptied}
            rows = {n for n, change in observed.rows.items() if change.any and n not in moved}
            filled = sorted(rows & context.tables)
            for lock in (*observed.held, *observed.locks) if filled else ():
                seen = (operation.line, lock.relation)
                if lock.kind != "table" or not lock.blocks or seen in said:
                    continue
                said.add(seen)
                yield RULE.finding(
                    filled[0],
                    operation.line,
                    f"{lock.mode} on {lock.relation} is held: {behind(lock)} while rows of "
                    f"{', '.join(filled)} are changed.",
                    why="A lock is kept to the end of its transaction, however long the rows take.",
                    instead=f"Change the rows of {filled[0]} in a revision of their own.",
                    lock=lock,
                )


RULE = Rule("data-under-lock", "hygiene", Severity.NOTE, check)
