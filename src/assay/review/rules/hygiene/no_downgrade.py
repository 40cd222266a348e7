"""The downgrade does nothing, and the upgrade changes the schema.

What it flags: ``upgrade()`` changed the catalog; ``downgrade()`` ran without an error and without a
statement that changes anything.
Why: Alembic then says that the database is at the revision before, and it is not: the next upgrade fails
on what is there already, or passes over it. A value that ``ADD VALUE`` gave to an enum is no exception: the
server cannot take it back, and a downgrade that says so by raising is the truth.
Unsafe: ``def downgrade(): pass``
Safe instead: what takes the upgrade back; or, where nothing can, ``raise NotImplementedError`` with the
reason, which stops instead of lying.
When it is fine: never.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.catalog import Change
from assay.project.revision_file import function_line
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect, is_writing

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding where nothing is taken back."""
    up = context.upgrade
    down = up.downgrade if up is not None else None
    if up is None or down is None or down.failure is not None or not up.differences:
        return
    if any(s.changed_catalog or is_writing(s.sql) for s in down.statements):
        return
    first = up.differences[0]
    more = len(up.differences) - 1
    yield RULE.finding(
        "downgrade",
        function_line(Path(down.file), "downgrade"),
        f"The downgrade does nothing; {first.object.label} would {_STAYS[first.change]}"
        f"{f', and {more} more' if more else ''}.",
        why="Alembic says the revision is taken back, and the schema is not the one before it.",
        instead="Write what takes it back, or raise NotImplementedError with the reason.",
        direction="downgrade",
    )


_STAYS = {Change.ADDED: "stay", Change.REMOVED: "not come back", Change.ALTERED: "stay changed"}

RULE = Rule("no-downgrade", "hygiene", Severity.NOTE, check)
