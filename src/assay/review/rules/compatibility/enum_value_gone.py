"""A value of an enum is gone or renamed, and the code that runs still writes it.

What it flags: a column whose type had a label before the revision that it has no more after it: the
label was renamed, the type replaced, or on MariaDB the column modified.
Why: the release that still runs writes and compares with the old label; PostgreSQL refuses each such
statement, also a SELECT that only compares. MariaDB refuses the write.
Unsafe: ``op.execute("ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy'")``
Safe instead: add the new value, write it, move the rows; drop the old one when no release knows it.
When it is fine: no release that runs knows the value.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject
from assay.generate.names import Names
from assay.generate.renames import default_schema_of
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each type, or MariaDB's column, that lost values; at the line that took them."""
    default = default_schema_of(context.before)
    old, new = Names(context.before, default), Names(context.after, default)
    said: set[str] = set()
    for column in context.before.of_kind("column"):
        labels = old.labels_of(column)
        now = context.renamed.get(column.identity) or context.after.by_identity.get(column.identity)
        left = new.labels_of(now) if now is not None and labels else ()
        gone = [label for label in labels if label not in left]
        kind = old.enum_of(column)
        if not gone or not left or now is None or kind is None or kind.name in said:
            continue
        said.add(kind.name)
        values = ", ".join(repr(label) for label in gone)
        what = f"Column {now.name}" if kind is column else f"Enum {kind.name}"
        yield RULE.finding(
            now.name if kind is column else kind.name,
            _line(operations, kind, now, column),
            f"{what} has {values} no more; code that runs still writes {values}.",
            why="Each statement that writes it, or compares with it, fails.",
            instead="Add the new value, move code and rows to it, and drop the old one later.",
        )


def _line(operations: tuple[OperationEffect, ...], *about: CatalogObject) -> int | None:
    """The line that changed the first of some objects that any line changed."""
    for one in about:
        for operation in operations:
            if any(d.identity == one.identity for d in operation.differences):
                return operation.line
    return None


RULE = Rule("enum-value-gone", "compatibility", Severity.NOTE, check)
