"""A table that holds rows is emptied at once.

What it flags: a table that held rows got another file and holds none.
Why: ``TRUNCATE`` takes ``ACCESS EXCLUSIVE`` and the rows; with ``CASCADE`` those of every table that
refers to it. MySQL commits it, no downgrade brings the rows back.
Unsafe: ``op.execute("TRUNCATE orders CASCADE")``
Safe instead: delete what is meant, in batches, table by table.
When it is fine: the rows are made again by the revision itself.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], _context: RuleContext) -> Iterator[Finding]:
    """A finding for each table that was emptied."""
    for operation in operations:
        for statement in operation.statements:
            for table in statement.observed.emptied:
                yield RULE.finding(
                    table,
                    operation.line,
                    f"{table} is emptied.",
                    why="Its rows are gone, and no downgrade brings them back.",
                    instead="Delete what is meant, table by table; if all of it is, waive this with "
                    "the reason.",
                )


RULE = Rule("emptied", "data", Severity.STOP, check)
