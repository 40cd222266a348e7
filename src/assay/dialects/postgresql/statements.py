"""Catalog statements kept prepared on a connection: planning them takes longer than running them.

Reading one table by the statement of thirteen parts takes 1.0 ms prepared and 5.6 ms planned anew
(PostgreSQL 15.20, measured). Drivers do not do it: psycopg forgets what it prepared at every
rollback, psycopg2 prepares nothing. So it is done in SQL, alike under every driver.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import Any

from assay.dialects.values import Query

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
        new = name not in self._names
        if new:
            # Most drivers fail after a statement without rows when they are asked for its rows. Had
            # the server refused it, the next statement of the transaction would fail.
            with suppress(Exception):
                self._query(f"PREPARE {name} AS {text}")
        # what is planned as it runs first is planned by its indexes, as few ways as there are looked at:
        # the server would take a scan of each catalog for cheaper, 1.8 ms against 1.0
        indexes = new and (by_index or bool(array))
        there, *before = (
            self._set(["off"] * len(_WAYS) if indexes else [], name) if new else (True,)
        )
        if not there:
            found = self._query(text.replace(GIVEN, f"{array}::oid[]"))
        else:
            if array:
                self._query(f"SELECT set_config('assay.oids', {array}, false) {other_text()}")
            self._names.add(name)
            found = self._query(f"EXECUTE {name} {other_text()}")
        if indexes:
            self._set(before, name)
        return found

    def _set(self, values: Sequence[str], name: str) -> tuple[Any, ...]:
        """Whether a statement is prepared, and what was set before."""
        pairs = list(zip(_WAYS, values, strict=False))
        read = "".join(f", current_setting('{way}')" for way, _ in pairs)
        calls = "".join(f", set_config('{way}', '{value}', true)" for way, value in pairs)
        there = f"EXISTS (SELECT FROM pg_prepared_statements p WHERE p.name = '{name}')"
        found = self._query(f"SELECT {there}{read}{calls} {other_text()}")[0]
        return tuple(found[: len(pairs) + 1])


_WAYS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
"""What a small part of a catalog is not to be read by."""
