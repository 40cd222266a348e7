"""The vocabulary of a catalog: one generic kind of object, and a snapshot of all of them.

Standard library only, frozen. A new kind of object is one query in a dialect and one name here.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import Any

__all__ = ["CatalogObject", "Snapshot", "Value"]

Value = str | None
"""An attribute as the server itself renders it; ``None`` is "the server says there is none"."""


@dataclass(frozen=True, slots=True)
class CatalogObject:
    """One thing a server says it holds.

    :param kind: ``table``, ``column``, ``primary key``, ``unique``, ``check``, ``foreign key``,
        ``exclusion``, ``index``, ``enum``, ``domain``, ``sequence``, ``view``, ``materialized view``,
        ``trigger``, ``function``, ``policy``, ``schema``, ``extension`` …
    :param key: the path of names that identifies it, outermost first. For what belongs to a table:
        ``(schema, table, name)`` (PostgreSQL) or ``(table, name)`` (SQLite).
    :param attributes: sorted pairs of name and the server's own rendering. Everything that makes two
        objects different must be here; what is not comparable (an oid, a position) must not be.
    """

    kind: str
    key: tuple[str, ...]
    attributes: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def make(cls, kind: str, key: Iterable[str], attributes: Mapping[str, Value]) -> CatalogObject:
        """An object from a mapping; ``None`` values are kept."""
        return cls(kind, tuple(key), tuple(sorted(attributes.items())))

    @property
    def identity(self) -> tuple[str, tuple[str, ...]]:
        """What two snapshots are matched by."""
        return (self.kind, self.key)

    @property
    def name(self) -> str:
        """The key as a dotted name, ``public`` and ``main`` left out as people leave them out."""
        parts = self.key[1:] if len(self.key) > 1 and self.key[0] == "public" else self.key
        return ".".join(parts)

    @property
    def label(self) -> str:
        """Kind and name, as shown to people: ``column users.email``."""
        return f"{self.kind} {self.name}"

    def get(self, attribute: str) -> Value:
        """The value of an attribute, ``None`` if it has none."""
        for name, value in self.attributes:
            if name == attribute:
                return value
        return None

    def to_json(self) -> dict[str, Any]:
        """The object as plain JSON values."""
        return {"kind": self.kind, "key": list(self.key), "attributes": dict(self.attributes)}


@dataclass(frozen=True)
class Snapshot:
    """A catalog as a value.

    :param dialect: SQLAlchemy's dialect name, ``sqlite`` or ``postgresql``.
    :param server_version: what the server calls itself, for example ``15.18``.
    :param objects: sorted by identity, each identity once.
    """

    dialect: str
    server_version: str
    objects: tuple[CatalogObject, ...] = field(repr=False)

    @classmethod
    def make(cls, dialect: str, server_version: str, objects: Iterable[CatalogObject]) -> Snapshot:
        """A snapshot with its objects in canonical order.

        :raises ValueError: two objects share an identity.
        """
        some = tuple(objects)
        identities = [(o.kind, o.key) for o in some]
        order = sorted(range(len(some)), key=identities.__getitem__)
        for first, second in pairwise(order):
            if identities[first] == identities[second]:
                raise ValueError(f"two catalog objects share the identity {identities[first]}")
        return cls(dialect, server_version, tuple(map(some.__getitem__, order)))

    def without(self, some: Iterable[CatalogObject]) -> Snapshot:
        """Without some objects, where it has them."""
        objects = list(self.objects)
        for one in some:
            at = bisect_left(objects, _identity(one), key=_identity)
            if at < len(objects) and objects[at] == one:
                del objects[at]
        if len(objects) == len(self.objects):
            return self
        return Snapshot(self.dialect, self.server_version, tuple(objects))

    def exchanged(self, gone: Iterable[CatalogObject], come: Iterable[CatalogObject]) -> Snapshot:
        """With some objects in the place of others, without sorting all of them again.

        :param gone: objects of this snapshot; those that are in ``come`` as well stay.
        :returns: this snapshot where nothing differs.
        :raises ValueError: two objects share an identity.
        """
        old, new = {_identity(o): o for o in gone}, {}
        for one in come:
            identity = _identity(one)
            # most of what is read again is what it was
            if old.get(identity) == one:
                del old[identity]
            elif identity in new:
                raise ValueError(f"two catalog objects share the identity {identity}")
            else:
                new[identity] = one
        if not old and not new:
            return self
        objects = list(self.objects)
        for identity in old:
            del objects[bisect_left(objects, identity, key=_identity)]
        for identity, one in new.items():
            at = bisect_left(objects, identity, key=_identity)
            if at < len(objects) and _identity(objects[at]) == identity:
                raise ValueError(f"two catalog objects share the identity {identity}")
            objects.insert(at, one)
        return Snapshot(self.dialect, self.server_version, tuple(objects))

    @cached_property
    def by_identity(self) -> dict[tuple[str, tuple[str, ...]], CatalogObject]:
        """Objects by their identity."""
        return {o.identity: o for o in self.objects}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the objects alone: the same schema on two servers has one fingerprint."""
        text = json.dumps([o.to_json() for o in self.objects], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def get(self, kind: str, *key: str) -> CatalogObject | None:
        """The object of that identity, if there is one."""
        return self.by_identity.get((kind, key))

    def of_kind(self, kind: str) -> tuple[CatalogObject, ...]:
        """All objects of a kind, in order."""
        return tuple(o for o in self.objects if o.kind == kind)


_identity = attrgetter("kind", "key")
