"""What a statement locks, rewrites, scans and changes, asked of the server right after it.

A transaction keeps its locks to its end, so ``pg_locks`` tells after a statement what it took. A
rewritten relation has another ``relfilenode``. The counters of the transaction
(``pg_stat_get_xact_*``) tell scans and rows. Only relations that the transaction locks are asked
for: that is one statement, whatever the size of the catalog (PostgreSQL 15.20, measured).

A statement in autocommit has given its locks back by then; a second connection sees what it asks for
(:mod:`assay.dialects.postgresql.waiting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assay.dialects.base import Address, Query
from assay.dialects.observed import Lock, Observation, RowChange
from assay.dialects.postgresql.locks import KINDS, OURS, lock, strength
from assay.dialects.postgresql.waiting import Waiting

__all__ = ["PostgreSQLObserver"]

Row = Sequence[object]

_RELATION = (
    "c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text,"
    " coalesce(pg_relation_filenode(c.oid), 0)::bigint"
)
_COUNTERS = ", ".join(
    f"pg_stat_get_xact_tuples_{what}(c.oid)::bigint"
    for what in ("returned", "inserted", "updated", "deleted")
)
_TIMEOUT = "extract(epoch FROM current_setting('lock_timeout')::interval)::float8"
_ALL = (
    f"SELECT {_RELATION}, c.oid::regclass::text, '', {_COUNTERS}, {_TIMEOUT} FROM pg_catalog.pg_class c"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind <> 'c'"
)
_LOCKED = (
    f"SELECT {_RELATION}, l.modes, l.transaction, {_COUNTERS}, {_TIMEOUT}"
    " FROM (SELECT relation, min(virtualtransaction) AS transaction,"
    "     string_agg(DISTINCT mode, ',') AS modes FROM pg_catalog.pg_locks"
    "   WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted"
    "     AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
    "   GROUP BY relation) l"
    " JOIN pg_catalog.pg_class c ON c.oid = l.relation"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
)

_MOST = 1000
"""Rows that are counted of a table; whoever made them for a shadow made fewer."""


@dataclass(frozen=True)
class Relation:
    """A relation as it was seen last."""

    name: str
    kind: str
    file: int


class PostgreSQLObserver:
    """Watches one connection. Made outside of a transaction: what it reads it would lock in one.

    :param query: on that connection.
    :param at: its database, for a second connection where one is needed.
    """

    def __init__(self, query: Query, at: Address) -> None:
        self._query, self._at = query, at
        rows = query(_ALL)
        self._known = {_oid(row): _relation(row) for row in rows}
        self._there = frozenset(self._known)
        self._quoted = {_oid(row): str(row[5]) for row in rows}
        self._filled = self._holding(o for o, r in self._known.items() if r.kind == "table")
        self._held = self._counted(self._filled)
        self._transaction, self._number = "", 0
        self._locks: dict[int, Lock] = {}
        # read again: looking for rows has counted as well
        self._counters = {_oid(row): _counters(row) for row in query(_ALL)}
        self._waiting: Waiting | None = None

    def before(self, sql: str, *, autocommit: bool) -> str:
        """A statement is about to run; it runs as it is."""
        if autocommit:
            pid = int(str(self._query("SELECT pg_backend_pid()")[0][0]))
            self._waiting = Waiting(self._at, pid)
            self._waiting.start()
        return sql

    def after(self, _sql: str, _rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        if self._waiting is not None:
            names = {oid: (self._known[oid].name, self._known[oid].kind) for oid in self._there}
            found, self._waiting = self._waiting.stop(), None
            self._held = {}  # what was inserted outside of a transaction is not known
            asked = [lock(*names[oid], modes) for oid, modes in found.items() if oid in names]
            return self._observation(self._query(_ALL), asked, (), None)
        rows = self._query(_LOCKED)
        transaction = str(rows[0][6]) if rows else self._transaction
        if transaction != self._transaction:
            self._transaction, self._number = transaction, self._number + 1
            self._locks = {}
        held = tuple(self._locks.values())
        return self._observation(rows, list(self._new_locks(rows)), held, self._number)

    def close(self) -> None:
        """End what watches a statement that raised."""
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None

    def _observation(
        self, rows: Sequence[Row], locks: list[Lock], held: tuple[Lock, ...], number: int | None
    ) -> Observation:
        scanned: dict[str, int] = {}
        changed: dict[str, RowChange] = {}
        whole: list[str] = []
        for row in rows if number is not None else ():
            oid, relation = _oid(row), _relation(row)
            counters = _counters(row)
            before = self._counters.get(oid, (0, 0, 0, 0))
            self._counters[oid] = counters
            # they go on from one transaction to the next until the server collects them
            read, *written = (n - m if n >= m else n for n, m in zip(counters, before, strict=True))
            if relation.kind not in ("table", "materialized view"):
                continue
            if read and oid in self._there:
                scanned[relation.name] = read
            if any(written):
                changed[relation.name] = RowChange(*written)
                if self._is_whole(oid, changed[relation.name]):
                    whole.append(relation.name)
                if written[0]:
                    self._filled.add(oid)
        moved = [oid for oid in map(_oid, rows) if self._has_moved(oid, rows)]
        rewritten = tuple(sorted(self._known[oid].name for oid in moved))
        emptied = self._emptied([oid for oid in moved if oid in self._filled])
        self._known.update((_oid(row), _relation(row)) for row in rows)
        order = sorted(locks, key=lambda k: (-strength(k.mode), k.kind != "table", k.relation))
        timeout = float(str(rows[0][11])) if rows else None
        return Observation(
            tuple(order),
            held,
            rewritten,
            scanned,
            changed,
            emptied,
            number,
            lock_timeout=timeout,
            whole=tuple(sorted(whole)),
        )

    def _new_locks(self, rows: Iterable[Row]) -> Iterable[Lock]:
        """Locks on what was there before the revision, where they are stronger than before."""
        for row in rows:
            oid = _oid(row)
            if oid not in self._there:
                continue
            found = lock(self._known[oid].name, self._known[oid].kind, str(row[5]))
            old = self._locks.get(oid)
            if old is None or strength(found.mode) > strength(old.mode):
                self._locks[oid] = found
                yield found

    def _has_moved(self, oid: int, rows: Iterable[Row]) -> bool:
        if oid not in self._there:
            return False
        now = next(_relation(row) for row in rows if _oid(row) == oid)
        return now.file != self._known[oid].file

    def _holding(self, oids: Iterable[int]) -> set[int]:
        """Those of some tables that hold a row."""
        texts = [
            f"SELECT {oid}::bigint WHERE EXISTS (SELECT 1 FROM {self._quoted[oid]})" for oid in oids
        ]
        found: set[int] = set()
        for start in range(0, len(texts), 100):
            found |= {_oid(r) for r in self._query(" UNION ALL ".join(texts[start : start + 100]))}
        return found

    def _emptied(self, oids: list[int]) -> tuple[str, ...]:
        """Tables that held rows, have another file now, and no row in it."""
        gone = set(oids) - self._holding(oids) if oids else set()
        self._filled -= gone
        self._held.update(dict.fromkeys(gone, 0))
        return tuple(sorted(self._known[oid].name for oid in gone))

    def _counted(self, oids: Iterable[int]) -> dict[int, int]:
        """How many rows some tables hold, without those that hold too many to count."""
        texts = [
            f"SELECT {oid}::bigint, count(*)::bigint FROM (SELECT FROM {self._quoted[oid]}"
            f" LIMIT {_MOST + 1}) s"
            for oid in sorted(oids)
        ]
        found: dict[int, int] = {}
        for start in range(0, len(texts), 100):
            rows = self._query(" UNION ALL ".join(texts[start : start + 100]))
            found.update((_oid(row), int(str(row[1]))) for row in rows)
        return {oid: count for oid, count in found.items() if count <= _MOST}

    def _is_whole(self, oid: int, change: RowChange) -> bool:
        """Whether a change was one of every row that a table held; it is counted in."""
        held = self._held.get(oid)
        if held is None:
            return False
        self._held[oid] = max(0, held + change.inserted - change.deleted)
        return held > 1 and change.updated + change.deleted >= held


def _oid(row: Row) -> int:
    return int(str(row[0]))


def _counters(row: Row) -> tuple[int, ...]:
    return tuple(int(str(n or 0)) for n in row[7:11])


def _relation(row: Row) -> Relation:
    schema, name = str(row[1]), str(row[2])
    text = name if schema == "public" else f"{schema}.{name}"
    return Relation(text, KINDS.get(str(row[3]), "relation"), int(str(row[4])))
