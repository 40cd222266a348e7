"""Where a transaction is, in one question: what it locks, has written and used, and what that is now.

Who follows the catalog and who watches locks ask it both, after the same statement: it is asked once.
Its price is that of what is locked. What is locked comes rendered while that is a few plain tables
(:mod:`assay.dialects.postgresql.plain`), else as fences, which tell what to render.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from assay.dialects.base import Query
from assay.dialects.postgresql.catalog import fences_of
from assay.dialects.postgresql.catalogs import RELATIONS, counted
from assay.dialects.postgresql.fences import FIRST, locked_query
from assay.dialects.postgresql.locks import OURS
from assay.dialects.postgresql.naming import naming
from assay.dialects.postgresql.others import Others, others_query
from assay.dialects.postgresql.plain import MOST, plain_query
from assay.dialects.postgresql.statements import Statements
from assay.dialects.postgresql.wanted import NOT_SKIPPED, SKIP, WHOLE, want

__all__ = [
    "COUNTERS",
    "RELATION",
    "TIMEOUT",
    "USED",
    "Place",
    "Places",
    "ended_since",
]

# The path of a file is looked up for each; where it is in the database's own folder, as nearly all
# are, the number tells them apart as well.
RELATION = (
    "c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text,"
    " CASE WHEN c.relfilenode <> 0 AND c.reltablespace = 0 THEN c.relfilenode::text"
    " ELSE coalesce(pg_relation_filepath(c.oid), '') END"
)
_COUNTED = (
    "numscans",  # of a table: it was read from its beginning, be it empty
    "tuples_returned",
    "tuples_inserted",
    "tuples_updated",
    "tuples_deleted",
)
COUNTERS = ", ".join(f"pg_stat_get_xact_{what}(c.oid)::bigint" for what in _COUNTED)
USED = "CASE WHEN c.relkind IN ('r', 'p', 'm') AND {} > 0 THEN concat_ws(' ', {}) END".format(
    " + ".join(f"pg_stat_get_xact_{what}(c.oid)" for what in _COUNTED), COUNTERS
)
"""Text of :data:`COUNTERS`, of a table that was used."""
TIMEOUT = "extract(epoch FROM current_setting('lock_timeout')::interval)::float8"
_LOCKED = (
    f"SELECT json_agg(json_build_array({RELATION}, l.modes, l.transaction, {COUNTERS}, {TIMEOUT}))"
    " FROM (SELECT h.relation, min(h.virtualtransaction) AS transaction,"
    "     string_agg(DISTINCT h.mode, ',') AS modes FROM held h"
    f"   WHERE h.locktype = 'relation' AND h.database <> 0 AND h.relation >= {FIRST}"
    f"   AND {NOT_SKIPPED.format('h.owner')}"
    "   GROUP BY h.relation) l"
    " JOIN pg_catalog.pg_class c ON c.oid = l.relation"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
)


_WRITTEN = " + ".join(
    f"pg_stat_get_xact_tuples_{what}(w)" for what in ("inserted", "updated", "deleted")
)


def _place(version: int) -> str:
    """SQL of the text of a place.

    Written by hand, a catalog stays locked for writing; DDL keeps such a lock on comments alone.
    """
    catalogs = ", ".join(f"pg_catalog.{catalog}" for catalog in counted(version))
    by_hand = ", ".join(f"'{c}'::regclass" for c in RELATIONS if c != "pg_description")
    return (
        "json_build_object('transaction', (SELECT min(h.virtualtransaction) FROM held h),"
        " 'numbers', (SELECT json_agg(h.transactionid::text) FROM held h"
        "   WHERE h.locktype = 'transactionid'),"
        " 'by hand', (SELECT json_agg(h.relation::int8) FROM held h"
        "   WHERE h.locktype = 'relation' AND h.mode NOT IN ('AccessShareLock', 'RowShareLock')"
        f"   AND h.relation IN ({by_hand})),"
        " 'own', pg_current_xact_id_if_assigned()::text, 'snapshot', pg_current_snapshot()::text,"
        " 'owners', (SELECT coalesce(json_agg(o.oid::int8), '[]') FROM owners o),"
        f" 'few', (SELECT count(*) FROM wanted) <= {MOST},"
        f" 'skipped', (SELECT coalesce(json_agg(s.oid::int8), '[]') FROM owners s"
        f"   WHERE NOT {NOT_SKIPPED.format('s.oid')}),"
        " 'beside', (SELECT coalesce(json_agg(c.oid::int8), '[]') FROM wanted w"
        "   JOIN pg_class c ON c.oid = w.oid WHERE c.relkind IN ('v', 'S')),"
        " 'triggers', pg_stat_get_xact_tuples_updated('pg_catalog.pg_trigger'::regclass),"
        " 'own triggers', EXISTS (SELECT FROM owners o JOIN pg_trigger g ON g.tgrelid = o.oid"
        "   WHERE NOT g.tgisinternal OR g.tgenabled <> 'O'),"
        f" 'written', (SELECT json_agg({_WRITTEN}) FROM unnest('{{{catalogs}}}'::regclass[]) w),"
        f" 'locked', ({_LOCKED}))::text"
    )


_ALSO = -1000
"""Not an owner: in its place comes what is temporary."""
_TEMPORARY = (
    "(SELECT coalesce(string_agg(c.oid::text, ' '), '') FROM owners o JOIN pg_class c"
    " ON c.oid = o.oid WHERE c.relpersistence = 't')"
)


@lru_cache
def _with_fences(version: int) -> str:
    return locked_query(
        version, f"SELECT 0::int8, {_place(version)} UNION ALL SELECT {_ALSO}, {_TEMPORARY}"
    )


_others_query = lru_cache(others_query)


@lru_cache
def _with_tables(version: int) -> str:
    return plain_query(version, _place(version))


Row = tuple[Any, ...]


@dataclass(frozen=True)
class Place:
    """Where a transaction is."""

    transaction: str
    own: str | None
    """Its number, once it has written."""
    others: str
    """The server's snapshot: which transactions had ended, ``xmin:xmax:xip``."""
    numbers: frozenset[str]
    """Its own and those of its savepoints, 32 bits of each."""
    by_hand: frozenset[int]
    """Catalogs of relations that are locked for writing."""
    owners: frozenset[int]
    """What is locked, or has something locked that belongs to it."""
    skipped: frozenset[int]
    """What of these was not looked at."""
    few: bool
    """Whether the others were rendered."""
    beside: frozenset[int]
    """The views and sequences of the others."""
    triggers: int
    """Rows of ``pg_trigger`` that were updated."""
    own_triggers: bool
    """Whether something locked has a trigger that no foreign key has, or one that does not fire."""
    written: Mapping[str, int]
    locked: Sequence[Sequence[object]] = field(repr=False)
    """A row of each relation of the user that is locked: :data:`RELATION`, modes, the virtual
    transaction, :data:`COUNTERS`, :data:`TIMEOUT`."""
    fences: Mapping[int, str] | None = field(default=None, repr=False)
    """Of what is locked, where they were asked for."""
    temporary: frozenset[int] = frozenset()
    """Of what is locked, asked for with fences; whoever makes one writes what makes that necessary."""
    rendered: Sequence[Row] = field(default=(), repr=False)
    """What is locked, rendered, where no fences were asked for."""

    @classmethod
    def of(cls, version: int, text: str, **more: Any) -> Place:
        """A place from the text that the server gives."""
        found = json.loads(text)
        return cls(
            found["transaction"],
            found["own"],
            found["snapshot"],
            frozenset(found["numbers"] or ()),
            frozenset(found["by hand"] or ()),
            frozenset(found["owners"]),
            frozenset(found["skipped"]),
            found["few"],
            frozenset(found["beside"]),
            found["triggers"],
            found["own triggers"],
            dict(zip(counted(version), found["written"], strict=True)),
            found["locked"] or (),
            **more,
        )

    def since(self, before: Place) -> frozenset[str]:
        """The catalogs that were written."""
        return frozenset(c for c, n in self.written.items() if n != before.written.get(c))


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
        rows = self.statements.run(_with_tables(self._version), by_index=True)
        told = [row for row in rows if row[3] is not None]
        self._found = Place.of(self._version, told.pop(0)[3], rendered=told)
        return self._found

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
        return Others.of(self.statements.run(_others_query(self._version), by_index=True))

    def ask_fences(self, *, from_now_on: bool = True) -> Place:
        """As :meth:`ask`, with fences.

        :param from_now_on: what :meth:`ask` gives until the next transaction begins.
        """
        self._fenced = from_now_on
        self._skip(frozenset())
        fences = fences_of(self.statements.run(_with_fences(self._version), by_index=True))
        place, temporary = fences.pop(0), fences.pop(_ALSO)
        self._found = Place.of(
            self._version, place, fences=fences, temporary=frozenset(map(int, temporary.split()))
        )
        return self._found

    def taken(self) -> Place | None:
        """What was asked last and not taken yet."""
        found, self._found = self._found, None
        return found
