"""What the rows of :mod:`assay.dialects.postgresql.plain` say, beside what was known of their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from assay.catalog import CatalogObject

__all__ = [
    "PERSISTENCE",
    "SEQUENCE",
    "Address",
    "Row",
    "Said",
    "carried",
    "is_commented",
    "objects_of",
    "relation_of",
    "said",
]

Row = tuple[Any, ...]
"""Owner, kind, name, version, four texts, and whether its object has what no text tells."""
Identity = tuple[str, tuple[str, ...]]
Objects = tuple[CatalogObject, ...]
Address = tuple[str, tuple[str, ...], str]
"""An identity, and where the catalog rows behind it are."""

_CARRIED = frozenset({"comment", "index comment", "parents", "triggers"})
"""Attributes that come from other catalog rows than those of the object: they stay with it."""
_LISTED = frozenset(
    {"table", "column", "primary key", "unique", "check", "foreign key", "exclusion", "index"}
)
"""What has a row for each; whatever else a table has is in catalogs of its own."""
_CONSTRAINTS = {
    "p": "primary key",
    "u": "unique",
    "c": "check",
    "f": "foreign key",
    "x": "exclusion",
}
_KEYED = ("primary key", "unique", "exclusion")
_KEYS_INDEX = "index of a key"
"""The kind of an index that is its constraint's."""
PERSISTENCE = {"p": "permanent", "u": "unlogged"}
_REPLICA_IDENTITY = {"d": "default", "n": "nothing", "f": "full", "i": "index"}
_FLAG = {"0": "false", "1": "true"}
_GENERATED = {"s": "stored", "v": "virtual"}
_IDENTITY = {"a": "always", "d": "by default"}
SEQUENCE = "identity sequence"
"""The attribute of an identity column that is in no catalog row of its own."""


class Said(NamedTuple):
    """What a row says.

    :param attributes: None where this transaction has not written it.
    :param beyond: it has others.
    """

    address: Address
    attributes: tuple[tuple[str, str], ...] | None
    beyond: bool

    @property
    def identity(self) -> Identity:
        """Kind and key."""
        return self.address[:2]


@lru_cache(maxsize=4096)
def said(relation: tuple[str, str], row: Row) -> Said:
    """What a row says of something of a relation."""
    _, kind, name, version, first, second, third, fourth, beyond = row
    attributes: dict[str, str] | None = None
    key: tuple[str, ...] = (*relation, name)
    if kind == "table":
        key = relation
        if third is not None:
            persistence, identity, secured, forced = second
            attributes = {
                "persistence": PERSISTENCE.get(persistence, ""),
                "access method": "heap",
                "row security": _FLAG[secured],
                "force row security": _FLAG[forced],
                "replica identity": _REPLICA_IDENTITY[identity],
            }
    elif kind == "column":
        if first is not None:
            attributes = {"type": first, "not null": second}
            if fourth in _IDENTITY:
                attributes["identity"] = _IDENTITY[fourth]
            elif fourth:
                attributes |= {"generated": third, "generated kind": _GENERATED[fourth]}
            elif third is not None:
                attributes["default"] = third
    elif kind == "constraint":
        kind = _CONSTRAINTS[second]
        attributes = None if first is None else {"definition": first}
    else:
        kind = "index" if second is None else _KEYS_INDEX
        attributes = None if first is None else {"definition": first, "valid": "true"}
    pairs = None if attributes is None else tuple(sorted(attributes.items()))
    return Said((kind, key, version), pairs, beyond is not None)


def relation_of(rows: Sequence[Row]) -> tuple[str, str]:
    """Schema and name of the table that some rows are of."""
    return next((row[4], row[2]) for row in rows if row[1] == "table")


def objects_of(rows: Sequence[Said], known: Objects) -> Objects | None:
    """All objects of a table; None where that takes more to know.

    :param known: those that it had.
    """
    before = {o.identity: o for o in known}
    found = [o for o in known if o.kind not in _LISTED]
    for row in rows:
        kind, key, _ = row.address
        written = row.attributes
        if written is not None and row.beyond:
            return None
        if kind == _KEYS_INDEX:
            # an index that was written says what its constraint's text says
            if written is not None and not _is_bare(before, key):
                return None
            continue
        old = before.get((kind, key))
        if written is not None:
            found.append(_carrying(kind, key, written, old))
        elif old is not None:
            found.append(old)
        else:
            return None
    return tuple(found)


def carried(one: CatalogObject) -> set[str]:
    """The attributes that stay with an object."""
    return {name for name, _ in one.attributes} & _CARRIED


def is_commented(one: CatalogObject) -> bool:
    """Whether it has a comment that no text of plain tables or what is beside them tells."""
    return one.kind not in ("table", "column") and "comment" in carried(one)


def _carrying(
    kind: str, key: tuple[str, ...], written: tuple[tuple[str, str], ...], old: CatalogObject | None
) -> CatalogObject:
    """An object with what stays with it."""
    names = _CARRIED | {SEQUENCE} if dict(written).get("identity") else _CARRIED
    stays = [pair for pair in old.attributes if pair[0] in names] if old else []
    new = CatalogObject(kind, key, tuple(sorted([*written, *stays])) if stays else written)
    return old if old == new and old is not None else new


def _is_bare(known: Mapping[Identity, CatalogObject], key: tuple[str, ...]) -> bool:
    """Whether a constraint, or none, is known by nothing that its index says."""
    found = next((known[kind, key] for kind in _KEYED if (kind, key) in known), None)
    return found is None or {name for name, _ in found.attributes} <= {"definition", *_CARRIED}
