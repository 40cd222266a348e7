"""Where a transaction is: what it locks, has written and used; read from the text that the server gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from assay.dialects.postgresql.catalogs import counted
from assay.dialects.postgresql.place_query import BETWEEN
from assay.dialects.postgresql.plain_rows import Row
from assay.dialects.postgresql.relations import LINE, Locked, locked_of

__all__ = ["Place", "ended_since"]

_BESIDE = ("v", "S")


@dataclass(frozen=True)
class Place:
    """Where a transaction is."""

    transaction: str
    numbers: frozenset[str]
    """Its own and those of its savepoints, 32 bits of each."""
    own: str | None
    """Its number, once it has written."""
    others: str
    """The server's snapshot: which transactions had ended, ``xmin:xmax:xip``."""
    triggers: int
    """Rows of ``pg_trigger`` that were updated."""
    written: Mapping[str, int]
    """How many rows of each catalog were."""
    by_hand: frozenset[int]
    """Catalogs of relations that are locked for writing."""
    owners: frozenset[int]
    """What is locked, or has something locked that belongs to it."""
    own_triggers: int
    """1: something locked has a trigger that no foreign key has. 2: a partition has one of its parent's,
    or one of a foreign key does not fire; which no text tells."""
    timeout: float
    """The session's ``lock_timeout``, seconds."""
    locked: Sequence[Locked] = field(repr=False)
    """The relations of the user that are locked, and are there."""
    skipped: frozenset[int]
    """What of what is locked was not looked at."""
    fences: Mapping[int, str] | None = field(default=None, repr=False)
    """Of what is locked, where they were asked for."""
    temporary: frozenset[int] = frozenset()
    """Of what is locked, asked for with fences; whoever makes one writes what makes that necessary."""
    rendered: Sequence[Row] = field(default=(), repr=False)
    """What is locked and not skipped, rendered, where no fences were asked for."""
    few: bool = True
    """Whether that was all of it."""

    @classmethod
    def of(
        cls, version: int, text: str, skipped: frozenset[int] = frozenset(), **asked: Any
    ) -> Place:
        """A place from the text that the server gives.

        :param skipped: what is not looked at, be it locked or not.
        """
        transaction, numbers, own, others, triggers, written, *more = text.split(BETWEEN)
        by_hand, owners, own_triggers, timeout, lines = more or ("", "", "", "0", "")
        oids = frozenset(map(int, owners.split()))
        return cls(
            transaction,
            frozenset(numbers.split()),
            own or None,
            others,
            int(triggers),
            _numbers(version, written),
            frozenset(map(int, by_hand.split())),
            oids,
            int(own_triggers or 0),
            float(timeout),
            locked_of(lines.split(LINE)) if lines else (),
            skipped & oids,
            **asked,
        )

    @property
    def beside(self) -> frozenset[int]:
        """The views and sequences that are locked and were looked at."""
        found = (row.oid for row in self.locked if row.relation.kind in _BESIDE)
        return frozenset(found) - self.skipped

    def is_as(self, before: Place) -> bool:
        """Whether nothing was written since, and it is the same transaction and savepoint."""
        return (
            self.transaction == before.transaction
            and self.numbers == before.numbers
            and self.triggers == before.triggers
            and self.written == before.written
        )

    def since(self, before: Place) -> frozenset[str]:
        """The catalogs that were written."""
        if self.written == before.written:
            return frozenset()
        return frozenset(c for c, n in self.written.items() if n != before.written.get(c))

    def rows_of(self, catalog: str, before: Place) -> int:
        """How many rows of a catalog were written since."""
        return self.written[catalog] - before.written[catalog]


@lru_cache(maxsize=256)
def _numbers(version: int, text: str) -> Mapping[str, int]:
    return dict(zip(counted(version), map(int, text.split(" ")), strict=True))


def ended_since(before: str, now: str) -> frozenset[int]:
    """Numbers of the transactions that ended between two snapshots, in any database."""
    (_, first, running), (_, last, still) = (s.split(":") for s in (before, now))
    some = {*range(int(first), int(last)), *map(int, filter(None, running.split(",")))}
    return frozenset(some.difference(map(int, filter(None, still.split(",")))))
