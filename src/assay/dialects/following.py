"""Following a connection by reading its catalog again after each statement, which is cheap there."""

from __future__ import annotations

from assay.dialects.base import CatalogState
from assay.dialects.values import Query

__all__ = ["RefreshingFollower"]


class RefreshingFollower:
    """For engines whose states are refreshed at a small price."""

    def __init__(self, query: Query, state: CatalogState) -> None:
        self._query, self._state = query, state

    @property
    def state(self) -> CatalogState:
        """The catalog as it was seen last."""
        return self._state

    def begin(self, *, known: bool = False) -> None:
        """Nothing to do."""
        del known

    def look(self, *, autocommit: bool) -> bool:
        """See what a statement did that has just run; whether it changed the catalog."""
        del autocommit
        before, self._state = self._state, self._looked()
        return self._state is not before

    def end(self, *, told: bool = False) -> None:
        """Nothing to do."""
        del told

    def settle(self, *, trusting: bool = False) -> CatalogState:
        """The catalog now."""
        del trusting
        self.look(autocommit=False)
        return self._state

    def _looked(self) -> CatalogState:
        """The catalog now; the state as it was where nothing changed."""
        return self._state.refresh(self._query)
