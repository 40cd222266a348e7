"""The server's default of a column is another one or gone, and the code that runs relies on the old.

What it flags: a column that had a default before the revision has another one, or none, after it.
Why: INSERTs of the release that still runs leave the column out, or write the value that they knew as
its default: both kinds of rows are there at once until the new release runs everywhere.
Unsafe: ``op.alter_column("users", "plan", server_default="trial")``
Safe instead: let the code give the value in every INSERT, deploy that, then change the default.
When it is fine: every release that runs gives a value already.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import altered
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column whose default was changed or dropped."""
    for operation, old, new in altered(operations, context, "column", "default"):
        before, after = old.get("default"), new.get("default")
        if before in (None, "NULL") or _same(old, new):
            continue
        what = f"is {after}" if after not in (None, "NULL") else "is gone"
        yield RULE.finding(
            new.name,
            operation.line,
            f"The default of {new.name} {what}; it was {before}.",
            why="Rows of the release that still runs and of the new one differ meanwhile.",
            instead=f"Let the code give {new.key[-1]} in every INSERT first, and deploy that.",
        )


def _same(old: CatalogObject, new: CatalogObject) -> bool:
    """The same value, in the words of another type; or numbers from elsewhere."""
    if new.get("identity") or new.get("generated") or new.get("autoincrement"):
        return True
    before, after = (str(one.get("default")) for one in (old, new))
    if before.startswith("nextval(") and after.startswith("nextval("):
        return True
    retyped = old.get("type") != new.get("type")
    return retyped and before.partition("::")[0] == after.partition("::")[0]


RULE = Rule("default-changed", "compatibility", Severity.NOTE, check)
