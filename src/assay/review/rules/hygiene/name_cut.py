"""A name is longer than the server keeps, and is cut without an error.

What it flags: something was made whose name is the first 63 bytes of a longer one that was asked for.
Why: code that asks for the whole name finds it cut in the same way; a catalog, ``information_schema`` and
an ORM that compares do not. Two long names that begin alike are one name. An operation of Alembic raises
instead, so this is SQL written by hand.
Unsafe: a CREATE INDEX in ``op.execute`` with a name of 70 letters
Safe instead: a shorter name.
When it is fine: never.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_LONGEST = 63  # bytes: NAMEDATALEN - 1
_WIDEST = 4  # bytes of a character; the server cuts between characters


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each name that is there cut."""
    if context.dialect != "postgresql":
        return
    for operation in operations:
        said: set[str] = set()
        text = "\n".join(statement.sql for statement in operation.statements)
        for difference in operation.differences:
            name = difference.object.key[-1].partition("(")[0]
            size = len(name.encode())
            if difference.change is not Change.ADDED or not _near(size) or name in said:
                continue
            asked = re.search(rf"(?<![\w$]){re.escape(name)}[\w$]+", text, re.IGNORECASE)
            whole = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text, re.IGNORECASE)
            if asked is None or whole is not None:
                continue
            said.add(name)
            yield RULE.finding(
                difference.object.name,
                operation.line,
                f"{asked.group()} is {len(asked.group().encode())} bytes long; the "
                f"{difference.object.kind} is called {name}.",
                why="Two long names that begin alike are one, and who looks it up does not find it.",
                instead=f"Give it a name of {_LONGEST} bytes at the most.",
            )


def _near(size: int) -> bool:
    return _LONGEST - _WIDEST < size <= _LONGEST


RULE = Rule("name-cut", "hygiene", Severity.NOTE, check)
