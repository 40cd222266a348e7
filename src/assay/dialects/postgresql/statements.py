"""Catalog statements kept prepared on a connection: planning them takes longer than running them.

Reading one table by the statement of thirteen parts takes 1.0 ms prepared and 5.6 ms planned anew
(PostgreSQL 15.20, measured). Drivers do not do it: psycopg forgets what it prepared at every
rollback, psycopg2 prepares nothing. So it is done in SQL, alike under every driver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import Any

from assay.dialects.base import Query

__all__ = ["GIVEN", "NAMES", "Statements", "other_text"]

GIVEN = "current_setting('assay.oids', true)::oid[]"
"""SQL of the array that a statement is given. Not a parameter: the server plans anew for each of its
values (by estimated costs that are wrong here), but keeps the plan of a statement that has none."""

NAMES = (
    "coalesce((SELECT string_agg(p.name, ' ') FROM pg_prepared_statements p"
    " WHERE left(p.name, 6) = 'assay_'), '')"
)
"""SQL of the names of what is prepared here."""

_number = count()


def other_text() -> str:
    """A comment that makes a text one that has not come before."""
    # psycopg prepares a text that comes for the fifth time, and at the next rollback discards with
    # it everything that is prepared on the connection.
    return f"/* {next(_number)} */"


@lru_cache(maxsize=64)
def _name(text: str) -> str:
    """What a text is prepared as."""
    return f"assay_{sha256(text.encode()).hexdigest()[:16]}"


class Statements:
    """What is prepared on the connection behind ``query``, asked anew each time this is made.

    A project's revision may discard what is prepared, and ``query`` may be another session at every
    call: then nothing is found to be prepared and the plain text is run.

    :param names: what :data:`NAMES` gives on the connection, where it has just been asked for.
    """

    def __init__(self, query: Query, names: str | None = None) -> None:
        self._query = query
        if names is None:
            names = str(query(f"SELECT {NAMES} {other_text()}")[0][0])
        self._names = set(names.split())

    def run(
        self, text: str, oids: Collection[int] | None = None, *, by_index: bool = False
    ) -> list[tuple[Any, ...]]:
        """Run a statement; at its first run on a connection it is prepared for the next.

        :param oids: what :data:`GIVEN` in the text stands for.
        :param by_index: it is to be planned by indexes, as one that is given oids is.
        """
        name = _name(text)
        array = "" if oids is None else "'{" + ",".join(map(str, sorted(oids))) + "}'"
        if name not in self._names and not self._prepared(name, text):
            return self._query(text.replace(GIVEN, f"{array}::oid[]"))
        if array:
            self._query(f"SELECT set_config('assay.oids', {array}, false) {other_text()}")
        new = name not in self._names
        self._names.add(name)
        if (array or by_index) and new:
            return self._first(f"EXECUTE {name} {other_text()}")
        return self._query(f"EXECUTE {name} {other_text()}")

    def _prepared(self, name: str, text: str) -> bool:
        # Most drivers fail after a statement without rows when they are asked for its rows. Had the
        # server refused it, the next statement of the transaction would fail.
        with suppress(Exception):
            self._query(f"PREPARE {name} AS {text}")
        asked = f"SELECT 1 FROM pg_prepared_statements WHERE name = '{name}' {other_text()}"
        return bool(self._query(asked))

    def _first(self, text: str) -> list[tuple[Any, ...]]:
        """Run what is planned as it runs first, and by its indexes, as few ways as there are looked at.

        The server would take a scan of each catalog for cheaper: 1.8 ms against 1.0.
        """
        before = self._set(["off"] * len(_WAYS))
        found = self._query(text)
        self._set(before)
        return found

    def _set(self, values: Iterable[str]) -> tuple[str, ...]:
        """What was set before."""
        pairs = zip(_WAYS, values, strict=True)
        read = ", ".join(f"current_setting('{name}')" for name in _WAYS)
        calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in pairs)
        found = self._query(f"SELECT {read}, {calls} {other_text()}")[0]
        return tuple(map(str, found[: len(_WAYS)]))


_WAYS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
"""What a small part of a catalog is not to be read by."""
