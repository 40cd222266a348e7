"""The vocabulary of a catalog: one generic kind of object, and a snapshot of all of them.

Standard library only, frozen. A new kind of object is one query in a dialect and one name here.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

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


Identity = tuple[str, tuple[str, ...]]
Objects = Mapping[Identity, CatalogObject]


class Snapshot:
    """A catalog as a value.

    One that was made from another by :meth:`exchanged` knows what differs, and lists its objects when
    they are asked for: most of those between the statements of a revision are only compared.

    :param dialect: SQLAlchemy's dialect name, ``sqlite`` or ``postgresql``.
    :param server_version: what the server calls itself, for example ``15.18``.
    :param objects: sorted by identity, each identity once; or what differs from another's.
    """

    def __init__(
        self, dialect: str, server_version: str, objects: tuple[CatalogObject, ...] | _Since
    ) -> None:
        self.dialect, self.server_version = dialect, server_version
        self._since: _Since | None = None
        if isinstance(objects, _Since):
            self._since = objects
        else:
            self.__dict__["objects"] = objects

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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Snapshot):
            return NotImplemented
        return self is other or (
            (self.dialect, self.server_version) == (other.dialect, other.server_version)
            and self.objects == other.objects
        )

    def __hash__(self) -> int:
        return hash((self.dialect, self.server_version, self.objects))

    def __repr__(self) -> str:
        return f"Snapshot({self.dialect!r}, {self.server_version!r})"

    @cached_property
    def objects(self) -> tuple[CatalogObject, ...]:
        """Sorted by identity, each identity once."""
        since = self._since
        assert since is not None
        objects = list(since.before.objects)
        for identity in since.gone:
            del objects[bisect_left(objects, identity, key=_identity)]
        for one in since.come.values():
            insort(objects, one, key=_identity)
        return tuple(objects)

    def without(self, some: Iterable[CatalogObject]) -> Snapshot:
        """Without some objects, where it has them."""
        return self.exchanged([one for one in some if self._find(_identity(one)) == one], ())

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
        for identity in new:
            if identity not in old and self._find(identity) is not None:
                raise ValueError(f"two catalog objects share the identity {identity}")
        depth = self._since.depth + 1 if self._since else 1
        made = Snapshot(self.dialect, self.server_version, _Since(self, old, new, depth))
        if depth <= _DEEPEST:
            return made
        # whatever is before it is not to be kept for ever
        return Snapshot(self.dialect, self.server_version, made.objects)

    def since(self, before: Snapshot) -> tuple[Objects, Objects] | None:
        """What an earlier snapshot has and this one has not as it is there, and the other way round.

        :returns: None where this one was not made from that one.
        """
        steps: list[_Since] = []
        one = self
        while one is not before:
            if one._since is None:
                return None
            steps.append(one._since)
            one = one._since.before
        gone: dict[Identity, CatalogObject] = {}
        come: dict[Identity, CatalogObject] = {}
        for step in reversed(steps):
            for identity, old in step.gone.items():
                if come.pop(identity, None) is None:
                    gone[identity] = old
            come.update(step.come)
        return gone, come

    def _find(self, identity: Identity) -> CatalogObject | None:
        one = self
        while "objects" not in one.__dict__ and one._since is not None:
            since = one._since
            if identity in since.come:
                return since.come[identity]
            if identity in since.gone:
                return None
            one = since.before
        at = bisect_left(one.objects, identity, key=_identity)
        found = one.objects[at] if at < len(one.objects) else None
        return found if found is not None and _identity(found) == identity else None

    def under(self, *path: str) -> Iterator[CatalogObject]:
        """All objects whose key begins with these names, without a look at the others."""
        at, objects = 0, self.objects
        while at < len(objects):
            kind = objects[at].kind
            at = bisect_left(objects, (kind, path), at, key=_identity)
            while at < len(objects) and objects[at].kind == kind:
                if objects[at].key[: len(path)] != path:
                    break
                yield objects[at]
                at += 1
            at = bisect_right(objects, kind, at, key=_kind)

    @cached_property
    def by_identity(self) -> dict[Identity, CatalogObject]:
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
        objects = self.objects
        first = bisect_left(objects, kind, key=_kind)
        return objects[first : bisect_right(objects, kind, first, key=_kind)]


class _Since(NamedTuple):
    """What one snapshot has otherwise than the one that it was made from."""

    before: Snapshot
    gone: Objects
    come: Objects
    depth: int


_identity = attrgetter("kind", "key")
_kind = attrgetter("kind")
_DEEPEST = 64
