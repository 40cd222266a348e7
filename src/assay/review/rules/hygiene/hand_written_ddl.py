"""The schema is changed by SQL where Alembic has an operation.

What it flags: SQL of the revision's own made, dropped or altered a table, column, key, constraint or index
in a way that an operation of Alembic can. For the newest revision step 4 judges it against what
generation makes.
Why: it runs on one engine only, offline SQL and the naming convention know nothing of it, and nobody
generates its undo.
Unsafe: ``op.execute("ALTER TABLE users ADD COLUMN nick text")``
Safe instead: ``op.add_column("users", sa.Column("nick", sa.Text()))``; ``assay generate`` writes it.
When it is fine: one statement must do several things at once. Triggers, views, functions, policies, and
options of the engine are not flagged: there is no operation for them.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change, Difference
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import is_away, statement_by_statement
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_KINDS = ("table", "column", "primary key", "unique", "check", "foreign key", "index")
_ATTRIBUTES = {"type", "not null", "default", "comment"}


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each line that has such SQL."""
    for operation in operations:
        for statement, differences in statement_by_statement(operation):
            if not statement.by_hand or not all(map(_has_operation, differences)):
                continue
            if _takes_index_over(differences):
                continue
            made = next((d for d in differences if d.object.kind == "table"), differences[0])
            name, what = made.object.name, made.change.value
            named = _renamed(made.object.kind, differences, context)
            if named is not None:
                name, what = named[0].name, f"renamed to {named[1].name}"
            yield RULE.finding(
                name,
                operation.line,
                f"{made.object.kind.capitalize()} {name} is {what} by SQL of the revision's own.",
                why="It runs on one engine only, and nobody generates its undo.",
                instead="Write it as an operation of Alembic; `assay generate` does.",
            )
            break


def _has_operation(difference: Difference) -> bool:
    if difference.object.kind == "sequence":
        return difference.object.get("owned by") is not None  # SERIAL has one
    if difference.object.kind not in _KINDS:
        return False
    if difference.change is not Change.ALTERED:
        return True
    if difference.object.kind == "column":
        return {name for name, _, _ in difference.altered} <= _ATTRIBUTES
    return False


def _renamed(
    kind: str, differences: tuple[Difference, ...], context: RuleContext
) -> tuple[CatalogObject, CatalogObject] | None:
    """The one thing of a kind that got another name, as it was and as it is."""
    gone = [d for d in differences if d.change is Change.REMOVED and d.object.kind == kind]
    come = [d for d in differences if d.change is Change.ADDED and d.object.kind == kind]
    if len(gone) != 1 or len(come) != 1:
        return None
    old, new = gone[0].object, come[0].object
    if kind in ("table", "column"):
        same = context.renamed.get(old.identity) == new
    else:
        same = old.attributes == new.attributes or not is_away(gone[0], come)
    return (old, new) if same else None


def _takes_index_over(differences: tuple[Difference, ...]) -> bool:
    """``ADD CONSTRAINT … USING INDEX``, for which there is no operation."""
    kinds = {(d.change, d.object.kind) for d in differences}
    return (Change.REMOVED, "index") in kinds and bool(
        kinds & {(Change.ADDED, "unique"), (Change.ADDED, "primary key")}
    )


RULE = Rule("hand-written-ddl", "hygiene", Severity.NOTE, check)
