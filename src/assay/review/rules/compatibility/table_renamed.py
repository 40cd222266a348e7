"""A table has another name or is in another schema, and the code that runs asks for the old one.

What it flags: a table that was there before the revision is there under another name after it, and
nothing else answers to the old name.
Why: every statement of the release that still runs fails on it until the new release runs everywhere.
Unsafe: ``op.rename_table("users", "people")``
Safe instead: a view with the old name in the same transaction: what selects columns of one table can be
written to as well. Drop it when no release asks for it.
When it is fine: nothing runs while the schema is changed.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40 (whose views cannot be written to).
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.renaming import renames
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table whose old name nothing answers to."""
    for operation, old, new in renames(operations, context, "table"):
        if ("view", old.key) in context.after.by_identity:
            continue
        yield RULE.finding(
            old.name,
            operation.line,
            f"{old.name} is called {new.name} from now on; code that runs asks for {old.name}.",
            why="Each of its statements fails until the new release runs everywhere.",
            instead=f"CREATE VIEW {old.name} AS SELECT * FROM {new.name}, until no release asks for "
            "it.",
        )


RULE = Rule("table-renamed", "compatibility", Severity.NOTE, check)
