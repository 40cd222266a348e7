"""In which order tables are made and dropped, and which foreign keys cannot go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.catalog import CatalogObject, Change, Snapshot
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.postgresql import definitions
from assay.generate.postgresql.matching import standing
from assay.generate.postgresql.tokens import Reader

__all__ = ["Order", "parents_of", "undisturbed"]

_FAMILIES = (
    frozenset({"smallint", "integer", "bigint", "numeric"}),
    frozenset({"text", "character varying"}),
)
"""Types that a foreign key may join, so that one side can be altered after the other."""


@dataclass(frozen=True)
class Order:
    """Tables of one catalog that the other has not.

    :param rank: by table: those that are referred to come before those that refer.
    :param own_steps: foreign keys that are made after all tables and dropped before all: of a cycle,
        or to a table that stays whose key is changed meanwhile.
    """

    rank: Mapping[TableKey, int]
    own_steps: tuple[CatalogObject, ...]

    @staticmethod
    def of_new(c: Comparison) -> Order:
        """Of tables that are made."""
        return _ordered(c, c.new, _tables(c, Change.ADDED))

    @staticmethod
    def of_gone(c: Comparison) -> Order:
        """Of tables that are dropped."""
        return _ordered(c, c.old, _tables(c, Change.REMOVED))


def _tables(c: Comparison, change: Change) -> list[TableKey]:
    return [d.object.key for d in c.changed("table") if d.change is change]


def _ordered(c: Comparison, side: Snapshot, tables: list[TableKey]) -> Order:
    mine = set(tables)
    hard = {t: {p for p in parents_of(side.get("table", *t)) if p in mine} for t in tables}
    soft: dict[TableKey, dict[TableKey, list[CatalogObject]]] = {t: {} for t in tables}
    own: list[CatalogObject] = []
    for found in side.of_kind("foreign key"):
        table = c.table_of(found)
        if table not in mine:
            continue
        key = definitions.reference(found.get("definition") or "")
        if key is None or (key.table not in mine and not undisturbed(c, found)):
            own.append(found)
        elif key.table in mine and key.table != table:
            soft[table].setdefault(key.table, []).append(found)
    rank: dict[TableKey, int] = {}
    left = sorted(tables)
    while left:
        free = [t for t in left if not (hard[t] | set(soft[t])) - rank.keys()]
        if not free:
            # a cycle: one of its tables goes first, without the foreign keys that wait for others
            stuck = [t for t in left if not hard[t] - rank.keys()] or left
            free = [min(stuck, key=lambda t: (len(set(soft[t]) - rank.keys()), t))]
            for waiting in sorted(set(soft[free[0]]) - rank.keys()):
                own += soft[free[0]].pop(waiting)
        for table in free:
            rank[table] = len(rank)
        left = [t for t in left if t not in rank]
    return Order(rank, tuple(own))


def parents_of(table: CatalogObject | None) -> list[TableKey]:
    """The tables that a table inherits from or is a partition of."""
    text = table.get("parents") if table is not None else None
    if not text:
        return []
    paths = [Reader(part).path() for part in Reader(text).parts()]
    return [path for path in paths if path is not None]


def undisturbed(c: Comparison, found: CatalogObject) -> bool:
    """Whether a foreign key to a table that stays can be there while everything else is changed."""
    key = definitions.reference(found.get("definition") or "")
    if key is None:
        return False
    if not c.in_both(key.table):
        return True
    if ("table", key.table) not in c.old.by_identity:
        return False
    return standing(c, key.table, frozenset(key.referred)) and not any(
        _type_moves(c, (*table, column))
        for table, columns in ((c.table_of(found), key.columns), (key.table, key.referred))
        for column in columns
    )


def _type_moves(c: Comparison, column: tuple[str, ...]) -> bool:
    """Whether a column's type is changed to one that the other side may not be joined with."""
    old, new = c.old.get("column", *column), c.new.get("column", *column)
    if old is None or new is None or old.get("type") == new.get("type"):
        return False
    kinds = {_family(old.get("type") or ""), _family(new.get("type") or "")}
    return not any(kinds <= family for family in _FAMILIES)


def _family(kind: str) -> str:
    return kind.partition("(")[0]
