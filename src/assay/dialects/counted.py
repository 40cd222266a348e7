"""How many rows tables hold before and after a statement: for servers that do not tell what it changed.

Counted are only the tables that were there when the watching began. A shadow holds a few rows in each,
and a statement that inserts, or changes no row, is not counted after: a loop of them costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assay.dialects.base import Query
from assay.dialects.observed import RowChange
from assay.dialects.written import rows_written

__all__ = ["Counted", "Wrote"]

_AT_ONCE = 200
"""Tables asked for by one statement; SQLite takes 500 (its docs, "Limits")."""

_INSERTS = re.compile(r"\s*(?:INSERT|REPLACE)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Wrote:
    """What one statement did to rows, as :class:`~assay.dialects.observed.Observation` has it."""

    rows: Mapping[str, RowChange] = field(default_factory=dict)
    emptied: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


class Counted:
    """The numbers of rows of some tables.

    :param query: on the connection that is watched.
    :param quote: writes a name for its server.
    :param tables: gives the names of the tables that are there now.
    """

    def __init__(
        self,
        query: Query,
        quote: Callable[[str], str],
        tables: Callable[[], Iterable[str]],
    ) -> None:
        self._query, self._quote, self._tables = query, quote, tables
        self._watched = tuple(sorted(tables()))
        self._numbers = self._count(self._watched)
        self._stale = False

    def before(self, sql: str) -> None:
        """A statement is about to run: what inserts added is counted before another kind of it."""
        if self._stale and not _INSERTS.match(sql):
            self._moved()

    def after(self, sql: str, rows: int | None, *, only: str | None = None) -> Wrote:
        """What a statement did that may have changed rows.

        Rows of other tables that triggers and cascades took are in it. A DELETE does not empty a
        table: which rows it spares, those made for a shadow may not show.

        :param rows: how many the driver says; None: it does not.
        :param only: the one table that it may have changed; None: any.
        """
        told = rows_written(sql, rows)
        if _INSERTS.match(sql):
            self._stale = True
            return Wrote(told)
        held = dict(self._numbers)
        moved = {} if any(c.updated for c in told.values()) else self._moved(only)
        # SQLite's count of changes has in it what cascades took
        changed = {
            name: moved[name] if c.deleted and name in moved else c for name, c in told.items()
        }
        wrote = {**moved, **changed}
        if not told:
            emptied = (n for n, c in moved.items() if c.deleted and not self._numbers[n])
            return Wrote(wrote, tuple(sorted(emptied)))
        whole = (n for n, c in wrote.items() if held.get(n, 0) > 1 and held[n] in _over(c))
        return Wrote(wrote, whole=tuple(sorted(whole)))

    def _moved(self, only: str | None = None) -> dict[str, RowChange]:
        """What tables hold more or less than when they were counted last.

        A table that is gone and made anew is another table: what it holds is no loss by itself.

        :param only: count no other table.
        """
        self._stale = self._stale and only is not None
        there = set(self._tables())
        before = {name: n for name, n in self._numbers.items() if name in there}
        asked = [n for n in self._watched if n in there and only in (None, n)]
        now = self._count(asked)
        self._numbers = {**before, **now}
        return {
            name: RowChange(inserted=max(n - before[name], 0), deleted=max(before[name] - n, 0))
            for name, n in now.items()
            if n != before.get(name, n)
        }

    def _count(self, names: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            texts = [
                f"SELECT {n}, count(*) FROM {self._quote(name)}" for n, name in enumerate(some)
            ]
            for number, rows in self._query(" UNION ALL ".join(texts)):
                found[some[int(str(number))]] = int(str(rows))
        return found


def _over(change: RowChange) -> tuple[int, int]:
    return change.updated, change.deleted
