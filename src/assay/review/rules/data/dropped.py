"""A column or table is dropped, and its data with it.

What it flags: a table or column that held data is gone after an operation.
Why: a downgrade makes it again, empty; the rows' values are lost.
Unsafe: ``op.drop_column("users", "nick")``
Safe instead: stop using it, deploy, keep it for a release; then drop it and say that it is meant.
When it is fine: the data is not needed, or was copied. Say so: ``--drop users.nick``. What is
renamed, by whatever SQL, is not dropped.
Measured on: SQLite 3.40, PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table or column that was there before the revision and is gone after."""
    gone = context.before.by_identity.keys() - context.after.by_identity.keys()
    gone -= context.renamed.keys()
    for operation in operations:
        removed = [
            d.object
            for d in operation.differences
            if d.change is Change.REMOVED and d.identity in gone
        ]
        tables = {o.key for o in removed if o.kind == "table"}
        for found in removed:
            if found.kind == "column" and found.key[:-1] in tables:
                continue
            if found.kind not in ("table", "column"):
                continue
            yield Finding(
                rule=RULE.code,
                severity=RULE.severity,
                object=found.name,
                line=operation.line,
                message=f"{found.kind.capitalize()} {found.name} is dropped.",
                why="The data in it is lost; a downgrade brings it back empty.",
                instead=f"If that is meant, say so with --drop {found.name}; if it was renamed, "
                f"`assay generate --again --rename {found.name}=NEW`.",
            )


RULE = Rule("dropped", "data", Severity.STOP, check)
