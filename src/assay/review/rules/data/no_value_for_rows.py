"""A NOT NULL column is added, and existing rows have no value for it.

What it flags: an operation that adds a column NOT NULL with no default, identity or expression to a
table that was there before.
Why: with a row in the table PostgreSQL and SQLite refuse the statement; MariaDB 10.11 fills in zeros
silently.
Unsafe: ``op.add_column("users", sa.Column("email", sa.Text(), nullable=False))``
Safe instead: add it nullable, fill it, set NOT NULL. ``assay generate`` writes it so.
When it is fine: never on a table with rows.
Measured on: SQLite 3.40, PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_VALUES = ("default", "identity", "generated", "autoincrement")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column added NOT NULL without a value to a table that existed."""
    renamed = {o.identity for o in context.renamed.values()}
    tables = {o.key for o in context.before.of_kind("table")}
    tables |= {key for kind, key in renamed if kind == "table"}
    for operation in operations:
        for difference in operation.differences:
            column = difference.object
            if difference.change is not Change.ADDED or column.kind != "column":
                continue
            if column.key[:-1] not in tables or column.get("not null") != "true":
                continue
            if column.identity in renamed:
                continue
            if any(column.get(name) for name in _VALUES):
                continue
            yield Finding(
                rule=RULE.code,
                severity=RULE.severity,
                object=column.name,
                line=operation.line,
                message=f"Column {column.name} is added NOT NULL and existing rows have no value.",
                why="Existing rows get 0, an empty text or the zero date, silently."
                if context.dialect == "mysql"
                else "The upgrade fails on a table that holds rows.",
                instead="Regenerate with `assay generate --again`, which leaves a backfill slot, "
                "or give the column a server_default in the models.",
            )


RULE = Rule("no-value-for-rows", "data", Severity.STOP, check)
