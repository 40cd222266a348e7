"""The catalog after each statement of a transaction, at the price of what the statement touched.

The server counts, per transaction and catalog, the rows that were written; it tells what the
transaction locks; and what a statement changes of a relation it locks, to the end of the
transaction. So one query says whether a catalog was written, and how what is locked looks now
(:mod:`assay.dialects.postgresql.places`): rendered, while that is some plain tables and what other texts
have of views, sequences, triggers and comments, of types and of functions, else by fences, which say what
to render. What is asked and read does not grow with the catalog.

Some statements lock no relation, or not the one they change (``ALTER STATISTICS``, an ``UPDATE`` of
``pg_attribute``), and ``ROLLBACK TO SAVEPOINT`` gives locks back. They show by what is counted, and
by numbers of transactions that are gone; then all fences are read. What would still be missed is
found at the end, when all fences are read, unless whoever asks trusts what was seen: plain DDL, an
operation's or not, locks what it changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from assay.dialects.base import CatalogState
from assay.dialects.postgresql.catalog import UNKNOWN, PostgreSQLState, fences_of
from assay.dialects.postgresql.catalogs import BESIDE, FULL, FUNCTIONS, GROUPED, OTHERS, RENDERED
from assay.dialects.postgresql.fences import group_query
from assay.dialects.postgresql.group_parts import GROUPS
from assay.dialects.postgresql.others import TYPES, Others
from assay.dialects.postgresql.place import Place, ended_since
from assay.dialects.postgresql.places import Places
from assay.dialects.postgresql.rendered import RenderedTables, Seen, enums_of
from assay.dialects.postgresql.scope import Scope, scope_of
from assay.dialects.postgresql.untouched import Untouched
from assay.dialects.values import Query

__all__ = ["PostgreSQLFollower"]

_group_query = lru_cache(group_query)
_INDEX = re.compile(r"\s*(?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX\s+CONCURRENTLY\b", re.IGNORECASE)
"""Outside of a transaction: what changes nothing but the indexes of a table that it asks for."""


class PostgreSQLFollower:
    """Follows one connection.

    :param state: the catalog as it is when the next transaction begins.
    :param places: of who watches the same connection, and is told first of each statement.
    """

    def __init__(self, query: Query, state: PostgreSQLState, places: Places | None = None) -> None:
        self._query = query
        self._state = state
        self._groups = _group_query(state.version)
        self._own, self._places = places is None, places or Places(query, state.version)
        self._place: Place | None = None
        self._sure = True
        self._begun: str | None = None
        """The server's snapshot since which all was seen; None where something may not have been."""
        self._complete = False
        """Nothing more will be done in the transaction that was followed last, if there was one."""
        self._number: str | None = None
        """The number of that transaction."""
        self._numbers: set[str] = set()
        self._temporary: frozenset[int] = frozenset()
        self._rendered = RenderedTables()
        self._untouched = Untouched(state)

    @property
    def state(self) -> CatalogState:
        """The catalog as it was seen last."""
        return self._state

    def begin(self, *, known: bool = False) -> None:
        """A transaction has begun and no statement has run in it."""
        self._places.begin()
        self._untouched = Untouched(self._state)
        self._places.untouched = self._not_touched
        self._place = self._places.ask_whether() if self._sure or known else None
        if self._place is None:
            self._begun = None
        elif self._sure:
            self._begun, self._numbers = self._place.others, set()
        self._complete = self._sure = False

    def _not_touched(self, text: str) -> frozenset[int]:
        """What a statement has not touched that has just run."""
        place = self._place
        return self._untouched.by(text, self._state, place.owners) if place else frozenset()

    def look(self, *, autocommit: bool) -> bool:
        """See what a statement did that has just run; whether it wrote the catalog.

        Temporary tables do not count.
        """
        if autocommit:
            return self._look_back()
        before, now = self._place, self._where()
        plain, self._places.plain = self._places.plain, None
        self._place = now
        self._numbers |= now.numbers
        seen = self._rendered.see(self._state, now)
        if (
            before is None
            or before.transaction != now.transaction
            or not before.numbers <= now.numbers  # a savepoint was left
        ):
            return self._refresh()
        written = now.since(before)
        if not written:
            return False
        by_hand = not now.by_hand <= before.by_hand
        # one that is updated may be of the key of a table that nobody locks
        triggers = now.triggers != before.triggers or (
            "pg_trigger" in written and now.own_triggers > 1
        )
        if seen is not None and not by_hand and not triggers:
            changes = self._by_rows(before, now, written, seen, plain=plain)
            if changes is not None:
                self._state = changes
                return True
        if now.fences is None:
            # what no text can say will be so again after the next statement; too many may be few then
            now = self._place = self._places.ask_fences(from_now_on=seen is None and now.few)
            self._places.taken()
        return self._by_fences(now, written, seen or {}, by_hand=by_hand)

    def _look_back(self) -> bool:
        """See what a statement did that ran outside of a transaction."""
        places, old = self._places, self._state
        plain, places.plain = places.plain, None
        requested, places.requested = places.requested, frozenset()
        places.begin()
        self._place = None
        if plain and _INDEX.match(plain) and requested and not self._untouched.any:
            place, _ = places.ask_whole(requested, others=False)
            places.taken()
            seen = self._rendered.see(old, place)
            changes = seen and self._rendered.changed(old, place, seen, None, {})
            self._rendered.forget()
            if seen and changes:
                self._state = old.with_objects(changes.owners, seen.keys(), changes.named)
                self._outside(place.others)
                return bool(changes.owners)
        wrote = self._refresh() and old.snapshot != self._state.snapshot
        self._begun, self._numbers = self._places.ask_whether().others, set()
        self._ended()
        return wrote

    def _outside(self, now: str) -> None:
        """What was seen outside of a transaction was all, where nobody else was there meanwhile."""
        began, self._places.began = self._places.began, None
        if self._sure:
            self._begun, self._numbers = began, set()
        if began is None:
            self._begun = None
        else:
            self._numbers |= {str(n & 0xFFFFFFFF) for n in ended_since(began, now)}
        self._ended()

    def _ended(self) -> None:
        """All was seen until now, and no transaction is open."""
        self._complete, self._number, self._sure = True, None, False

    def _by_rows(
        self,
        before: Place,
        now: Place,
        written: frozenset[str],
        seen: Mapping[int, Seen],
        *,
        plain: str | None,
    ) -> PostgreSQLState | None:
        """The catalog by what came rendered, and by what is beside it; None where that is not all."""
        rendered, places = self._rendered, self._places
        if not written <= RENDERED | BESIDE | FUNCTIONS:
            return None
        renamed = rendered.renamed(self._state, seen)
        naming = places.naming(renamed) if renamed else renamed
        if naming is None:
            return None
        triggers = "pg_trigger" in written and self._has_triggers(now)
        beside = written - FUNCTIONS
        scope = Scope.ALL if triggers else scope_of(self._state, now, beside, naming, plain)
        others: Others | None = None
        if naming:
            whole, others = places.ask_whole(naming, others=scope is Scope.ALL)
            places.taken()
            all_seen = rendered.see(self._state, whole, again=True)
            if all_seen is None:
                return None
            seen = all_seen
        elif scope is Scope.ALL:
            others = places.ask_others()
        groups = {GROUPS["functions"]: places.ask_group("functions")} if written & FUNCTIONS else {}
        if others is not None:
            groups[TYPES] = enums_of(self._state, others) or places.ask_group("types")
        changes = rendered.changed(
            self._state,
            now,
            seen,
            others,
            groups,
            whole=bool(naming),
            scope=scope,
            described=now.rows_of("pg_description", before),
            rules=now.rows_of("pg_rewrite", before),
            triggers=triggers,
        )
        if changes is None or not (changes.owners or any(s.moved for s in seen.values())):
            return None
        still = {owner for owner, table in seen.items() if table.moved is False}
        touched = (now.owners - now.skipped - still) | changes.owners.keys()
        return self._state.with_objects(changes.owners, touched, changes.named)

    def _has_triggers(self, now: Place) -> bool:
        """Whether what is locked has triggers of its own, or had."""
        return bool(now.own_triggers) or any(
            one.kind == "trigger" for owner in now.owners for one in self._state.objects(owner)
        )

    def _by_fences(
        self,
        now: Place,
        written: frozenset[str],
        seen: Mapping[int, Seen],
        *,
        by_hand: bool,
    ) -> bool:
        """See what was touched by the fences of what is locked."""
        assert now.fences is not None
        self._temporary |= now.temporary
        known = dict(self._state.fences)
        if written <= RENDERED:
            # what was followed without fences, and this statement did not write
            still = [owner for owner, table in seen.items() if table.moved is False]
            known |= {o: now.fences.get(o, "0") for o in still if known.get(o) == UNKNOWN}
        others = bool(written.intersection(OTHERS))
        touched = {o for o, fence in now.fences.items() if fence != known.get(o, "0")}
        # a comment on a composite type is filed under a relation that nothing locks
        hidden = "pg_description" in written and self._state.has_composites
        if by_hand or written.intersection(FULL) or hidden:
            return self._refresh() or others
        statements = self._places.statements
        fences = {owner: now.fences[owner] for owner in touched}
        groups = {GROUPS[group] for group in self._written_groups(written)}
        if groups:
            # those that were not written are as they were
            found = fences_of(statements.run(self._groups))
            fences |= {owner: found.get(owner, "0") for owner in groups}
        explained = any(known.get(o, "0") not in (UNKNOWN, fence) for o, fence in fences.items())
        if not explained and not written.issubset(OTHERS):
            return self._refresh() or others
        before = self._state
        self._state = before.with_fences(self._query, {**now.fences, **fences}, statements)
        return others or any(
            self._differs(before, owner, known.get(owner, "0"), fence)
            for owner, fence in fences.items()
            if owner not in self._temporary
        )

    def _differs(self, before: PostgreSQLState, owner: int, known: str, fence: str) -> bool:
        if known == UNKNOWN:
            return before.objects(owner) != self._state.objects(owner)
        return known != fence

    def end(self, *, told: bool = False) -> None:
        """What was done since the last look counts as well: without an event, by a raw cursor."""
        if self._begun is None or self._place is None:
            return
        self._places.taken()
        if told:
            self._complete, self._number = True, self._place.own
            return
        with suppress(Exception):  # it may be one that can only be rolled back
            now = self._places.ask_whether()
            if not now.is_as(self._place):
                self.look(autocommit=False)
                now = self._place
            self._complete, self._number = True, now.own

    def settle(self, *, trusting: bool = False) -> CatalogState:
        """The catalog now, whatever was seen; the next transaction is followed from here."""
        if not trusting or not self._alone():
            self._refresh()
        self._begun, self._complete = None, False
        self._place, self._sure = None, True
        return self._state

    def _alone(self) -> bool:
        """Whether what was seen was committed, and no other transaction ended meanwhile."""
        if self._begun is None or not self._complete:
            return False
        status = (
            "'committed'" if self._number is None else f"pg_xact_status('{self._number}'::xid8)"
        )
        now, ended = self._query(f"SELECT pg_current_snapshot()::text, {status}")[0]
        others = ended_since(self._begun, str(now))
        return ended == "committed" and all(
            str(number & 0xFFFFFFFF) in self._numbers for number in others
        )

    def _refresh(self) -> bool:
        """Read what may have changed; whether something has, without trust in what was seen."""
        self._rendered.forget()
        before, self._state = self._state, self._state.refresh(self._query)
        if before is self._state:
            return False
        now = self._state.fences
        return (
            before.snapshot != self._state.snapshot
            or not now.keys() <= before.fences.keys()
            or any(now.get(o) != f for o, f in before.fences.items() if f != UNKNOWN)
        )

    def _where(self) -> Place:
        asked = None if self._own else self._places.taken()
        if asked is None:
            self._places.forget()
            asked = self._places.ask()
        return asked

    def _written_groups(self, written: frozenset[str]) -> set[str]:
        if "pg_description" in written:  # of whatever
            return set(GROUPS)
        groups = {GROUPED[catalog] for catalog in written if catalog in GROUPED}
        if "pg_publication_namespace" in written:
            groups.add("publications")
        if "pg_constraint" in written and self._state.has_domains:
            groups.add("types")
        return groups
