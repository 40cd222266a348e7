"""Asks where a transaction is, in one question: what it locks, has written and used, and how that is now.

Who follows the catalog and who watches locks ask it both, after the same statement: it is asked once.
Its price is that of what is locked. What is locked comes rendered while that is a few plain tables
(:mod:`assay.dialects.postgresql.plain`), else as fences, which tell what to render. Where nothing has
been locked yet, or nothing may have been done since, a shorter text does (:meth:`Places.ask_whether`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache

from assay.dialects.postgresql.catalog import Filed, fences_of, filed
from assay.dialects.postgresql.catalogs import oids_of_counted
from assay.dialects.postgresql.group_parts import GROUPS
from assay.dialects.postgresql.naming import naming
from assay.dialects.postgresql.others import Others, others_query
from assay.dialects.postgresql.place import Place
from assay.dialects.postgresql.place_query import (
    TEMPORARY,
    fences_query,
    tables_query,
    whether_query,
)
from assay.dialects.postgresql.plain import MOST
from assay.dialects.postgresql.queries import catalog_query
from assay.dialects.postgresql.statements import Statements, other_text
from assay.dialects.postgresql.wanted import SKIP, WHOLE, want
from assay.dialects.values import Query

__all__ = ["Places"]

_others_query = lru_cache(others_query)


@lru_cache
def _of_group(version: int, group: str) -> str:
    return catalog_query(version, relations=(), groups=(group,))


class Places:
    """Asks where the transaction of a connection is.

    :param version: ``server_version_num``.
    """

    def __init__(self, query: Query, version: int) -> None:
        self._run, self._version = query, version
        self._catalogs = oids_of_counted(query, version)
        self._found: Place | None = None
        self._prepared: Statements | None = None
        self._fenced = False
        self.plain: str | None = None
        """The statement before the next question, where it is plain DDL: it changes what it names."""
        self.requested: frozenset[int] = frozenset()
        """The relations that a statement outside of a transaction asked for."""
        self.began: str | None = None
        """The server's snapshot when it began; None where others were connected meanwhile."""
        self.untouched: Callable[[str], frozenset[int]] | None = None
        """Tells what plain DDL has not touched, of what is locked."""
        self._skipped: frozenset[int] | None = frozenset()

    @property
    def statements(self) -> Statements:
        """What is prepared on the connection."""
        if self._prepared is None:
            self._prepared = Statements(self._run)
        return self._prepared

    def begin(self) -> None:
        """A transaction has begun: few relations will be locked in it, for all that is known."""
        self._fenced = False
        self._skipped = frozenset()
        self.forget()

    def forget(self) -> None:
        """A statement may have discarded what is prepared, and what was said by :meth:`_skip`."""
        self._prepared = None
        if self._skipped:
            self._skipped = None

    def ask(self) -> Place:
        """Where it is now; kept for who asks :meth:`taken` after the same statement."""
        if self._fenced:
            return self.ask_fences()
        plain, untouched = self.plain, self.untouched
        self._skip(untouched(plain) if plain and untouched else frozenset())
        rows = self.statements.run(tables_query(self._version, self._catalogs), by_index=True)
        _, (_, _, place, *_), *told, _ = rows  # the first and the last are settings
        few = sum(row[1] == "table" for row in told) <= MOST
        self._found = Place.of(
            self._version, place, self._skipped or frozenset(), rendered=told, few=few
        )
        return self._found

    def ask_whether(self) -> Place:
        """Where it is now, but for what it locks, and what is prepared on the connection."""
        ((place, names),) = self._run(f"{whether_query(self._catalogs)} {other_text()}")
        self._prepared = Statements(self._run, names)
        return Place.of(self._version, place)

    def _skip(self, relations: frozenset[int]) -> None:
        if relations != self._skipped:
            want(self._run, SKIP, relations)
            self._skipped = relations

    def ask_whole(self, relations: Collection[int], *, others: bool) -> tuple[Place, Others | None]:
        """Where it is now, with these rendered whatever was written of them.

        :param others: ask :meth:`ask_others` as well.
        """
        want(self._run, WHOLE, relations)
        found = self.ask(), self.ask_others() if others else None
        want(self._run, WHOLE, ())
        return found

    def naming(self, tables: Collection[int]) -> set[int] | None:
        """The relations that may name something of some tables; None where more may."""
        return naming(self._run, tables)

    def ask_others(self) -> Others:
        """What is there beside plain tables, of what this transaction locks; and all enums."""
        return Others.of(self.statements.run(_others_query(), by_index=True))

    def ask_group(self, group: str) -> Filed:
        """What belongs to no relation, of one kind."""
        return filed(self.statements.run(_of_group(self._version, group)), GROUPS[group])

    def ask_fences(self, *, from_now_on: bool = True) -> Place:
        """As :meth:`ask`, with fences.

        :param from_now_on: what :meth:`ask` gives until the next transaction begins.
        """
        self._fenced = from_now_on
        self._skip(frozenset())
        fences = fences_of(
            self.statements.run(fences_query(self._version, self._catalogs), by_index=True)
        )
        place, temporary = fences.pop(0), fences.pop(TEMPORARY)
        self._found = Place.of(
            self._version, place, fences=fences, temporary=frozenset(map(int, temporary.split()))
        )
        return self._found

    def taken(self) -> Place | None:
        """What was asked last and not taken yet."""
        found, self._found = self._found, None
        return found
