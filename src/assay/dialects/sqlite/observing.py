"""What a statement rewrites and changes on SQLite: one writer, so locks say nothing."""

from __future__ import annotations

from assay.dialects.base import Query
from assay.dialects.counted import Counted, Wrote
from assay.dialects.observed import Observation

__all__ = ["SQLiteObserver"]


class SQLiteObserver:
    """Watches one connection.

    A table that was copied has another root page under its old name: that is how ``batch_alter_table``
    and ``rebuild_table`` show, whatever they call the copy (SQLite 3.40, measured).
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._pages = self._read()
        self._version = self._catalog()
        self._changes = self._changed()
        self._counted = Counted(query, _quoted, self._plain)

    def before(self, sql: str, *, autocommit: bool) -> str:
        """A statement is about to run; it runs as it is."""
        del autocommit
        self._counted.before(sql)
        return sql

    def after(self, sql: str, rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        before, self._changes = self._changes, self._changed()
        altered = self._catalog() != self._version
        wrote = Wrote()
        if altered or self._changes != before:
            # the driver tells no row count of a statement that begins with WITH
            count = self._changes - before if rows is None else rows
            wrote = self._counted.after(sql, count)
        return Observation(
            rewritten=self._copied() if altered else (),
            rows=wrote.rows,
            emptied=wrote.emptied,
            transaction=1,
            whole=wrote.whole,
        )

    def close(self) -> None:
        """Nothing is open."""

    def _copied(self) -> tuple[str, ...]:
        self._version = self._catalog()
        now = self._read()
        moved = [t for t, page in now.items() if t in self._pages and self._pages[t] != page]
        self._pages.update({table: now[table] for table in moved})
        return tuple(sorted(moved))

    def _changed(self) -> int:
        return int(self._query("SELECT total_changes()")[0][0])

    def _catalog(self) -> int:
        return int(self._query("PRAGMA schema_version")[0][0])

    def _plain(self) -> list[str]:
        """Tables of the user; a virtual one has no page, and its module may be absent."""
        return [n for n, page in self._read().items() if page and not n.startswith("sqlite_")]

    def _read(self) -> dict[str, int]:
        rows = self._query("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")
        return {str(name): int(page) for name, page in rows}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
