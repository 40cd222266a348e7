"""An index is dropped before the one that takes its place is there.

What it flags: an index or unique constraint of a table that was there was dropped and committed, and
another over the same columns, or over more that begin with them, was made after that.
Why: in between, queries read the whole table, and what was unique is not.
Unsafe: ``DROP INDEX CONCURRENTLY ix`` and then ``CREATE INDEX CONCURRENTLY ix2``; on MariaDB, which
commits each, also ``op.drop_index`` and then ``op.create_index``
Safe instead: make the new one first, under another name, then drop the old one.
When it is fine: both in one transaction: nobody sees the table without. Locks are another matter.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.catalog import CatalogObject, Change, Difference
from assay.review.finding import Finding, Severity
from assay.review.parts import columns_of
from assay.review.rule import Rule, RuleContext
from assay.review.seen import relation_of, statement_by_statement
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["RULE"]

_KINDS = ("index", "unique")
Removed = tuple[OperationEffect, StatementEffect, CatalogObject]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each index that was missing for a while, at the line that drops it."""
    away: list[Removed] = []
    for operation in operations:
        for statement, differences in statement_by_statement(operation):
            for difference in differences:
                found = difference.object
                if found.kind not in _KINDS or relation_of(found) not in context.tables:
                    continue
                if difference.change is Change.ADDED:
                    for one in [r for r in away if _replaced(r, statement, found)]:
                        away.remove(one)
                        yield _finding(one, found)
                elif _is_away(difference, differences) and _was_there(found, context):
                    away.append((operation, statement, found))


def _is_away(difference: Difference, beside: Iterable[Difference]) -> bool:
    """Whether an index is gone, not only renamed by the same statement."""
    gone = difference.object
    return difference.change is Change.REMOVED and not any(
        other.change is Change.ADDED
        and other.object.kind == gone.kind
        and other.object.key[:-1] == gone.key[:-1]
        and columns_of(other.object) == columns_of(gone)
        for other in beside
    )


def _was_there(found: CatalogObject, context: RuleContext) -> bool:
    """Whether the revision found it, and finds no other that does the same and stays."""
    return found.identity in context.before.by_identity and not any(
        other.kind in _KINDS and other.key[:-1] == found.key[:-1] and _alike(found, other)
        for other in context.after.objects
        if other.identity in context.before.by_identity and other.identity != found.identity
    )


def _replaced(removed: Removed, by: StatementEffect, added: CatalogObject) -> bool:
    _, statement, gone = removed
    if gone.key[:-1] != added.key[:-1] or not _alike(gone, added):
        return False
    first, second = statement.observed.transaction, by.observed.transaction
    # outside of any transaction each statement is committed
    return statement is not by and (first is None or first != second)


def _alike(one: CatalogObject, other: CatalogObject) -> bool:
    first, second = columns_of(one), columns_of(other)
    shorter = min(len(first), len(second))
    return shorter > 0 and first[:shorter] == second[:shorter]


def _finding(removed: Removed, added: CatalogObject) -> Finding:
    operation, _, gone = removed
    table = relation_of(gone)
    columns = ", ".join(columns_of(gone))
    return RULE.finding(
        f"{table}.{gone.key[-1]}",
        operation.line,
        f"{gone.key[-1]} is dropped before {added.key[-1]} is there: meanwhile nothing finds rows of "
        f"{table} by {columns}.",
        why="Queries read the whole table until then, and what was unique is not.",
        instead=f"Make {added.key[-1]} first, then drop {gone.key[-1]}.",
    )


RULE = Rule("index-gap", "hygiene", Severity.NOTE, check)
