"""How many rows tables hold before and after a statement: for servers that do not tell what it changed.

Counted are only the tables that were there when the watching began, and of those what a statement may
change, just before the first that does. A shadow holds a few rows in each, and a statement that inserts,
or changes no row, is not counted after: a loop of them costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assay.dialects.observed import RowChange
from assay.dialects.values import Query
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
    :param watched: names of the tables.
    :param there: which of some names are those of tables that are there now.
    """

    def __init__(
        self,
        query: Query,
        quote: Callable[[str], str],
        watched: Iterable[str],
        there: Callable[[Collection[str]], Iterable[str]],
    ) -> None:
        self._query, self._quote, self._there = query, quote, there
        self._watched = frozenset(watched)
        self._numbers: dict[str, int] = {}
        self._stale = False

    def before(self, sql: str, *, only: str | None = None) -> None:
        """A statement is about to run that may change rows.

        What inserts added is counted before another kind of it.

        :param only: the one table that it may change; None: those that its text does not rule out.
        """
        if _INSERTS.match(sql):
            return
        if only is None:
            told = rows_written(sql, 1)
            only = next((n for n, change in told.items() if change.updated), None)
        if self._stale:
            self._moved(only)
        new = (self._watched if only is None else self._watched & {only}) - self._numbers.keys()
        if new:
            self._numbers |= self._count(sorted(new.intersection(self._there(new))))

    def gone(self, there: Collection[str]) -> None:
        """Tables were made or dropped, and no row was changed.

        A table that is gone and made anew is another table: what it holds is no loss by itself.

        :param there: names of those that are there now.
        """
        self._numbers = {name: n for name, n in self._numbers.items() if name in there}

    def renamed(self, old: str, new: str) -> None:
        """A table has another name."""
        if old in self._watched:
            self._watched = self._watched - {old} | {new}
            if old in self._numbers:
                self._numbers[new] = self._numbers.pop(old)

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

        :param only: count no other table.
        """
        self._stale = self._stale and only is not None
        asked = self._numbers.keys() if only is None else self._numbers.keys() & {only}
        there = sorted(asked & set(self._there(asked))) if asked else []
        before = {name: self._numbers.pop(name) for name in sorted(asked)}
        now = self._count(there)
        self._numbers |= now
        return {
            name: RowChange(inserted=max(n - before[name], 0), deleted=max(before[name] - n, 0))
            for name, n in now.items()
            if n != before[name]
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
