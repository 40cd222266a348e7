"""A column may be NULL from now on, and the code that runs does not expect it.

What it flags: a column that was NOT NULL before the revision is not after it.
Why: as soon as one writer leaves it out, the release that still runs reads NULL where it was promised a
value: an error far from its cause, or a wrong total.
Unsafe: ``op.alter_column("orders", "total", nullable=True)``
Safe instead: keep it NOT NULL, with a server default for writers that leave it out, until every reader
that runs takes NULL.
When it is fine: all readers take NULL already; or nobody reads it any more, and it is to be dropped.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import altered
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column that lost its NOT NULL."""
    for operation, old, new in altered(operations, context, "column", "not null"):
        if old.get("not null") != "true" or new.get("not null") == "true":
            continue
        yield RULE.finding(
            new.name,
            operation.line,
            f"{new.name} may be NULL from now on; code that runs does not expect it.",
            why="A reader of the release before gets NULL where it was promised a value.",
            instead="Give it a server default until every reader that runs takes NULL.",
        )


RULE = Rule("not-null-dropped", "compatibility", Severity.NOTE, check)
