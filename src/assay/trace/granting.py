"""Privileges that statements of a revision's own, and no operation's, give and take."""

from __future__ import annotations

import re
from operator import attrgetter

from assay.dialects import Address, Dialect, Grant, Query, plain_ddl, verb

__all__ = ["Granting"]

Grants = tuple[Grant, ...]


_HAS_NONE = re.compile(r"\s*DROP\s+(?:INDEX|TRIGGER)\b", re.IGNORECASE)
"""Drops what nobody has privileges on."""


class Granting:
    """Tells what changed since a statement before it, or since the transaction began.

    Reading all privileges takes longer than most statements. Plain DDL gives some only to what it
    makes, and by default ones; and it takes some only with what it drops, which shows where that is
    made again. That everybody may call a function that is made is not told: so it is with each.

    :param query: on the connection of the statements.
    :param at: its database, to see what is committed there.
    """

    def __init__(self, dialect: Dialect, query: Query, at: Address) -> None:
        self._dialect, self._query, self._at = dialect, query, at
        self._last: frozenset[Grant] | None = None
        self._dropped = False

    def before(self, sql: str, *, autocommit: bool) -> None:
        """A statement is about to run."""
        if autocommit and self._last is None and not plain_ddl(sql):
            # in a transaction, what is committed is asked if it turns out to be wanted
            self._last = self._dialect.privileges(self._query)

    def after(self, sql: str) -> tuple[Grants, Grants]:
        """What a statement gave and took that wrote the catalog."""
        if self._changes_none(sql):
            return (), ()
        before = self._last
        if before is None:
            before = self._dialect.privileges(self._query, self._at)
        self._last = self._dialect.privileges(self._query)
        return _ordered(self._last - before), _ordered(before - self._last)

    def _changes_none(self, sql: str) -> bool:
        if not plain_ddl(sql):
            return False
        kind = verb(sql)
        self._dropped |= kind == "DROP" and not _HAS_NONE.match(sql)
        if kind == "CREATE":
            return not self._dropped and not self._dialect.has_default_privileges(self._query)
        return "OWNER" not in sql.upper()


def _ordered(some: frozenset[Grant]) -> Grants:
    return tuple(sorted(some, key=attrgetter("kind", "name", "role", "privilege")))
