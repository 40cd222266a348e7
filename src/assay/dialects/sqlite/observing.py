"""What a statement rewrites and changes on SQLite: one writer, so locks say nothing."""

from __future__ import annotations

from assay.dialects.base import Query
from assay.dialects.observed import Observation
from assay.dialects.written import rows_written

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

    def before(self, sql: str, *, autocommit: bool) -> str:
        """A statement is about to run; it runs as it is."""
        del autocommit
        return sql

    def after(self, sql: str, _rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        # the driver tells no row count of a statement that begins with WITH
        before, self._changes = self._changes, self._changed()
        rows = self._changes - before
        return Observation(rewritten=self._copied(), rows=rows_written(sql, rows), transaction=1)

    def close(self) -> None:
        """Nothing is open."""

    def _copied(self) -> tuple[str, ...]:
        version = self._catalog()
        if version == self._version:
            return ()
        self._version = version
        now = self._read()
        moved = [t for t, page in now.items() if t in self._pages and self._pages[t] != page]
        self._pages.update({table: now[table] for table in moved})
        return tuple(sorted(moved))

    def _changed(self) -> int:
        return int(self._query("SELECT total_changes()")[0][0])

    def _catalog(self) -> int:
        return int(self._query("PRAGMA schema_version")[0][0])

    def _read(self) -> dict[str, int]:
        rows = self._query("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")
        return {str(name): int(page) for name, page in rows}
