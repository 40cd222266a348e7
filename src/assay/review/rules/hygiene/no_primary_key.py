"""A table is made without a primary key.

What it flags: a table that was not there before the revision has no primary key after it.
Why: a row cannot be named: logical replication refuses UPDATE and DELETE, tools that copy a table while
it is written to do not work, doubled rows cannot be told apart, and the ORM cannot map it.
Unsafe: ``op.create_table("events", sa.Column("at", sa.DateTime()))``
Safe instead: a ``bigint`` identity column, or the columns that name a row.
When it is fine: a log that is only added to and never replicated. Partitions are their parent's.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import changed
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_OTHERS = ("parents", "virtual")
"""Attributes of tables that are part of another, or none of the engine's own."""


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each new table that stays without."""
    keyed = {o.key[:-1] for o in context.after.of_kind("primary key")}
    known = {o.identity for o in context.before.objects}
    known |= {o.identity for o in context.renamed.values()}
    said: set[tuple[str, ...]] = set()
    for operation in operations:
        for table in changed(operation, Change.ADDED, "table"):
            now = context.after.by_identity.get(table.identity)
            if now is None or table.identity in known or table.key in keyed | said:
                continue
            if any(now.get(name) for name in _OTHERS) or _moved(operation, context):
                continue
            said.add(table.key)
            yield RULE.finding(
                table.name,
                operation.line,
                f"Table {table.name} has no primary key.",
                why="A row of it cannot be named: not by the ORM, a copy tool or logical replication.",
                instead=f"Give {table.name} a bigint identity column as its primary key.",
            )


def _moved(operation: OperationEffect, context: RuleContext) -> bool:
    """Whether the operation took a table away as well, so that it may be the same one renamed."""
    removed = changed(operation, Change.REMOVED, "table")
    return any(table.identity in context.before.by_identity for table in removed)


RULE = Rule("no-primary-key", "hygiene", Severity.NOTE, check)
