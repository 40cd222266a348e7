"""What a statement locks, rewrites, scans and changes, asked of the server right after it.

A transaction keeps its locks to its end, so ``pg_locks`` tells after a statement what it took. A
rewritten relation has another file. The counters of the transaction
(``pg_stat_get_xact_*``) tell scans and rows. Only relations that the transaction locks are asked
for: that is one statement, whatever the size of the catalog (PostgreSQL 15.20, measured). What a
table held before it got another file is told by the size of the old one, which is there until the
transaction ends; who may not ask for it looks into every table first.

A statement in autocommit has given its locks back by then. So it is run in a transaction of its own
for us to look in; one that cannot be (``CONCURRENTLY``, ``VACUUM``) is seen by a second connection
(:mod:`assay.dialects.postgresql.requested_locks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from assay.dialects.observed import Lock, Observation, RowChange
from assay.dialects.postgresql.held_rows import MOST, count_rows, filled_files, holding
from assay.dialects.postgresql.locks import KINDS, OURS, lock, strength
from assay.dialects.postgresql.places import Places
from assay.dialects.postgresql.relations import (
    COUNTERS,
    FILE,
    LINE,
    PART,
    Locked,
    Relation,
    line,
    locked_of,
    used,
)
from assay.dialects.postgresql.requested_locks import RequestedLocks
from assay.dialects.values import Address, Query
from assay.dialects.written import plain_ddl, verb

__all__ = ["PostgreSQLObserver"]

# A relation's first file is called as its oid is, so only the others need be told.
_BEGUN = (
    "SELECT has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE'),"
    " current_setting('server_version_num')::int, coalesce(max(c.oid::bigint), 0),"
    " coalesce(string_agg(CASE WHEN c.relfilenode NOT IN (0, c.oid) OR c.reltablespace <> 0"
    f" THEN c.oid::text || chr({ord(PART)}) || {FILE} END, chr({ord(LINE)})), ''),"
    f" coalesce(string_agg({used()}, chr({ord(LINE)})), '')"
    " FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relkind NOT IN ('c', 't')"
)
_ALL = (
    f"SELECT coalesce(string_agg({line()}, chr({ord(LINE)})), '') FROM pg_catalog.pg_class c"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind <> 'c'"
)
_OUTSIDE = (
    "SELECT pg_backend_pid(), pg_current_snapshot()::text,"
    f" coalesce(string_agg({used()}, chr({ord(LINE)})), '')"
    " FROM pg_catalog.pg_class c WHERE c.oid >= 16384"
)
_SINCE = (
    f"SELECT coalesce(string_agg({line()}, chr({ord(LINE)})), ''),"
    " extract(epoch FROM current_setting('lock_timeout')::interval)::float8,"
    " pg_stat_get_db_numbackends((SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE {OURS} AND c.relkind <> 'c' AND (age(c.xmin) <= age('{{}}'::xid) OR {used()} IS NOT NULL)"
)
"""What was used, or has been written since a number of a transaction."""
_WITH_ROWS = ("r", "p", "m")
_NONE = (0,) * 5
"""The counters of what was not used yet."""
_KEEPING = ("ALTER", "COMMENT", "CREATE", "DELETE", "DROP", "INSERT", "UPDATE")
"""First words of statements that discard nothing that is prepared on the connection."""
_RENAMES = re.compile(r"\bRENAME\s+(?:TO|CONSTRAINT)\b|\bSET\s+SCHEMA\b", re.IGNORECASE)
_ENCLOSED = frozenset(
    {"COMMENT", "DELETE", "GRANT", "INSERT", "RESET", "REVOKE", "SELECT", "SET", "SHOW"}
    | {"TRUNCATE", "UPDATE", "WITH"}
)
"""First words of statements that do in a transaction of their own what they do in autocommit; beside plain
DDL. ``CALL`` and ``DO`` may commit, and ``LOCK`` fails outside of one."""
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)
_ROWS_STAY = frozenset({"ANALYZE", "CHECKPOINT", "CLUSTER", "REINDEX", "VACUUM"})
"""First words of statements after which no table has fewer rows to be seen, beside plain DDL."""
_NAMES_STAY = frozenset(
    {"COMMENT", "DELETE", "GRANT", "INSERT", "LOCK", "RELEASE", "RESET", "REVOKE", "SAVEPOINT"}
    | {"SET", "TRUNCATE", "UPDATE"}
)
"""First words of statements after which each relation has the name that it had."""


class PostgreSQLObserver:
    """Watches one connection. Made outside of a transaction: what it reads it would lock in one.

    :param query: on that connection.
    :param at: its database, for a second connection where one is needed.
    """

    def __init__(self, query: Query, at: Address) -> None:
        self._query, self._at = query, at
        self._may_ask_sizes, version, last, files, counters = query(_BEGUN)[0]
        self._last = int(str(last))
        """The oid of what was made last before the first statement."""
        self._files = {int(oid): file for oid, file in _pairs(files)}
        self._counters = _counted(counters)
        self._seen: dict[int, Relation] = {}
        self._named = False
        self._filled: set[int] = set()
        self._looked = False
        self.places = Places(query, int(str(version)))
        if not self._may_ask_sizes:
            self._look_for_rows()
        self._transaction, self._number = "", 0
        self._locks: dict[int, Lock] = {}
        self._requested = RequestedLocks(at)
        self._since: str | None = None
        """The server's snapshot before a statement outside of a transaction."""

    def go_on(self) -> None:
        """What has been made since is there before the next statement."""
        self._last = max([self._last, *self._seen])
        if not self._may_ask_sizes:
            self._look_for_rows()

    def encloses(self, sql: str) -> bool:
        """Whether a statement does in a transaction what it does in autocommit."""
        alone = ";" not in sql.rstrip().removesuffix(";") and verb(sql) in _ENCLOSED
        return (alone or plain_ddl(sql)) and not _CONCURRENTLY.search(sql)

    def before(self, sql: str, *, autocommit: bool) -> str:
        """A statement is about to run; it runs as it is."""
        if _may_rename(sql):
            self._learn_names()
        if autocommit:
            if not self._looked and verb(sql) not in _ROWS_STAY and not plain_ddl(sql):
                self._look_for_rows()  # the old file of a table will be gone
            self._requested.start()
            # the server may have collected what was counted so far
            pid, since, counters = self._query(_OUTSIDE)[0]
            self._counters, self._since = _counted(counters), str(since)
            self._requested.watch(int(str(pid)))
        return sql

    def after(self, sql: str, _rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        self.places.plain = sql if plain_ddl(sql) else None
        if self._since is not None:
            asked = [row for row in self._requested.stop() if row.oid <= self._last]
            locks = [_lock(self._before(row), row.modes) for row in asked]
            first = int(self._since.split(":")[1]) & 0xFFFFFFFF
            lines, timeout, connected = self._query(_SINCE.format(first))[0]
            others = int(str(connected)) - 1 - self._requested.connected
            self.places.began, self._since = (None if others else self._since), None
            self.places.requested = frozenset(row.oid for row in asked)
            found = locked_of(str(lines).split(LINE))
            return self._observation(found, locks, (), None, float(str(timeout)))
        if verb(sql) not in _KEEPING:
            self.places.forget()
        place = self.places.ask()
        rows = place.locked
        # what locks nothing does not tell its transaction: `SET` before anything else is in the first
        self._number = self._number or 1
        transaction = place.transaction if rows else self._transaction
        if transaction != self._transaction:
            self._number += bool(self._transaction)
            self._transaction, self._locks = transaction, {}
        held = tuple(self._named_now(oid, found) for oid, found in self._locks.items())
        new = list(self._new_locks(rows))
        return self._observation(rows, new, held, self._number, place.timeout if rows else None)

    def close(self) -> None:
        """End what watches a statement that raised."""
        self._requested.close()
        self._since = None

    def _observation(
        self,
        rows: Sequence[Locked],
        locks: list[Lock],
        held: tuple[Lock, ...],
        number: int | None,
        timeout: float | None,
    ) -> Observation:
        scanned: dict[str, int] = {}
        changed: dict[str, RowChange] = {}
        whole: list[str] = []
        for oid, relation, _, counters in rows:
            before = self._counters.get(oid, _NONE)
            if counters == before:
                continue
            self._counters[oid] = counters
            # they go on from one transaction to the next until the server collects them
            scans, read, *written = (
                n - m if n >= m else n for n, m in zip(counters, before, strict=True)
            )
            if relation.kind not in _WITH_ROWS:
                continue
            if (scans or read) and oid <= self._last:
                scanned[relation.name] = read
            if any(written):
                changed[relation.name] = RowChange(*written)
                if self._is_whole(oid, changed[relation.name]):
                    whole.append(relation.name)
                if written[0]:
                    self._filled.add(oid)
        moved = [row for row in rows if row.oid <= self._last and self._is_moved(row)]
        rewritten = tuple(sorted(self._before(row).name for row in moved))
        emptied = self._emptied([r for r in moved if KINDS.get(r.relation.kind) == "table"])
        renamed = self._renamed(rows)
        self._seen.update((row.oid, row.relation) for row in rows)
        order = sorted(locks, key=lambda k: (-strength(k.mode), k.kind != "table", k.relation))
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
            renamed=renamed,
        )

    def _new_locks(self, rows: Iterable[Locked]) -> Iterable[Lock]:
        """Locks on what was there before the revision, where they are stronger than before."""
        for row in rows:
            if row.oid > self._last:
                continue
            found = _lock(self._before(row), row.modes)
            old = self._locks.get(row.oid)
            if old is None or strength(found.mode) > strength(old.mode):
                self._locks[row.oid] = found
                yield found

    def _named_now(self, oid: int, found: Lock) -> Lock:
        """A lock from before, with the name that its relation has had since a statement renamed it."""
        seen = self._seen.get(oid)
        return (
            found
            if seen is None or seen.name == found.relation
            else replace(found, relation=seen.name)
        )

    def _renamed(self, rows: Iterable[Locked]) -> Mapping[str, str]:
        """Tables that got another name: the old and the new. Its indexes are not always locked."""
        found = {}
        for row in rows:
            old = self._seen.get(row.oid)
            if old is None or KINDS.get(old.kind) != "table":
                continue
            if old.name != row.relation.name:
                found[old.name] = row.relation.name
        return found

    def _before(self, row: Locked) -> Relation:
        """A relation as it was seen last."""
        return self._seen.get(row.oid, row.relation)

    def _file(self, oid: int) -> str:
        """The file that a relation had when it was seen last."""
        seen = self._seen.get(oid)
        return seen.file if seen else self._files.get(oid, str(oid))

    def _is_moved(self, row: Locked) -> bool:
        return row.relation.file not in ("", self._file(row.oid))

    def _all(self) -> tuple[Locked, ...]:
        """Every relation as it is now."""
        return locked_of(str(self._query(_ALL)[0][0]).split(LINE))

    def _learn_names(self) -> None:
        """Know every relation by name before a statement after which it may have another one."""
        if not self._named:
            self._named = True
            self._seen = {row.oid: row.relation for row in self._all()} | self._seen

    def _look_for_rows(self) -> None:
        """Look into every table now."""
        self._learn_names()
        tables = [o for o, found in self._seen.items() if KINDS.get(found.kind) == "table"]
        self._filled |= holding(self._query, tables)
        self._looked = True
        self._count_anew(self._seen)  # looking for rows has counted as well

    def _count_anew(self, oids: Iterable[int]) -> None:
        among = ", ".join(map(str, oids))
        if among:
            text = f"SELECT c.oid::bigint, {COUNTERS} FROM pg_catalog.pg_class c WHERE c.oid IN ({among})"
            self._counters.update(
                (int(str(oid)), tuple(map(int, str(counters).split())))
                for oid, counters in self._query(text)
            )

    def _emptied(self, moved: list[Locked]) -> tuple[str, ...]:
        """Of tables that have another file now: those that held rows, and hold none in it."""
        names = {row.oid: self._before(row).name for row in moved}
        filled = self._filled.intersection(names)
        asked = [] if self._looked else [oid for oid in names if oid not in filled]
        if asked:
            filled |= filled_files(self._query, {oid: self._file(oid) for oid in asked})
        gone = filled - holding(self._query, filled) if filled else set()
        self._count_anew(filled)  # looking for rows has counted as well
        self._filled = (self._filled | filled) - gone
        return tuple(sorted(names[oid] for oid in gone))

    def _is_whole(self, oid: int, change: RowChange) -> bool:
        """Whether a change was one of every row that a table held, and it held several."""
        if oid > self._last or not (change.updated or change.deleted):
            return False
        now = count_rows(self._query, oid)
        # looking has counted as well
        scans, read, *rest = self._counters.get(oid, _NONE)
        self._counters[oid] = (scans + 1, read + now, *rest)
        held = now - change.inserted + change.deleted
        return now <= MOST and 1 < held <= change.updated + change.deleted


def _lock(relation: Relation, modes: str) -> Lock:
    return lock(relation.name, KINDS.get(relation.kind, "relation"), modes)


def _counted(text: object) -> dict[int, tuple[int, ...]]:
    """The counters of what was used."""
    return {int(oid): tuple(map(int, numbers.split())) for oid, numbers in _pairs(text)}


def _pairs(text: object) -> list[list[str]]:
    """Lines of two parts."""
    return [each.split(PART) for each in str(text).split(LINE) if each]


def _may_rename(sql: str) -> bool:
    """Whether a relation may have another name after a statement, which what is locked tells then."""
    if verb(sql) in _NAMES_STAY:
        return False
    return not plain_ddl(sql) or bool(_RENAMES.search(sql))
