"""A table is made whose primary key ends at two thousand million, or sooner.

What it flags: a table that was not there before, with a primary key of one integer column of 32 bits or
fewer that refers to no other table.
Why: numbers are used up by rolled-back INSERTs and ``ON CONFLICT`` too. At 2,147,483,647 each INSERT
fails, and the way out copies the table and every column that refers to it.
Unsafe: ``sa.Column("id", sa.Integer(), primary_key=True)``
Safe instead: ``sa.BigInteger()``.
When it is fine: there will never be many rows: countries, settings. SQLite's integers have 64 bits.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.parts import columns_of
from assay.review.rule import Rule, RuleContext
from assay.review.seen import changed
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_SMALL = ("tinyint", "smallint", "mediumint", "int", "integer")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each new table."""
    if context.dialect == "sqlite":
        return
    after = context.after
    keys = {o.key[:-1]: columns_of(o) for o in after.of_kind("primary key")}
    referring = {(o.key[:-1], columns_of(o)) for o in after.of_kind("foreign key")}
    known = {o.identity for o in context.before.objects}
    known |= {o.identity for o in context.renamed.values()}
    for operation in operations:
        if any(o.identity in known for o in changed(operation, Change.REMOVED, "table")):
            continue  # it may be the same table, renamed
        for table in changed(operation, Change.ADDED, "table"):
            columns = keys.get(table.key, ())
            if len(columns) != 1 or table.identity in known or (table.key, columns) in referring:
                continue
            column = after.by_identity.get(("column", (*table.key, *columns)))
            kind = (column.get("type") or "") if column is not None else ""
            if column is None or kind.partition("(")[0].split()[0].lower() not in _SMALL:
                continue
            yield RULE.finding(
                column.name,
                operation.line,
                f"The primary key {column.name} is {kind}: its numbers end.",
                why="Then each INSERT fails, and the way out copies this table and all that refer.",
                instead=f"Make {column.name} bigint.",
            )


RULE = Rule("small-primary-key", "hygiene", Severity.NOTE, check)
