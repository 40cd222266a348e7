"""What the rows that render plain tables say, beside what was known, and when they do not say it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from assay.catalog import CatalogObject
from assay.dialects.postgresql.catalog import Objects, PostgreSQLState, object_of
from assay.dialects.postgresql.place import Place
from assay.dialects.postgresql.plain import BEYOND, CARRIED, OTHER_INDEX, WRITTEN

__all__ = ["RENDERED", "RenderedTables", "Seen"]

RENDERED = frozenset(
    {
        "pg_attrdef",
        "pg_attribute",
        "pg_class",
        "pg_constraint",
        "pg_depend",
        "pg_index",
        "pg_trigger",
    }
)
"""What is written where a plain table is changed into another plain table. Of ``pg_trigger`` only the
rows that a foreign key has: one that is updated may belong to the key of a table nobody locks."""

_LISTED = frozenset(
    {"table", "column", "primary key", "unique", "check", "foreign key", "exclusion", "index"}
)
"""What has a row for each; whatever else a table has is in catalogs of its own."""
_KEYED = ("primary key", "unique", "exclusion")

Row = tuple[Any, ...]


class Seen(NamedTuple):
    """A table as it is now.

    :param moved: whether a catalog row of it was written since it was seen before; None: it was not.
    """

    objects: Objects
    moved: bool | None


class RenderedTables:
    """Reads the rows of :mod:`assay.dialects.postgresql.plain`, each text once."""

    def __init__(self) -> None:
        self._made: dict[Row, CatalogObject | _Same | None] = {}
        self._rows: dict[int, frozenset[Row]] = {}

    def forget(self) -> None:
        """What was seen is not what will have been there before."""
        self._rows.clear()

    def see(self, state: PostgreSQLState, now: Place) -> Mapping[int, Seen] | None:
        """The tables that are locked; None where they were not all rendered as they are.

        :param state: of before the statement: what it did not write is as it is there.
        """
        if now.fences is not None or now.owners is None:
            self.forget()
            return None
        rows: dict[int, list[Row]] = {}
        for row in now.rendered:
            rows.setdefault(int(row[0]), []).append(row)
        found: dict[int, Seen] = {}
        for owner, some in rows.items():
            objects = self._objects(some, state.owners.get(owner, ()))
            if objects is None:
                self.forget()
                return None
            known, new = self._rows.get(owner), frozenset(some)
            self._rows[owner] = new
            found[owner] = Seen(objects, None if known is None else known != new)
        return found

    def _objects(self, rows: Sequence[Row], known: Objects) -> Objects | None:
        before = {o.identity: o for o in known}
        found = [o for o in known if o.kind not in _LISTED]
        for row in rows:
            if row not in self._made:
                self._made[row] = _object(row)
            made = self._made[row]
            if made is None:
                return None
            old = before.get((made.kind, made.key))
            if made.kind == OTHER_INDEX:
                # an index that was written says what its constraint's text says
                if isinstance(made, CatalogObject) and not _is_bare(before, made.key):
                    return None
            elif isinstance(made, CatalogObject):
                found.append(_carrying(made, old))
            elif old is not None:
                found.append(old)
            else:
                return None
        return tuple(found)

    def changed(
        self, state: PostgreSQLState, written: frozenset[str], seen: Mapping[int, Seen]
    ) -> Mapping[int, Objects] | None:
        """Those that are not as the state has them.

        :returns: None when it takes more to know: catalogs were written that other things are in,
            or one has a name that others may tell of.
        """
        if not written <= RENDERED:
            return None
        found: dict[int, Objects] = {}
        for owner, (objects, moved) in seen.items():
            if moved is False:
                continue
            known = state.owners.get(owner, ())
            if not known:
                return None
            old, new = ({o.identity: o for o in some} for some in (known, objects))
            if old == new:
                continue
            if _renamed(old.keys() - new.keys(), new.keys() - old.keys()):
                return None
            found[owner] = objects
        return found


class _Same(NamedTuple):
    """The identity of what this transaction has not written."""

    kind: str
    key: tuple[str, ...]


def _object(row: Row) -> CatalogObject | _Same | None:
    """None for what has attributes that are not rendered."""
    made, _ = object_of(*row[1:])
    if len(made.attributes) == 1:
        return _Same(*made.identity)
    if made.get(BEYOND):
        return None
    kept = tuple(pair for pair in made.attributes if pair[0] != WRITTEN)
    return CatalogObject(made.kind, made.key, kept)


def _carrying(made: CatalogObject, old: CatalogObject | None) -> CatalogObject:
    """An object with what stays with it."""
    carried = [pair for pair in old.attributes if pair[0] in CARRIED] if old else []
    if not carried:
        return made
    return CatalogObject(made.kind, made.key, tuple(sorted([*made.attributes, *carried])))


def _is_bare(known: Mapping[tuple[str, Any], CatalogObject], key: tuple[str, ...]) -> bool:
    """Whether a constraint, or none, is known by nothing that its index says."""
    found = next((known[kind, key] for kind in _KEYED if (kind, key) in known), None)
    return found is None or {name for name, _ in found.attributes} <= {"definition", *CARRIED}


def _renamed(gone: set[tuple[str, Any]], came: set[tuple[str, Any]]) -> bool:
    """Whether something may have another name now, which texts of others may show."""
    return not {kind for kind, _ in gone}.isdisjoint(kind for kind, _ in came)
