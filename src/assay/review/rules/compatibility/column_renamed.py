"""A column has another name, and the code that runs asks for the old one.

What it flags: a column that was there before the revision is there under another name after it, and no
column has the old name, whether an operation or SQL renamed it.
Why: the release that still runs lists the old name in every SELECT and INSERT, and each of them fails
until the new release runs everywhere.
Unsafe: ``op.alter_column("users", "nick", new_column_name="handle")``
Safe instead: keep the name in the database and give the attribute another one,
``handle = mapped_column("nick")``; or add a column, write both, move the readers, drop the old one.
When it is fine: nothing runs while the schema is changed.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.renaming import renames
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column whose old name is gone."""
    for operation, old, new in renames(operations, context, "column"):
        if old.key[-1] == new.key[-1]:
            continue  # its table was renamed
        yield RULE.finding(
            old.name,
            operation.line,
            f"{old.name} is called {new.key[-1]} from now on; code that runs asks for "
            f"{old.key[-1]}.",
            why="Its SELECTs and INSERTs name every column, and fail until the new release runs.",
            instead=f'Keep the name in the database: {new.key[-1]} = mapped_column("{old.key[-1]}").',
        )


RULE = Rule("column-renamed", "compatibility", Severity.NOTE, check)
