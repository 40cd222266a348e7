"""The difference of two snapshots, object by object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from assay.catalog.objects import CatalogObject, Snapshot, Value

__all__ = ["Change", "Difference", "compare", "compare_objects"]


class Change(str, Enum):
    """How an object differs from one snapshot to the next."""

    ADDED = "added"
    REMOVED = "removed"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that two snapshots do not agree on."""

    change: Change
    before: CatalogObject | None
    after: CatalogObject | None

    @property
    def object(self) -> CatalogObject:
        """The object, as it is after, or as it was if it is gone."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def identity(self) -> tuple[str, tuple[str, ...]]:
        """Kind and key of the object."""
        return self.object.identity

    @property
    def altered(self) -> tuple[tuple[str, Value, Value], ...]:
        """Attribute, value before, value after, for every attribute that differs."""
        if self.before is None or self.after is None:
            return ()
        old, new = dict(self.before.attributes), dict(self.after.attributes)
        names = sorted(old.keys() | new.keys())
        return tuple((n, old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n))

    @property
    def reversed(self) -> Difference:
        """The difference seen from the other side."""
        change = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED}.get(
            self.change, self.change
        )
        return Difference(change, self.after, self.before)

    @property
    def text(self) -> str:
        """The difference in one line: sign, object, and what of it differs."""
        sign = {Change.ADDED: "+", Change.REMOVED: "-"}.get(self.change, "~")
        parts = ", ".join(f"{n}: {old} → {new}" for n, old, new in self.altered)
        return f"{sign} {self.object.label}" + (f" ({parts})" if parts else "")

    def to_json(self) -> dict[str, Any]:
        """The difference as plain JSON values."""
        return {
            "change": self.change.value,
            "kind": self.object.kind,
            "name": self.object.name,
            "before": dict(self.before.attributes) if self.before else None,
            "after": dict(self.after.attributes) if self.after else None,
        }


def compare(before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
    """Every object on which two snapshots differ, in the order of their identities.

    :raises ValueError: the snapshots are of different dialects.
    """
    if before.dialect != after.dialect:
        raise ValueError(f"cannot compare {before.dialect} with {after.dialect}")
    since = after.since(before)
    if since is not None:
        return compare_objects(since[0].values(), since[1].values())
    return compare_objects(before.objects, after.objects)


def compare_objects(
    before: Iterable[CatalogObject], after: Iterable[CatalogObject]
) -> tuple[Difference, ...]:
    """As :func:`compare`, on objects alone."""
    before, after = tuple(before), tuple(after)
    if before is after:
        return ()
    # states that follow one another share most of their objects, and looking at those takes long
    shared = set(map(id, before)).intersection(map(id, after))
    old = {o.identity: o for o in before if id(o) not in shared}
    new = {o.identity: o for o in after if id(o) not in shared}
    found: list[Difference] = []
    for identity in sorted(old.keys() | new.keys()):
        one, other = old.get(identity), new.get(identity)
        if one == other:
            continue
        if one is None:
            change = Change.ADDED
        elif other is None:
            change = Change.REMOVED
        else:
            change = Change.ALTERED
        found.append(Difference(change, one, other))
    return tuple(found)
