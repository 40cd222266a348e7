"""What a statement locks, rewrites, scans and changes, asked of the server right after it.

A transaction keeps its locks to its end, so ``pg_locks`` tells after a statement what it took. A
rewritten relation has another file. The counters of the transaction
(``pg_stat_get_xact_*``) tell scans and rows. Only relations that the transaction locks are asked
for: that is one statement, whatever the size of the catalog (PostgreSQL 15.20, measured). What a
table held before it got another file is told by the size of the old one, which is there until the
transaction ends; who may not ask for it looks into every table first.

A statement in autocommit has given its locks back by then; a second connection sees what it asks for
(:mod:`assay.dialects.postgresql.waiting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assay.dialects.base import Address, Query
from assay.dialects.observed import Lock, Observation, RowChange
from assay.dialects.postgresql.locks import KINDS, OURS, lock, strength
from assay.dialects.postgresql.place import COUNTERS, RELATION, TIMEOUT, USED, Places
from assay.dialects.postgresql.waiting import Waiting
from assay.dialects.written import plain_ddl, verb

__all__ = ["PostgreSQLObserver"]

Row = Sequence[object]

# in one text, of which a few lines are looked at: rows would be thousands of objects
_THERE = (
    "SELECT has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE'),"
    " current_setting('server_version_num')::int, coalesce((SELECT string_agg("
    f"concat_ws(chr(31), {RELATION}, coalesce({USED}, '')), chr(30)) FROM pg_catalog.pg_class c"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind <> 'c'"
    "), '')"
)
_LINE, _PART = chr(30), chr(31)
_FOLDER = "regexp_replace(pg_relation_filepath('pg_catalog.pg_description'), '[^/]*$', '')"
_ALL = (
    f"SELECT {RELATION}, '', '', {COUNTERS}, {TIMEOUT} FROM pg_catalog.pg_class c"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind <> 'c'"
)
_WITH_ROWS = ("r", "p", "m")
_NONE = (0,) * 5
"""The counters of what was not used yet."""
_KEEPING = ("ALTER", "CREATE", "DELETE", "DROP", "INSERT", "UPDATE")
"""First words of statements that discard nothing that is prepared on the connection."""
_MOST = 1000
"""Rows that are counted of a table; whoever made them for a shadow made fewer."""


class Relation(NamedTuple):
    """A relation as it was seen last.

    :param kind: ``pg_class.relkind``.
    """

    schema: str
    bare: str
    kind: str
    file: str

    @property
    def name(self) -> str:
        """As people write it."""
        return self.bare if self.schema == "public" else f"{self.schema}.{self.bare}"


class PostgreSQLObserver:
    """Watches one connection. Made outside of a transaction: what it reads it would lock in one.

    :param query: on that connection.
    :param at: its database, for a second connection where one is needed.
    """

    def __init__(self, query: Query, at: Address) -> None:
        self._query, self._at = query, at
        self._may_ask_sizes, version, there = query(_THERE)[0]
        lines = [line for line in str(there).split(_LINE) if line.count(_PART) == 5]
        self._rows: dict[int, Row | str] = {int(n[: n.index(_PART)]): n for n in lines}
        self._there = frozenset(self._rows)
        used = (line.split(_PART) for line in lines if line[-1] != _PART)
        self._counters = {int(row[0]): _counters(row[5].split()) for row in used}
        self._filled: set[int] = set()
        self._looked = False
        self.places = Places(query, int(str(version)))
        if not self._may_ask_sizes:
            self._look_for_rows()
        self._transaction, self._number = "", 0
        self._locks: dict[int, Lock] = {}
        self._waiting: Waiting | None = None

    def go_on(self) -> None:
        """What has been made since is there before the next statement."""
        self._there = frozenset(self._rows)
        if not self._may_ask_sizes:
            self._look_for_rows()

    def before(self, sql: str, *, autocommit: bool) -> str:
        """A statement is about to run; it runs as it is."""
        if autocommit:
            if not self._looked:  # the old file of a table will be gone
                self._look_for_rows()
            else:  # the server may have collected what was counted so far
                self._count_anew(self._rows)
            pid = int(str(self._query("SELECT pg_backend_pid()")[0][0]))
            self._waiting = Waiting(self._at, pid)
            self._waiting.start()
        return sql

    def after(self, sql: str, _rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        if self._waiting is not None:
            names = {oid: self._named(oid) for oid in self._there}
            found, self._waiting = self._waiting.stop(), None
            asked = [lock(*names[oid], modes) for oid, modes in found.items() if oid in names]
            return self._observation(self._query(_ALL), asked, (), None)
        if verb(sql) not in _KEEPING:
            self.places.forget()
        self.places.plain = sql if plain_ddl(sql) else None
        rows = self.places.ask().locked
        # what locks nothing does not tell its transaction: `SET` before anything else is in the first
        self._number = self._number or 1
        transaction = str(rows[0][6]) if rows else self._transaction
        if transaction != self._transaction:
            self._number += bool(self._transaction)
            self._transaction, self._locks = transaction, {}
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
        now = {_oid(row): _relation(row) for row in rows}
        for (oid, relation), row in zip(now.items(), rows, strict=True):
            counters = _counters(row[7:12])
            before = self._counters.get(oid, _NONE)
            self._counters[oid] = counters
            # they go on from one transaction to the next until the server collects them
            scans, read, *written = (
                n - m if n >= m else n for n, m in zip(counters, before, strict=True)
            )
            if relation.kind not in _WITH_ROWS:
                continue
            if (scans or read) and oid in self._there:
                scanned[relation.name] = read
            if any(written):
                changed[relation.name] = RowChange(*written)
                if self._is_whole(oid, changed[relation.name]):
                    whole.append(relation.name)
                if written[0]:
                    self._filled.add(oid)
        moved = [o for o, r in now.items() if o in self._there and r.file != self._known(o).file]
        rewritten = tuple(sorted(self._known(oid).name for oid in moved))
        emptied = self._emptied([oid for oid in moved if KINDS.get(now[oid].kind) == "table"])
        self._rows.update(zip(now, rows, strict=True))
        order = sorted(locks, key=lambda k: (-strength(k.mode), k.kind != "table", k.relation))
        timeout = float(str(rows[0][12])) if rows else None
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
            found = lock(*self._named(oid), str(row[5]))
            old = self._locks.get(oid)
            if old is None or strength(found.mode) > strength(old.mode):
                self._locks[oid] = found
                yield found

    def _known(self, oid: int) -> Relation:
        """A relation as it was seen last."""
        found = self._rows[oid]
        return _relation(found.split(_PART) if isinstance(found, str) else found)

    def _named(self, oid: int) -> tuple[str, str]:
        """The name of a relation and its kind, in words."""
        found = self._known(oid)
        return found.name, KINDS.get(found.kind, "relation")

    def _look_for_rows(self) -> None:
        """Look into every table now."""
        self._filled |= self._holding(
            oid for oid in self._rows if KINDS.get(self._known(oid).kind) == "table"
        )
        self._looked = True
        self._count_anew(self._rows)  # looking for rows has counted as well

    def _count_anew(self, oids: Iterable[int]) -> None:
        among = ", ".join(map(str, oids))
        if among:
            text = f"SELECT c.oid::bigint, {COUNTERS} FROM pg_catalog.pg_class c WHERE c.oid IN ({among})"
            rows = self._query(text)
            self._counters.update((_oid(row), _counters(row[1:])) for row in rows)

    def _holding(self, oids: Iterable[int]) -> set[int]:
        """Those of some tables that hold a row."""
        names = self._query(
            "SELECT c.oid::bigint, c.oid::regclass::text FROM pg_catalog.pg_class c"
            f" WHERE c.oid IN ({', '.join(map(str, oids)) or '0'})"
        )
        texts = [
            f"SELECT {oid}::bigint WHERE EXISTS (SELECT 1 FROM {quoted})" for oid, quoted in names
        ]
        found: set[int] = set()
        for start in range(0, len(texts), 100):
            found |= {_oid(r) for r in self._query(" UNION ALL ".join(texts[start : start + 100]))}
        return found

    def _emptied(self, moved: list[int]) -> tuple[str, ...]:
        """Of tables that have another file now: those that held rows, and hold none in it."""
        filled = self._filled.intersection(moved)
        asked = [] if self._looked else [oid for oid in moved if oid not in filled]
        if asked:
            sizes = ", ".join(f"({oid}::bigint, '{self._known(oid).file}')" for oid in asked)
            filled |= {
                _oid(row)
                for row in self._query(
                    f"SELECT f.oid FROM (VALUES {sizes}) f(oid, file), (SELECT {_FOLDER}) d(folder)"
                    " WHERE (pg_stat_file(CASE WHEN strpos(f.file, '/') > 0 THEN f.file"
                    " ELSE d.folder || f.file END, true)).size > 0"
                )
            }
        gone = filled - self._holding(filled) if filled else set()
        self._filled = (self._filled | filled) - gone
        return tuple(sorted(self._known(oid).name for oid in gone))

    def _is_whole(self, oid: int, change: RowChange) -> bool:
        """Whether a change was one of every row that a table held, and it held several."""
        if oid not in self._there or not (change.updated or change.deleted):
            return False
        name = self._query(f"SELECT {oid}::regclass::text")[0][0]
        text = f"SELECT count(*)::bigint FROM (SELECT FROM {name} LIMIT {_MOST + 1}) s"
        now = int(str(self._query(text)[0][0]))
        # looking has counted as well
        scans, read, *rest = self._counters.get(oid, _NONE)
        self._counters[oid] = (scans + 1, read + now, *rest)
        held = now - change.inserted + change.deleted
        return now <= _MOST and 1 < held <= change.updated + change.deleted


def _oid(row: Row) -> int:
    return int(str(row[0]))


def _counters(row: Row) -> tuple[int, ...]:
    return tuple(int(str(n or 0)) for n in row)


def _relation(row: Row) -> Relation:
    schema, name, kind, file = map(str, row[1:5])
    return Relation(schema, name, kind, file)
