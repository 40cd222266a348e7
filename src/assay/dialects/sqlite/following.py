"""Following a connection to SQLite: its schema table is read where its cookie moved."""

from __future__ import annotations

from assay.dialects.base import CatalogState
from assay.dialects.following import RefreshingFollower
from assay.dialects.sqlite.observing import SQLiteObserver
from assay.dialects.values import Query

__all__ = ["SQLiteFollower"]


class SQLiteFollower(RefreshingFollower):
    """For a connection that is observed: the cookie is asked before and after each statement.

    After a rollback the cookie may come to a value that it had before, with another schema; asked
    before a statement as well, it shows that.
    """

    def __init__(self, query: Query, state: CatalogState, observer: SQLiteObserver) -> None:
        super().__init__(query, state)
        self._observer = observer

    def look(self, *, autocommit: bool) -> bool:
        """See what a statement did that has just run; whether it changed the catalog."""
        return self._observer.moved() and super().look(autocommit=autocommit)

    def settle(self, *, trusting: bool = False) -> CatalogState:
        """The catalog now."""
        del trusting
        super().look(autocommit=False)
        return self._state
