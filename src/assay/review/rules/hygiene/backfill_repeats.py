"""A change of rows does it again when it is run again.

What it flags: a statement that changed rows of a table that was there, and that changed them once more
(or raised) when it was run twice.
Why: a backfill that stopped half-way is run again: batches that commit, a step in autocommit, every
statement on MySQL after DDL. Then rows that are done are done twice.
Unsafe: ``UPDATE accounts SET balance = balance * 100``
Safe instead: say which rows are not done yet, ``WHERE cents IS NULL``; write into a new column rather than
over the old one.
When it is fine: everything that the revision does is one transaction, and nobody runs its SQL by hand.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each line and table."""
    for operation in operations:
        repeating = [s for s in operation.statements if s.repeats]
        tables = {table for s in repeating for table in s.observed.rows} & context.tables
        for table in sorted(tables):
            yield RULE.finding(
                table,
                operation.line,
                f"Run again, this changes rows of {table} again.",
                why="Whoever runs it again after it stopped half-way does the first rows twice.",
                instead="Let its WHERE leave out the rows that are done.",
            )


RULE = Rule("backfill-repeats", "hygiene", Severity.NOTE, check)
