"""Deleting a row will delete rows of another table as well.

What it flags: a foreign key of a table that was there has ``ON DELETE CASCADE``, and before the revision
none of its foreign keys to that table had.
Why: from now on a ``DELETE`` of code that never names this table takes its rows, without a word and
without a limit.
Unsafe: ``op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")``
Safe instead: no ``ondelete``, or ``SET NULL``; delete the rows where the code deletes what they refer to.
When it is fine: the rows are nothing without the row they refer to. Waive it and say so.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import changed, relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each foreign key that cascades now."""
    before = {
        (relation_of(key), _referred(key))
        for key in context.before.of_kind("foreign key")
        if _cascades(key)
    }
    for operation in operations:
        # one that has another name only
        gone = {
            (relation_of(key), _referred(key))
            for key in changed(operation, Change.REMOVED, "foreign key")
            if _cascades(key)
        }
        for change in (Change.ADDED, Change.ALTERED):
            for key in changed(operation, change, "foreign key"):
                table, other = relation_of(key), _referred(key)
                if not _cascades(key) or table not in context.tables:
                    continue
                if (table, other) in before | gone:
                    continue
                yield RULE.finding(
                    key.name,
                    operation.line,
                    f"Deleting a row of {other} deletes rows of {table} from now on.",
                    why="Code that deletes there says nothing of these rows.",
                    instead=f"Leave ON DELETE CASCADE out of {key.key[-1]}, or waive this with the "
                    "reason.",
                )


def _text(key: CatalogObject) -> str:
    """Everything that a server says of a foreign key."""
    return " ".join(f"{name.upper()} {value}" for name, value in key.attributes if value)


def _cascades(key: CatalogObject) -> bool:
    return "ON DELETE CASCADE" in _text(key).upper()


def _referred(key: CatalogObject) -> str:
    found = key.get("referred table") or _text(key).partition("REFERENCES ")[2]
    return found.partition("(")[0].strip().removeprefix("public.").strip('"`')


RULE = Rule("cascade-added", "data", Severity.NOTE, check)
