"""A column gets a type in which its values silently lose something.

What it flags: a column that was there has fewer digits after the point, or a date and no time of day any
more, after an operation.
Why: no server refuses it. ``1.25`` becomes ``1.3``, ``2026-11-28 09:30`` becomes ``2026-11-28``, and no
downgrade brings back what is gone.
Unsafe: ``op.alter_column("orders", "price", type_=sa.Numeric(10, 1))`` on a ``Numeric(10, 2)``
Safe instead: a new column beside the old one, until nobody needs the old values.
When it is fine: no value has what is lost. Waive it and say so.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import retyped
from assay.review.types import rounded
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column whose values lose something in its new type."""
    for operation in operations:
        for column, old, new in retyped(operation, context):
            lost = rounded(old, new)
            if not lost:
                continue
            yield RULE.finding(
                column.name,
                operation.line,
                f"Column {column.name} becomes {new}: values lose {lost}.",
                why="The server says nothing of it, and no downgrade brings it back.",
                instead=f"Add a new column beside {column.name} and keep the old values, or waive "
                "this with the reason.",
            )


RULE = Rule("rounded", "data", Severity.STOP, check)
