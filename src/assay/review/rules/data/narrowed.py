"""A column gets a type that cannot hold every value of its old one.

What it flags: a column that was there has a shorter text type, a smaller number or fewer digits before
the point after an operation.
Why: PostgreSQL refuses the change where a value is too long or too large, so the upgrade fails there;
a ``USING`` that cuts the values, or MySQL without its strict mode, loses their ends.
Unsafe: ``op.alter_column("users", "code", type_=sa.String(10))`` on a ``String(50)``
Safe instead: ask the real database for the longest or largest value, put right what does not fit.
When it is fine: every value fits. Waive it and say so.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import retyped
from assay.review.types import cut
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column whose new type holds less."""
    for operation in operations:
        for column, old, new in retyped(operation, context):
            if not cut(old, new):
                continue
            yield RULE.finding(
                column.name,
                operation.line,
                f"Column {column.name} becomes {new}, which cannot hold every {old}.",
                why="Where a value does not fit, the upgrade fails, or the value is cut.",
                instead=f"Ask the real database for values of {column.name} that do not fit; keep "
                f"{old} while there are any.",
            )


RULE = Rule("narrowed", "data", Severity.NOTE, check)
