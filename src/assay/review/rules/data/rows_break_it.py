"""The upgrade raises where tables hold rows, and does not where they are empty.

What it flags: a constraint, a NOT NULL or a cast that rows made for the shadow did not satisfy.
Why: the rows were made up, so the real ones may be fine. But nothing in the revision makes them so: on
the first database where one is not, the upgrade fails, and a deployment with it.
Unsafe: ``op.alter_column("users", "email", nullable=False)`` while rows have NULL
Safe instead: ask the real database first (a SELECT of what would break it), put the rows right in the
same revision, then add it.
When it is fine: every real database was asked. Waive it and say so.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change, Difference
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import added_unchecked, validated
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_PARTS = ("unique", "primary key", "exclusion", "foreign key", "check", "index", "column")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding, at the line that raised."""
    failure = context.upgrade.on_rows if context.upgrade is not None else None
    if failure is None:
        return
    here = [operation for operation in operations if operation.line == failure.line]
    parts = [
        difference
        for operation in here
        for difference in operation.differences
        if difference.change is not Change.REMOVED and difference.object.kind in _PARTS
    ]
    # added without a look, and looked at now: what breaks it breaks nothing, and is told when it is run
    if any([*validated(operation), *added_unchecked(operation)] for operation in here):
        return
    # a new column that no row can have a value for: another rule stops at it
    if any(_without_value(part) for part in parts):
        return
    found = parts[0].object if parts else None
    what = found.label if found is not None else "the statement"
    yield RULE.finding(
        found.name if found is not None else "rows",
        failure.line,
        f"Rows that were made for the shadow break {what}: {failure.message}",
        why="Real rows may as well, and then the upgrade fails.",
        instead="Ask the real database for rows that break it, and put them right in this revision "
        "before this line.",
    )


def _without_value(part: Difference) -> bool:
    column = part.object
    return (
        part.change is Change.ADDED
        and column.kind == "column"
        and column.get("not null") == "true"
        and not any(column.get(name) for name in ("default", "identity", "generated"))
    )


RULE = Rule("rows-break-it", "data", Severity.NOTE, check)
