"""Every row of a table is deleted.

What it flags: a statement in a transaction deleted all rows, two or more, that a table held: its own, or
one that refers to it with ``ON DELETE CASCADE``.
Why: a condition was forgotten, or is true for every row; no downgrade brings the rows back.
Unsafe: ``op.execute("DELETE FROM orders")``
Safe instead: delete what is meant, and look at how many that were before it is committed.
When it is fine: the rows are not needed, or were copied; or the condition spares the real rows, not those
made for a shadow. Waive it with the reason.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table whose rows were deleted."""
    for operation in operations:
        for statement in operation.statements:
            observed = statement.observed
            for table in observed.whole:
                deleted = observed.rows[table].deleted
                if deleted < 2 or table not in context.tables:
                    continue
                yield RULE.finding(
                    table,
                    operation.line,
                    f"Every row of {table} is deleted: {deleted} of {deleted} on the shadow.",
                    why="No downgrade brings them back.",
                    instead="Delete what is meant by a condition; if all of it is, waive this with "
                    "the reason.",
                )


RULE = Rule("every-row-deleted", "data", Severity.STOP, check)
