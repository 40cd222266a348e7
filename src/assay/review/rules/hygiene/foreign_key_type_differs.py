"""A foreign key's column is of another type than the column it refers to.

What it flags: a foreign key appeared between columns of which one holds what the other cannot: integers
of another width, numbers and text.
Why: PostgreSQL accepts ``integer`` beside ``bigint`` silently: the day the key passes 2,147,483,647 no row
can refer to it. SQLite accepts anything, and compares a number with a text as different.
Unsafe: ``orders.user_id INTEGER`` referring to ``users.id BIGINT``
Safe instead: the same type on both sides.
When it is fine: never for long. MariaDB refuses it.
Measured on: PostgreSQL 15, SQLite 3.40.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.review.finding import Finding, Severity
from assay.review.parts import reference_of
from assay.review.rule import Rule, RuleContext
from assay.review.seen import changed
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_TEXTS = ("character varying", "character", "text")
_AFFINITIES = (
    ("integer", ("INT",)),
    ("text", ("CHAR", "CLOB", "TEXT")),
    ("blob", ("BLOB",)),
    ("real", ("REAL", "FLOA", "DOUB")),
)
"""SQLite docs, "Datatypes In SQLite", 3.1; the first that fits counts."""


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each pair of columns of a new foreign key."""
    known = {o.identity for o in context.before.of_kind("foreign key")}
    after = context.after.by_identity
    for operation in operations:
        for key in changed(operation, Change.ADDED, "foreign key"):
            reference = reference_of(key) if key.identity not in known else None
            if reference is None or len(reference.columns) != len(reference.referred):
                continue
            for name, referred in zip(reference.columns, reference.referred, strict=True):
                own = after.get(("column", (*key.key[:-1], name)))
                other = after.get(("column", (*reference.table, referred)))
                if own is None or other is None or not _differ(own, other, context.dialect):
                    continue
                yield RULE.finding(
                    own.name,
                    operation.line,
                    f"{own.name} is {own.get('type')} and refers to {other.name}, which is "
                    f"{other.get('type')}.",
                    why="One side can hold what the other cannot.",
                    instead=f"Make {own.name} {other.get('type')} as well.",
                )


def _differ(one: CatalogObject, other: CatalogObject, dialect: str) -> bool:
    kind = _affinity if dialect == "sqlite" else _base
    return kind(one.get("type") or "") != kind(other.get("type") or "")


def _base(kind: str) -> str:
    bare = re.sub(r"\([^)]*\)", "", kind)
    return "text" if bare in _TEXTS else bare


def _affinity(kind: str) -> str:
    for affinity, parts in _AFFINITIES:
        if any(part in kind.upper() for part in parts):
            return affinity
    return "numeric" if kind else "blob"


RULE = Rule("foreign-key-type-differs", "hygiene", Severity.NOTE, check)
