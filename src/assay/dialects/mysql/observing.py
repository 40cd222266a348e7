"""What a statement does on MySQL and MariaDB: the cheapest form that the server takes, and rows.

The server does not tell what a DDL statement locked. It tells what form it refuses, before anything
is done: so the forms are tried, the cheapest first, and the one that is taken is what runs.
"""

from __future__ import annotations

import re

from assay.dialects.base import Execute, Query
from assay.dialects.mysql.online import cheapest_form
from assay.dialects.observed import Lock, Observation, OnlineForm
from assay.dialects.written import NAME, rows_written, table_named

__all__ = ["MySQLObserver"]

_NOTHING = "DO 0"
_TABLE = re.compile(
    rf"(?:ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE(?:\s+IF\s+EXISTS)?"
    rf"|TRUNCATE(?:\s+TABLE)?|DROP\s+TABLE(?:\s+IF\s+EXISTS)?|RENAME\s+TABLE"
    rf"|CREATE\s+.*?INDEX\s+.*?\bON)\s+(?P<table>{NAME}(?:\s*\.\s*{NAME})?)",
    re.IGNORECASE | re.DOTALL,
)
_COMMITS = re.compile(
    r"\s*(?:ALTER|CREATE(?!\s+TEMPORARY)|DROP(?!\s+TEMPORARY)|RENAME|TRUNCATE|LOCK|GRANT|REVOKE)\b",
    re.IGNORECASE,
)


class MySQLObserver:
    """Watches one connection, and runs its DDL in the cheapest form.

    :param query: on that connection.
    :param execute: on that connection.
    """

    def __init__(self, query: Query, execute: Execute) -> None:
        self._query, self._execute = query, execute
        rows = query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            " AND table_type = 'BASE TABLE'"
        )
        self._there = frozenset(str(row[0]) for row in rows)
        self._filled = {name for name in self._there if self._holds_rows(name)}
        self._form: OnlineForm | None = None
        self._transaction = 1

    def before(self, sql: str, *, autocommit: bool) -> str:
        """Run a DDL statement of a table that was there; what is to be run in its place."""
        del autocommit
        table = _table(sql)
        self._form = None
        if table is None or table not in self._there:
            return sql
        self._form = cheapest_form(self._execute, sql)
        return _NOTHING if self._form is not None else sql

    def after(self, sql: str, rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        table, form = _table(sql), self._form
        locks: tuple[Lock, ...] = ()
        if table in self._there and table is not None:
            locks = (_lock(table, form),)
        emptied: tuple[str, ...] = ()
        if table in self._filled and sql.lstrip()[:8].upper() == "TRUNCATE":
            self._filled.discard(table)
            emptied = (str(table),)
        commits = _COMMITS.match(sql) is not None
        number = self._transaction
        self._transaction += commits
        return Observation(
            locks=locks,
            rewritten=(table,) if table and form and form.algorithm == "COPY" else (),
            rows={} if commits else rows_written(sql, rows),
            emptied=emptied,
            transaction=number,
            form=form,
            lock_timeout=self._timeout() if commits else None,
        )

    def _timeout(self) -> float:
        return float(self._query("SELECT @@lock_wait_timeout")[0][0])

    def close(self) -> None:
        """Nothing is open."""

    def _holds_rows(self, table: str) -> bool:
        quoted = "`" + table.replace("`", "``") + "`"
        return bool(self._query(f"SELECT 1 FROM {quoted} LIMIT 1"))


def _table(sql: str) -> str | None:
    found = _TABLE.match(sql.strip())
    return table_named(found["table"]) if found else None


def _lock(table: str, form: OnlineForm | None) -> Lock:
    """Every DDL statement takes the metadata lock for a moment; its form tells what waits meanwhile."""
    if form is None or form.algorithm is None:
        return Lock(table, "table", "EXCLUSIVE", ("reads", "writes"), 2)
    if form.blocks_writes:
        return Lock(table, "table", form.lock or "SHARED", ("writes",), 1)
    return Lock(table, "table", "NONE", ())
