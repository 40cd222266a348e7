"""What is dropped takes things of others with it.

What it flags: one statement dropped something, and with it views, foreign keys, columns or triggers of
relations that stay.
Why: ``DROP … CASCADE`` names one thing and removes whatever depends on it: what that is differs from
database to database, and nobody reads it before it is gone.
Unsafe: ``op.execute("DROP TABLE users CASCADE")``
Safe instead: drop what depends on it by its name first, then drop it without ``CASCADE``.
When it is fine: everything that falls is known, and named in the waiver.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change, compare
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import relation_of
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["RULE"]

_VIEWS = ("view", "materialized view")
_TYPES = ("enum", "domain", "composite type", "range")
_ROUTINES = ("function", "procedure")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each statement that dropped more than one thing."""
    for operation in operations:
        for statement in operation.statements:
            removed = _removed(statement, context)
            falling = _falling(removed)
            if not falling:
                continue
            roots = (o for o in removed if o not in falling and _is_root(o, falling))
            named = next(roots, removed[0])
            names = ", ".join(found.label for found in falling)
            yield RULE.finding(
                named.name,
                operation.line,
                f"{named.label[0].upper()}{named.label[1:]} is dropped, and {names} with it.",
                why="What else depends on it in other databases falls as well.",
                instead=f"Drop {falling[0].label} first, then {named.name} without CASCADE.",
            )


def _removed(statement: StatementEffect, context: RuleContext) -> list[CatalogObject]:
    if statement.before is None or statement.after is None:
        return []
    return [
        d.object
        for d in compare(statement.before, statement.after)
        if d.change is Change.REMOVED
        and d.identity in context.before.by_identity
        and d.identity not in context.renamed
    ]


def _falling(removed: list[CatalogObject]) -> list[CatalogObject]:
    """Those of some dropped objects that only a cascade takes: no statement drops them with others."""
    kinds = {found.kind for found in removed}
    gone = {found.name for found in removed if found.kind in ("table", *_VIEWS)}
    columns = {relation_of(found) for found in removed if found.kind == "column"}
    keys = {relation_of(f) for f in removed if f.kind in ("primary key", "unique", "index")}
    return [
        found
        for found in removed
        if (found.kind in _VIEWS and kinds & {"table", "column", *_TYPES, *_ROUTINES})
        or (
            relation_of(found) not in gone
            and (
                (found.kind == "column" and kinds & {*_TYPES})
                or (found.kind == "trigger" and kinds & {*_ROUTINES})
                or (
                    found.kind == "foreign key"
                    and relation_of(found) not in columns
                    and (kinds & {"table"} or keys - {relation_of(found)})
                )
            )
        )
    ]


def _is_root(found: CatalogObject, falling: list[CatalogObject]) -> bool:
    roots = ("table", "column", "primary key", "unique", "index", *_TYPES, *_ROUTINES)
    return found.kind in roots and relation_of(found) not in {o.name for o in falling}


RULE = Rule("drop-cascades", "data", Severity.NOTE, check)
