"""What a statement rewrites and changes on SQLite: one writer, so locks say nothing."""

from __future__ import annotations

import re
from collections.abc import Collection

from assay.dialects.counted import Counted, Wrote
from assay.dialects.observed import Observation
from assay.dialects.values import Query

__all__ = ["SQLiteObserver"]

_READS = re.compile(r"\s*(?:SELECT|PRAGMA|EXPLAIN|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


class SQLiteObserver:
    """Watches one connection.

    A table that was copied has another root page under its old name: that is how ``batch_alter_table``
    and ``rebuild_table`` show, whatever they call the copy (SQLite 3.40, measured).
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._pages = self._read()
        self._last = dict(self._pages)
        self._version = self._catalog()
        self._moved = True
        self._changes = self._changed()
        self._counted = Counted(query, _quoted, _plain(self._pages), self._there)

    def encloses(self, sql: str) -> bool:
        """Never: it is watched alike."""
        del sql
        return False

    def before(self, sql: str, *, autocommit: bool) -> str:
        """A statement is about to run; it runs as it is."""
        del autocommit
        self._moved |= self._catalog() != self._version  # a rollback, or what nobody told of
        if not _READS.match(sql):
            self._counted.before(sql)
        return sql

    def after(self, sql: str, rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        before, self._changes = self._changes, self._changed()
        version = self._version
        self._version = self._catalog()
        copied: tuple[str, ...] = ()
        if version != self._version:
            self._moved = True
            now = self._read()
            self._rename(now)
            copied = self._copied(now)
            self._counted.gone(now.keys())
        wrote = Wrote()
        if self._changes != before:
            # the driver tells no row count of a statement that begins with WITH
            count = self._changes - before if rows is None else rows
            wrote = self._counted.after(sql, count)
        return Observation(
            rewritten=copied,
            rows=wrote.rows,
            emptied=wrote.emptied,
            transaction=1,
            whole=wrote.whole,
        )

    def close(self) -> None:
        """Nothing is open."""

    def moved(self) -> bool:
        """Whether the schema may be another than when this was asked last."""
        moved, self._moved = self._moved, False
        return moved

    def _rename(self, now: dict[str, int]) -> None:
        """Follow a table that has another name, and begins on the same page."""
        last, self._last = self._last, now
        came = {page: name for name, page in now.items() if name not in last}
        for old, page in last.items():
            if old in self._pages and old not in now and page in came:
                self._pages[came[page]] = self._pages.pop(old)
                self._counted.renamed(old, came[page])

    def _copied(self, now: dict[str, int]) -> tuple[str, ...]:
        moved = [t for t, page in now.items() if t in self._pages and self._pages[t] != page]
        self._pages.update({table: now[table] for table in moved})
        return tuple(sorted(moved))

    def _changed(self) -> int:
        return int(self._query("SELECT total_changes()")[0][0])

    def _catalog(self) -> int:
        return int(self._query("PRAGMA schema_version")[0][0])

    def _there(self, _names: Collection[str]) -> list[str]:
        return _plain(self._read())

    def _read(self) -> dict[str, int]:
        rows = self._query("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")
        return {str(name): int(page) for name, page in rows}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(pages: dict[str, int]) -> list[str]:
    """Tables of the user; a virtual one has no page, and its module may be absent."""
    return [name for name, page in pages.items() if page and not name.startswith("sqlite_")]
