"""An index is dropped before the one that takes its place is there.

What it flags: an index or unique constraint of a table that was there was dropped and committed, and
another over the same columns, or over more that begin with them, was made after that; in the upgrade
or in the downgrade.
Why: in between, queries read the whole table, and what was unique is not.
Unsafe: ``DROP INDEX CONCURRENTLY ix`` and then ``CREATE INDEX CONCURRENTLY ix2``; on MariaDB, which
commits each, also ``op.drop_index`` and then ``op.create_index``
Safe instead: make the new one first, under another name, then drop the old one; on MariaDB, both in one
``ALTER TABLE`` (``op.in_one_statement``).
When it is fine: both in one transaction: nobody sees the table without. Locks are another matter.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.gaps import Gap, gaps, same_beginning
from assay.review.parts import columns_of
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each index that was missing for a while, at the line that drops it."""
    for gap in gaps(operations, context, ("index", "unique"), same_beginning):
        columns = ", ".join(columns_of(gap.gone))
        yield RULE.finding(
            gap.name,
            gap.line,
            f"{gap.told}: meanwhile nothing finds rows of {gap.table} by {columns}.",
            why="Queries read the whole table until then, and what was unique is not.",
            instead=_instead(gap, context.dialect),
            direction=gap.direction,
        )


def _instead(gap: Gap, dialect: str) -> str:
    if dialect == "mysql":
        return f"Do both in one ALTER TABLE {gap.table}: `with op.in_one_statement():`."
    return f"Make {gap.made_first}, then drop {gap.gone.key[-1]}."


RULE = Rule("index-gap", "hygiene", Severity.NOTE, check)
