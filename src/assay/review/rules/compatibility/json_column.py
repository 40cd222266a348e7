"""A ``json`` column is added, which cannot be compared.

What it flags: a column of type ``json`` that was not there before the revision.
Why: the type has no equality (``could not identify an equality operator for type json``), so a
``SELECT DISTINCT``, ``UNION`` or ``GROUP BY`` over every column of the table, which ran until now,
fails.
Unsafe: ``op.add_column("users", sa.Column("settings", sa.JSON()))``
Safe instead: ``jsonb``: ``sqlalchemy.dialects.postgresql.JSONB()``.
When it is fine: the text must be kept as it was written, with its spaces and the order of its keys.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import changed
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each new column of that type."""
    if context.dialect != "postgresql":
        return
    known = {o.identity for o in context.before.objects}
    known |= {o.identity for o in context.renamed.values()}
    for operation in operations:
        for column in changed(operation, Change.ADDED, "column"):
            lasts = column.identity in context.after.by_identity
            if column.get("type") != "json" or column.identity in known or not lasts:
                continue
            yield RULE.finding(
                column.name,
                operation.line,
                f"{column.name} is json, which has no equality: SELECT DISTINCT and UNION fail.",
                why="Queries over every column of the table, which ran until now, raise.",
                instead=f"Make {column.name} jsonb.",
            )


RULE = Rule("json-column", "compatibility", Severity.NOTE, check)
