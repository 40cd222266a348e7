"""A batch operation on SQLite copies a table and leaves out parts of it.

What it flags: ``batch_alter_table`` made a table anew, and a trigger, CHECK, index, foreign key, collation
or ``AUTOINCREMENT`` that the table had is gone, though nothing in the block names it.
Why: Alembic makes the copy from what SQLAlchemy reads of the table. That has no triggers, no unnamed
CHECK, no index on an expression, no ``COLLATE`` and no ``AUTOINCREMENT``; nothing is said where they go.
Unsafe: ``with op.batch_alter_table("users") as batch_op:`` on a table that has a trigger
Safe instead: ``op.rebuild_table`` with the whole definition (``assay generate`` writes it); or make again
after the block what was lost.
When it is fine: the part is not wanted any more. Drop it by an operation of its own that names it.
Measured on: SQLite 3.40, Alembic 1.18.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assay.catalog import CatalogObject, Change, Difference
from assay.project.revision_file import written_at
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each part of a copied table that no operation meant."""
    if context.dialect != "sqlite" or context.upgrade is None:
        return
    file = Path(context.upgrade.file)
    for operation in operations:
        copied = {t for s in operation.statements for t in s.observed.rewritten} & context.tables
        if not copied or operation.name != "batch_alter_table" or operation.line is None:
            continue
        said = written_at(file, operation.line)
        if said is None:
            continue
        dropped = _dropped_columns(operation)
        for difference in operation.differences:
            found = difference.object
            if relation_of(found) not in copied or found.key[-1] in said - copied:
                continue
            lost = _lost(difference, context)
            if lost is None or any(_mentions(found, column) for column in dropped):
                continue
            yield RULE.finding(
                found.name,
                operation.line,
                f"{lost} is lost: {relation_of(found)} is copied, and nothing asks for that.",
                why="Alembic copies what SQLAlchemy reads of a table, and this is not in it.",
                instead="Use op.rebuild_table with the whole definition, or make it again after the "
                "block.",
            )


def _lost(difference: Difference, context: RuleContext) -> str | None:
    """What of an object is gone, at the end of the revision too; in words."""
    found = difference.object
    before = context.before.by_identity.get(difference.identity)
    after = context.after.by_identity.get(difference.identity)
    if before is None:
        return None
    if difference.change is Change.REMOVED:
        kinds = ("column", "table")
        return found.label if after is None and found.kind not in kinds else None
    if difference.change is Change.ALTERED and after is not None:
        gone = [name for name, old, _ in difference.altered if old and not after.get(name)]
        if gone:
            return f"{', '.join(gone)} of {found.label}"
    return None


def _dropped_columns(operation: OperationEffect) -> set[str]:
    return {
        d.object.key[-1]
        for d in operation.differences
        if d.change is Change.REMOVED and d.object.kind == "column"
    }


def _mentions(found: CatalogObject, column: str) -> bool:
    """Whether a part is one of a column: it goes where the column goes."""
    word = re.compile(rf"(?<!\w){re.escape(column)}(?!\w)", re.IGNORECASE)
    return any(word.search(str(value)) for value in (*found.key, *dict(found.attributes).values()))


RULE = Rule("lost-in-rebuild", "data", Severity.STOP, check)
