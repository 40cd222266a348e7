"""A constraint is dropped before the one that takes its place is there.

What it flags: a CHECK, foreign key, primary key or exclusion constraint of a table that was there was
dropped and committed, and another of its name or its columns was made after that; in the upgrade or in
the downgrade.
Why: what others write in between is checked by neither. Where it breaks the new one, that cannot be made,
and the table stays without.
Unsafe: ``op.drop_constraint`` and ``op.create_check_constraint`` in an autocommit block, or with an
autocommit block between them; on MariaDB, which commits each, in any revision
Safe instead: make the new one first, under another name, then drop the old one; of a primary key, and on
MariaDB also of a CHECK, both in one ``ALTER TABLE`` (``op.in_one_statement``).
When it is fine: both in one transaction: nobody writes in between. Locks are another matter. Or rows are
changed in between, so that they never fit both.
Measured on: PostgreSQL 15, MariaDB 10.11. SQLite makes the table anew for either.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Snapshot
from assay.generate.postgresql.generated import mentioned_columns
from assay.review.finding import Finding, Severity
from assay.review.gaps import Gap, gaps, same_beginning
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_MEANWHILE = {
    "check": "what others write is not checked",
    "foreign key": "what others write may refer to no row",
    "primary key": "others may write two rows of one key",
    "exclusion": "others may write rows that exclude one another",
}


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each constraint that was missing for a while, at the line that drops it."""
    for gap in gaps(operations, context, tuple(_MEANWHILE), _alike):
        yield RULE.finding(
            gap.name,
            gap.line,
            f"{gap.told}: meanwhile {_MEANWHILE[gap.gone.kind]}.",
            why=f"If it breaks {gap.made.key[-1]}, that cannot be made, and {gap.table} has neither.",
            instead=_instead(gap, context.dialect),
            direction=gap.direction,
        )


def _alike(one: CatalogObject, other: CatalogObject, catalog: Snapshot) -> bool:
    """Whether one takes the other's place: by its name, its columns; a table has one primary key."""
    if one.kind != other.kind:
        return False
    if one.kind == "primary key" or one.key == other.key:
        return True
    if one.kind == "foreign key":
        return same_beginning(one, other, catalog)
    columns = _named(one, catalog)
    return bool(columns) and columns == _named(other, catalog)


def _named(found: CatalogObject, catalog: Snapshot) -> set[str]:
    """The columns of its table that a constraint's expressions name."""
    words = mentioned_columns(" ".join(value or "" for _, value in found.attributes))
    return {
        column.key[-1]
        for column in catalog.of_kind("column")
        if column.key[:-1] == found.key[:-1] and column.key[-1] in words
    }


def _instead(gap: Gap, dialect: str) -> str:
    gone = gap.gone.key[-1]
    if dialect == "mysql":
        if gap.gone.kind == "foreign key":  # of one name it is refused
            return f"Make {gap.made_first}, then drop {gone}."
        return f"Do both in one ALTER TABLE {gap.table}: `with op.in_one_statement():`."
    both = "or both in one transaction"
    if gap.gone.kind == "primary key":
        return f"Do it by op.create_primary_key_online(…, replaces={gone!r}), {both}."
    if gap.gone.kind == "exclusion":
        return f"Make {gap.made_first}, then drop {gone}; {both}."
    return f"Make {gap.made_first} and NOT VALID, validate it, then drop {gone}; {both}."


RULE = Rule("constraint-gap", "hygiene", Severity.NOTE, check)
