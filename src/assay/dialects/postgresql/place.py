"""Where a transaction is, in one question: what it locks, has written and used, and what that is now.

Who follows the catalog and who watches locks ask it both, after the same statement: it is asked once.
Its price is that of what is locked. What is locked comes rendered while that is a few plain tables
(:mod:`assay.dialects.postgresql.plain`), else as fences, which tell what to render. Where nothing has
been locked yet, or nothing may have been done since, a shorter text does (:meth:`Places.ask_whether`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from assay.dialects.base import Query
from assay.dialects.postgresql.catalog import Filed, fences_of, filed
from assay.dialects.postgresql.catalogs import RELATIONS, counted, oids_of_counted
from assay.dialects.postgresql.fences import locked_query
from assay.dialects.postgresql.group_parts import GROUPS
from assay.dialects.postgresql.locks import OURS
from assay.dialects.postgresql.naming import naming
from assay.dialects.postgresql.others import Others, others_query
from assay.dialects.postgresql.plain import MOST, plain_query
from assay.dialects.postgresql.queries import catalog_query
from assay.dialects.postgresql.relations import LINE, Locked, line, locked_of
from assay.dialects.postgresql.rendering import FIRST
from assay.dialects.postgresql.statements import NAMES, Statements, other_text
from assay.dialects.postgresql.wanted import SKIP, WHOLE, want

__all__ = ["Place", "Places", "ended_since"]

_KEPT = ("pg_depend", "pg_description")
_BETWEEN = chr(30)
"""What is between the parts of the text of a place."""
_LOCKED = (
    f"SELECT string_agg({line('l.modes')}, chr({ord(LINE)}))"
    " FROM (SELECT h.relation, string_agg(h.mode, ',') AS modes FROM held h"
    f"   WHERE h.locktype = 'relation' AND h.database <> 0 AND h.relation >= {FIRST}"
    "   AND h.owner <> ALL ((SELECT g.skip FROM given g)::oid[]) GROUP BY h.relation) l"
    " JOIN pg_catalog.pg_class c ON c.oid = l.relation"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
)
_WRITTEN = " + ".join(
    f"pg_stat_get_xact_tuples_{what}(w)" for what in ("inserted", "updated", "deleted")
)
_HELD = (
    "SELECT l.locktype, l.transactionid, l.virtualtransaction FROM pg_locks l"
    " WHERE l.pid = pg_backend_pid()"
)


def _parts_of_all(catalogs: str) -> list[str]:
    """What is told of any transaction; ``held`` are its locks."""
    return [
        "(SELECT min(h.virtualtransaction) FROM held h)",
        "(SELECT string_agg(h.transactionid::text, ' ') FROM held h"
        " WHERE h.locktype = 'transactionid')",
        "pg_current_xact_id_if_assigned()::text",
        "pg_current_snapshot()::text",
        "pg_stat_get_xact_tuples_updated('pg_catalog.pg_trigger'::regclass)::text",
        f"(SELECT string_agg(({_WRITTEN})::text, ' ') FROM unnest({catalogs}) w)",
    ]


def _parts_of_locked() -> list[str]:
    """What is told of what is locked, beside.

    Written by hand, a catalog stays locked for writing; DDL keeps such a lock on comments alone and,
    from 18 on, on dependencies where a type is changed (18.6, measured).
    """
    by_hand = ", ".join(f"'{c}'::regclass" for c in RELATIONS if c not in _KEPT)
    return [
        "(SELECT string_agg(h.relation::text, ' ') FROM held h"
        " WHERE h.locktype = 'relation' AND h.mode NOT IN ('AccessShareLock', 'RowShareLock')"
        f" AND h.relation IN ({by_hand}))",
        "(SELECT string_agg(o.oid::text, ' ') FROM owners o)",
        "(SELECT max(CASE WHEN g.tgisinternal OR g.tgparentid <> 0 THEN 2 ELSE 1 END)::text"
        " FROM owners o JOIN pg_trigger g ON g.tgrelid = o.oid"
        " WHERE NOT g.tgisinternal OR g.tgenabled <> 'O')",
        "extract(epoch FROM current_setting('lock_timeout')::interval)::text",
        f"({_LOCKED})",
    ]


def _text(parts: Sequence[str]) -> str:
    return f" || chr({ord(_BETWEEN)}) || ".join(f"coalesce({part}, '')" for part in parts)


def _place(catalogs: str) -> str:
    return _text([*_parts_of_all(catalogs), *_parts_of_locked()])


@lru_cache
def _whether(catalogs: str) -> str:
    return f"WITH held AS ({_HELD}) SELECT {_text(_parts_of_all(catalogs))}, {NAMES}"


_ALSO = -1000
"""Not an owner: in its place comes what is temporary."""
_TEMPORARY = (
    "(SELECT coalesce(string_agg(c.oid::text, ' '), '') FROM owners o JOIN pg_class c"
    " ON c.oid = o.oid WHERE c.relpersistence = 't')"
)


@lru_cache
def _with_fences(version: int, catalogs: str) -> str:
    return locked_query(
        version, f"SELECT 0::int8, {_place(catalogs)} UNION ALL SELECT {_ALSO}, {_TEMPORARY}"
    )


_others_query = lru_cache(others_query)


@lru_cache
def _of_group(version: int, group: str) -> str:
    return catalog_query(version, relations=(), groups=(group,))


@lru_cache
def _with_tables(version: int, catalogs: str) -> str:
    return plain_query(version, _place(catalogs))


Row = tuple[Any, ...]
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
    """What is locked, rendered, where no fences were asked for."""
    few: bool = True
    """Whether that was all of it, but for what was skipped."""

    @classmethod
    def of(
        cls, version: int, text: str, skipped: frozenset[int] = frozenset(), **asked: Any
    ) -> Place:
        """A place from the text that the server gives.

        :param skipped: what is not looked at, be it locked or not.
        """
        transaction, numbers, own, others, triggers, written, *more = text.split(_BETWEEN)
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


class Places:
    """Asks where the transaction of a connection is.

    :param version: ``server_version_num``.
    """

    def __init__(self, query: Query, version: int) -> None:
        self._run, self._version = query, version
        self._catalogs = oids_of_counted(query, version)
        self._found: Place | None = None
        self._prepared: Statements | None = None
        self._fenced = False
        self.plain: str | None = None
        """The statement before the next question, where it is plain DDL: it changes what it names."""
        self.untouched: Callable[[str], frozenset[int]] | None = None
        """Tells what plain DDL has not touched, of what is locked."""
        self._skipped: frozenset[int] | None = frozenset()

    @property
    def statements(self) -> Statements:
        """What is prepared on the connection."""
        if self._prepared is None:
            self._prepared = Statements(self._run)
        return self._prepared

    def begin(self) -> None:
        """A transaction has begun: few relations will be locked in it, for all that is known."""
        self._fenced = False
        self._skipped = frozenset()
        self.forget()

    def forget(self) -> None:
        """A statement may have discarded what is prepared, and what was said by :meth:`_skip`."""
        self._prepared = None
        if self._skipped:
            self._skipped = None

    def ask(self) -> Place:
        """Where it is now; kept for who asks :meth:`taken` after the same statement."""
        if self._fenced:
            return self.ask_fences()
        plain, untouched = self.plain, self.untouched
        self._skip(untouched(plain) if plain and untouched else frozenset())
        rows = self.statements.run(_with_tables(self._version, self._catalogs), by_index=True)
        _, (_, _, place, *_), *told, _ = rows  # the first and the last are settings
        few = sum(row[1] == "table" for row in told) <= MOST
        self._found = Place.of(
            self._version, place, self._skipped or frozenset(), rendered=told, few=few
        )
        return self._found

    def ask_whether(self) -> Place:
        """Where it is now, but for what it locks, and what is prepared on the connection."""
        ((place, names),) = self._run(f"{_whether(self._catalogs)} {other_text()}")
        self._prepared = Statements(self._run, names)
        return Place.of(self._version, place)

    def _skip(self, relations: frozenset[int]) -> None:
        if relations != self._skipped:
            want(self._run, SKIP, relations)
            self._skipped = relations

    def ask_whole(self, relations: Collection[int], *, others: bool) -> tuple[Place, Others | None]:
        """Where it is now, with these rendered whatever was written of them.

        :param others: ask :meth:`ask_others` as well.
        """
        want(self._run, WHOLE, relations)
        found = self.ask(), self.ask_others() if others else None
        want(self._run, WHOLE, ())
        return found

    def naming(self, tables: Collection[int]) -> set[int] | None:
        """The relations that may name something of some tables; None where more may."""
        return naming(self._run, tables)

    def ask_others(self) -> Others:
        """What is there beside plain tables, of what this transaction locks; and all enums."""
        return Others.of(self.statements.run(_others_query(), by_index=True))

    def ask_group(self, group: str) -> Filed:
        """What belongs to no relation, of one kind."""
        return filed(self.statements.run(_of_group(self._version, group)), GROUPS[group])

    def ask_fences(self, *, from_now_on: bool = True) -> Place:
        """As :meth:`ask`, with fences.

        :param from_now_on: what :meth:`ask` gives until the next transaction begins.
        """
        self._fenced = from_now_on
        self._skip(frozenset())
        fences = fences_of(
            self.statements.run(_with_fences(self._version, self._catalogs), by_index=True)
        )
        place, temporary = fences.pop(0), fences.pop(_ALSO)
        self._found = Place.of(
            self._version, place, fences=fences, temporary=frozenset(map(int, temporary.split()))
        )
        return self._found

    def taken(self) -> Place | None:
        """What was asked last and not taken yet."""
        found, self._found = self._found, None
        return found
