"""A waiver is not needed, has ended, cannot be read, or covers less than its statement does.

What it flags: a comment ``# assay: allow …`` for which there is no finding on its statement, whose last
day has passed, that gives no reason or no real day, or whose statement locks another table, or one
harder, than when the waiver was given.
Why: whoever wrote it believes that it counts, and who reads it that somebody looked.
Unsafe: ``# assay: allow index-blocks-writes`` without a reason.
Safe instead: ``# assay: allow index-blocks-writes -- 40 rows, DB-12, until 2027-01``; several rules with
commas between them. Take out what nothing needs.
When it is fine: never; it costs a line.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], _context: RuleContext) -> Iterator[Finding]:
    """None of effects: a waiver is held against what the other rules found, when they have."""
    yield from ()


RULE = Rule("waiver", "hygiene", Severity.NOTE, check, waivable=False)
