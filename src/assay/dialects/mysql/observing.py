"""What a statement does on MySQL and MariaDB: the cheapest form that the server takes, and rows.

The server does not tell what a DDL statement locked. It tells what form it refuses, before anything
is done: so the forms are tried, the cheapest first, and the one that is taken is what runs.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay.dialects.base import Execute, Query
from assay.dialects.counted import Counted, Wrote
from assay.dialects.mysql.online import cheapest_form
from assay.dialects.mysql.texts import literal, quoted
from assay.dialects.observed import Lock, Observation, OnlineForm
from assay.dialects.written import NAME, table_named

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

_MAY_WRITE = re.compile(
    r"\s*(?!SELECT|SHOW|SET|USE|SAVEPOINT|RELEASE|ROLLBACK|DESC)", re.IGNORECASE
)


class MySQLObserver:
    """Watches one connection, and runs its DDL in the cheapest form.

    :param query: on that connection.
    :param execute: on that connection.
    """

    def __init__(self, query: Query, execute: Execute) -> None:
        self._query, self._execute = query, execute
        self._counted = Counted(query, quoted, self._tables)
        self._there = frozenset(self._tables())
        self._form: OnlineForm | None = None
        self._transaction = 1

    def before(self, sql: str, *, autocommit: bool) -> str:
        """Run a DDL statement of a table that was there; what is to be run in its place."""
        del autocommit
        table = _table(sql)
        self._form = None
        self._counted.before(sql)
        if table is None or table not in self._there:
            return sql
        kept = self._kept_in(table)
        self._form = cheapest_form(self._execute, sql)
        if self._form is not None and self._kept_in(table) != kept:
            # MariaDB 10.11 takes ENGINE=… with ALGORITHM=INSTANT, and copies; measured
            self._form = replace(self._form, algorithm="COPY", lock=None)
        return _NOTHING if self._form is not None else sql

    def after(self, sql: str, rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`."""
        table, form = _table(sql), self._form
        locks: tuple[Lock, ...] = ()
        if table in self._there and table is not None:
            locks = (_lock(table, form),)
        commits = _COMMITS.match(sql) is not None
        number = self._transaction
        self._transaction += commits
        wrote = Wrote()
        if table is not None or (not commits and _MAY_WRITE.match(sql) and rows != 0):
            wrote = self._counted.after(sql, None if commits else rows, only=table)
        return Observation(
            locks=locks,
            rewritten=(table,) if table and form and form.algorithm == "COPY" else (),
            rows=wrote.rows,
            emptied=wrote.emptied,
            whole=wrote.whole,
            transaction=number,
            form=form,
            lock_timeout=self._timeout() if commits else None,
        )

    def _kept_in(self, table: str) -> tuple[object, bool] | None:
        """A table's engine, and whether it is in partitions: where that changes, it was copied."""
        rows = self._query(
            "SELECT engine, create_options FROM information_schema.tables"
            f" WHERE table_schema = DATABASE() AND table_name = {literal(table)}"
        )
        return (rows[0][0], "partitioned" in str(rows[0][1])) if rows else None

    def _timeout(self) -> float:
        return float(self._query("SELECT @@lock_wait_timeout")[0][0])

    def close(self) -> None:
        """Nothing is open."""

    def _tables(self) -> list[str]:
        rows = self._query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            " AND table_type = 'BASE TABLE'"
        )
        return [str(row[0]) for row in rows]


def _table(sql: str) -> str | None:
    found = _TABLE.match(sql.strip())
    return table_named(found["table"]) if found else None


def _lock(table: str, form: OnlineForm | None) -> Lock:
    """Every DDL statement takes the metadata lock for a moment; its form tells what waits meanwhile."""
    if form is None or form.algorithm is None:
        return Lock(table, "table", "EXCLUSIVE", ("reads", "writes"), 2)
    if form.lock == "EXCLUSIVE":
        return Lock(table, "table", "EXCLUSIVE", ("reads", "writes"), 2)
    if form.blocks_writes:
        return Lock(table, "table", form.lock or "SHARED", ("writes",), 1)
    return Lock(table, "table", "NONE", ())
