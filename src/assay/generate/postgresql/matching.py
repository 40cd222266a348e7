"""Constraints and indexes that have another name only, and those that stay as they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from assay.catalog import CatalogObject, Change, Difference, Snapshot
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.postgresql import definitions

__all__ = [
    "Renamed",
    "contents",
    "inherited",
    "material",
    "renamed",
    "standing",
]

_DEFINING = ("type", "collation", "generated", "generated kind")

_SILENT = frozenset(
    {
        "clustered",
        "index comment",
        "inherited",
        "options",
        "parent",
        "replica identity",
        "statistics",
        "triggers",
    }
)
"""Attributes that no model can say; what sets them by hand is left as it is."""


@dataclass(frozen=True)
class Renamed:
    """One object under its name in the old catalog and in the new."""

    old: CatalogObject
    new: CatalogObject


def inherited(found: CatalogObject) -> bool:
    """It came with its parent's, and goes with it."""
    return found.get("inherited") is not None or found.get("parent") is not None


def essence(found: CatalogObject) -> tuple[object, ...]:
    """What of a constraint or index must be equal for two to be the same but for the name."""
    rest = tuple((n, v) for n, v in found.attributes if n not in _SILENT and n not in ("comment",))
    if found.kind == "index":
        parsed = definitions.index(found.get("definition") or "")
        rest = tuple((n, v) for n, v in rest if n != "definition")
        if parsed is None:
            return (found.kind, found.key, rest)
        return (found.kind, found.key[:2], repr(_nameless(parsed)), rest)
    return (found.kind, found.key[:2], rest)


def _nameless(index: definitions.IndexDefinition) -> definitions.IndexDefinition:
    return replace(index, name="")


def material(difference: Difference) -> bool:
    """Whether an altered object must be made anew: more than its comment differs."""
    before, after = difference.before, difference.after
    return before is None or after is None or essence(before) != essence(after)


def renamed(c: Comparison, *kinds: str) -> Iterator[Renamed]:
    """Pairs of a removed and an added object of one table that differ in their name only."""
    gone: dict[tuple[object, ...], list[CatalogObject]] = {}
    for difference in c.changed(*kinds):
        if difference.change is Change.REMOVED and not inherited(difference.object):
            gone.setdefault(essence(difference.object), []).append(difference.object)
    for difference in c.changed(*kinds):
        if difference.change is Change.ADDED and not inherited(difference.object):
            candidates = gone.get(essence(difference.object))
            if candidates:
                yield Renamed(candidates.pop(0), difference.object)


def contents(side: Snapshot, table: TableKey) -> tuple[CatalogObject, ...]:
    """A table's or view's object and everything in it, or whose key starts like it."""
    for known, found in _contents:
        if known is side:
            return found.get(table, ())
    filed: dict[TableKey, tuple[CatalogObject, ...]] = {}
    for key, objects in groupby(sorted(side.objects, key=lambda o: o.key[:2]), lambda o: o.key[:2]):
        filed[key] = tuple(sorted(objects, key=lambda o: o.identity))
    _contents.append((side, filed))
    return filed.get(table, ())


_contents: deque[tuple[Snapshot, dict[TableKey, tuple[CatalogObject, ...]]]] = deque(maxlen=2)


def _remade_columns(c: Comparison) -> frozenset[TableKey]:
    """Columns that are dropped and made again, up or down, under their own name: generated ones."""
    return frozenset(
        d.object.key
        for d in c.changed("column")
        if d.before is not None
        and d.after is not None
        and (d.before.get("generated") is not None or d.after.get("generated") is not None)
        and any(d.before.get(a) != d.after.get(a) for a in _DEFINING)
    )


def standing(c: Comparison, table: TableKey, columns: frozenset[str]) -> bool:
    """Whether the keys over these columns are there all the way from the old catalog to the new.

    That is what a foreign key needs to be made early, to be dropped late, or to be left alone.
    """
    old = _keys(contents(c.old, table), columns)
    new = _keys(contents(c.new, table), columns)
    if not old or not new or {(*table, column) for column in columns} & _remade_columns(c):
        return False
    kept = [essence(found) for found in new]
    return all(essence(found) in kept for found in old)


def _keys(objects: Iterable[CatalogObject], columns: frozenset[str]) -> list[CatalogObject]:
    return [o for o in objects if _key_columns(o) == columns]


def _key_columns(found: CatalogObject) -> frozenset[str] | None:
    """The columns that a foreign key can refer to by this object."""
    if found.kind in ("primary key", "unique"):
        key = definitions.key(found.get("definition") or "")
        return frozenset(key.columns) if key else None
    if found.kind == "index":
        index = definitions.index(found.get("definition") or "")
        if index is not None and index.unique and index.where is None:
            return frozenset(index.columns or ()) or None
    return None
