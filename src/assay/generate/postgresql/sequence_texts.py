"""Sequences as the catalog tells them, and identities, which have one inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from assay.catalog import CatalogObject, Snapshot
from assay.generate.postgresql.tokens import Reader

__all__ = [
    "IdentityText",
    "differing",
    "identity_of",
    "is_plain_serial",
    "moved_limits",
    "options_of",
    "owned_sequence",
    "owner_of",
]

_LIMITS = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
_IDENTITY = re.compile(
    r"(?P<type>\w+) start (?P<start>-?\d+) increment (?P<increment>-?\d+) min (?P<min>-?\d+)"
    r" max (?P<max>-?\d+) cache (?P<cache>\d+)(?P<cycle> cycle)? named (?P<name>.+)",
    re.DOTALL,
)
_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')*)'::regclass\)")


@dataclass(frozen=True)
class IdentityText:
    """The sequence of an identity column."""

    type: str
    options: Mapping[str, Any]
    """All of them, as operations name them."""
    sequence: tuple[str, ...]
    """Schema and name."""

    @classmethod
    def of(cls, column: CatalogObject) -> IdentityText:
        """Take apart what the catalog tells of a column's identity."""
        found = _IDENTITY.fullmatch(column.get("identity sequence") or "")
        assert found is not None, column
        options = {
            "start": int(found["start"]),
            "increment": int(found["increment"]),
            "minvalue": int(found["min"]),
            "maxvalue": int(found["max"]),
            "cache": int(found["cache"]),
            "cycle": found["cycle"] is not None,
        }
        path = Reader(found["name"]).path()
        return cls(found["type"], options, path or ("", found["name"]))

    @property
    def said(self) -> dict[str, Any]:
        """The options that are not the server's defaults."""
        return _said(self.type, self.options)


def _usual(kind: str, increment: int) -> dict[str, Any]:
    low, high = _LIMITS.get(kind, _LIMITS["bigint"])
    up = increment > 0
    return {
        "start": 1 if up else -1,
        "increment": 1,
        "minvalue": 1 if up else low,
        "maxvalue": high if up else -1,
        "cache": 1,
        "cycle": False,
    }


def _said(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    usual = _usual(kind, options["increment"])
    found = {name: value for name, value in options.items() if value != usual[name]}
    # the default start is the lowest value, or the highest going down
    first = options["minvalue"] if options["increment"] > 0 else options["maxvalue"]
    if options["start"] == first:
        found.pop("start", None)
    elif "minvalue" in found or "maxvalue" in found:
        found["start"] = options["start"]
    return found


def _all(sequence: CatalogObject) -> dict[str, Any]:
    return {
        "start": int(sequence.get("start") or 0),
        "increment": int(sequence.get("increment") or 0),
        "minvalue": int(sequence.get("minimum") or 0),
        "maxvalue": int(sequence.get("maximum") or 0),
        "cache": int(sequence.get("cache") or 0),
        "cycle": sequence.get("cycle") == "true",
    }


def options_of(sequence: CatalogObject) -> dict[str, Any]:
    """What ``create_sequence`` must say of a sequence."""
    kind = sequence.get("type") or "bigint"
    found = _said(kind, _all(sequence))
    return found if kind == "bigint" else {"data_type": kind, **found}


def differing(old: CatalogObject, new: CatalogObject) -> dict[str, Any]:
    """What ``alter_sequence`` must say so that a sequence becomes another."""
    before, after = _all(old), _all(new)
    found: dict[str, Any] = {}
    if old.get("type") != new.get("type"):
        found["data_type"] = new.get("type")
        before = moved_limits(old.get("type") or "", new.get("type") or "", before)
    return found | {name: value for name, value in after.items() if before[name] != value}


def moved_limits(old: str, new: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """A sequence's options once its type is the new one: the limits of a type move along."""
    usual, moved = _usual(old, options["increment"]), _usual(new, options["increment"])
    found = dict(options)
    for name in ("minvalue", "maxvalue"):
        if found[name] == usual[name]:
            found[name] = moved[name]
    return found


def owner_of(sequence: CatalogObject) -> tuple[str, ...] | None:
    """Schema, table and column that own a sequence."""
    owned = sequence.get("owned by")
    return None if owned is None else Reader(owned).path()


def owned_sequence(side: Snapshot, column: CatalogObject) -> CatalogObject | None:
    """The sequence that a column owns and takes its default from."""
    found = _NEXTVAL.fullmatch(column.get("default") or "")
    path = Reader(found.group(1).replace("''", "'")).path() if found else None
    sequence = side.get("sequence", *path) if path is not None else None
    return sequence if sequence is not None and owner_of(sequence) == column.key else None


def is_plain_serial(sequence: CatalogObject, column: CatalogObject) -> bool:
    """Whether ``SERIAL`` makes a column's sequence just so."""
    _, table, name = column.key
    return (
        sequence.key == (column.key[0], f"{table}_{name}_seq")
        and sequence.get("type") == column.get("type")
        and not _said(sequence.get("type") or "", _all(sequence))
    )


def identity_of(column: CatalogObject) -> sa.Identity:
    """SQLAlchemy's identity for a column of a catalog."""
    return sa.Identity(always=column.get("identity") == "always", **IdentityText.of(column).said)
