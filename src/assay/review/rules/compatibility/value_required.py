"""A column must have a value that the code that runs does not give.

What it flags: after the revision a column of a table that was there is NOT NULL and has no default in the
database, and before it was not so: it was added, or it could be left out until now.
Why: a default in Python is known to the new release only. INSERTs of the release that still runs leave
the column out, and each of them fails.
Unsafe: ``op.alter_column("users", "locale", nullable=False)``
Safe instead: a ``server_default`` with it; drop that when no release leaves the column out.
When it is fine: every release that runs gives a value already; ``assay generate --given users.locale``
writes that down as the waiver.
Measured on: PostgreSQL 15, MariaDB 10.11 (strict mode), SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.generate.required import VALUES, must_be_given
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import altered
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column that can no longer be left out."""
    for operation, column in _now_required(operations, context):
        yield RULE.finding(
            column.name,
            operation.line,
            f"{column.name} must have a value from now on, and has no default in the database.",
            why="INSERTs of the release that still runs leave it out, and fail.",
            instead="Give it a server_default; drop that when no release leaves the column out.",
        )


def _now_required(
    operations: tuple[OperationEffect, ...], context: RuleContext
) -> Iterator[tuple[OperationEffect, CatalogObject]]:
    # whoever has another name now has left the old one to something new
    known = {o.identity for o in context.before.objects} - set(context.renamed)
    known |= {o.identity for o in context.renamed.values()}
    said: set[tuple[str, ...]] = set()
    for operation in operations:
        for difference in operation.differences:
            column = difference.object
            now = context.after.by_identity.get(column.identity)
            if difference.change is Change.REMOVED or column.kind != "column" or now is None:
                continue
            new = column.identity not in known and ("table", column.key[:-1]) in known
            # the line that made it so: it may have been added without
            if new and must_be_given(now) and must_be_given(column) and now.key not in said:
                said.add(now.key)
                yield operation, now
    for operation, old, now in altered(operations, context, "column", "not null", *VALUES):
        if must_be_given(now) and not must_be_given(old):
            yield operation, now


RULE = Rule("value-required", "compatibility", Severity.NOTE, check)
