"""What a statement does on MySQL and MariaDB: the cheapest form that the server takes, and rows.

The server does not tell what a DDL statement locked. It tells what form it refuses, before anything
is done: so the forms are tried, the cheapest first, and the one that is taken is what runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import cached_property

from assay.dialects.counted import Counted, Wrote
from assay.dialects.mysql.online import cheapest_form, error_number
from assay.dialects.mysql.texts import literal, quoted
from assay.dialects.observed import Lock, Observation, OnlineForm
from assay.dialects.values import Execute, Query
from assay.dialects.written import NAME, plain_ddl, renamed_tables, table_named

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
    r"\s*(?!SELECT|SHOW|SET|USE|SAVEPOINT|RELEASE|ROLLBACK|DESC|UNLOCK)", re.IGNORECASE
)
"""Of ``UNLOCK TABLES``: before it no other table than the locked ones can be asked for its rows."""


_MOVES = re.compile(r"(?i)ENGINE|PARTITION")
"""What a statement says that moves a table to another engine, or its rows into partitions."""
_ENDS = re.compile(r"(?is)\s*(?:DROP\s+TABLE|RENAME|.*\b(?:RENAME|CONVERT|EXISTS)\b)")
"""A statement after which the table that it names may not be there."""
_DEFINES = re.compile(
    r"(?:\s|(?:--\s|\#)[^\n]*\n|/\*[^!M].*?\*/)*(?:ALTER|CREATE|DROP|RENAME)\b",
    re.IGNORECASE | re.DOTALL,
)
_NOT_UNDERSTOOD = 1064


class MySQLObserver:
    """Watches one connection, and runs its DDL in the cheapest form.

    :param query: on that connection.
    :param execute: on that connection.
    """

    def __init__(self, query: Query, execute: Execute) -> None:
        self._query, self._execute = query, execute
        self._known: Callable[[], Iterable[str]] = self._tables
        self._stays = False
        self._form: OnlineForm | None = None
        self._transaction = 1
        self._lock_timeout: float | None = None
        self._sent: list[str] = []

    @cached_property
    def _there(self) -> frozenset[str]:
        """The tables before the first statement, by the names that they have."""
        return frozenset(self._known())

    @cached_property
    def _counted(self) -> Counted:
        return Counted(self._query, quoted, self._there, self._standing)

    def told_by(self, tables: Callable[[], Iterable[str]]) -> None:
        """Somebody knows the names of all tables: they are not asked of the server."""
        self._known = tables

    def go_on(self) -> None:
        """What has been made since is there before the next statement."""
        for name in ("_there", "_counted"):
            self.__dict__.pop(name, None)
        self._transaction = 1

    def encloses(self, sql: str) -> bool:
        """Never: it is watched alike."""
        del sql
        return False

    def before(self, sql: str, *, autocommit: bool) -> str:
        """Run a DDL statement of a table that was there; what is to be run in its place."""
        del autocommit
        table = _table(sql)
        self._form = None
        self._stays = False
        if not plain_ddl(sql):
            self._lock_timeout = None  # it may set it, or run what does
        if table in self._there or (table is None and _may_write(sql)):
            self._counted.before(sql, only=table)
        if table is None or table not in self._there:
            self._note(sql)
            return sql
        moves = _MOVES.search(sql) is not None
        kept = self._kept_in(table) if moves else None
        self._form = cheapest_form(self._try, sql)
        if self._form is None:
            self._note(sql)
            return sql
        if moves and self._kept_in(table) != kept:
            # MariaDB 10.11 takes ENGINE=… with ALGORITHM=INSTANT, and copies; measured
            self._form = replace(self._form, algorithm="COPY", lock=None)
        return _NOTHING

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
        if table in self._there or (table is None and rows != 0 and _may_write(sql)):
            self._stays = table is not None and not _ENDS.match(sql)
            wrote = self._counted.after(sql, None if commits else rows, only=table)
        for old, new in renamed_tables(sql) if commits else ():
            if old in self._there:
                self._counted.renamed(old, new)
                self.__dict__["_there"] = self._there - {old} | {new}
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

    def sent(self) -> list[str]:
        """The DDL statements that went to the server since this was asked last, failed ones too."""
        sent, self._sent = self._sent, []
        return sent

    def _note(self, sql: str) -> None:
        if _DEFINES.match(sql):
            self._sent.append(sql)

    def _try(self, sql: str) -> None:
        self._note(sql)
        try:
            self._execute(sql)
        except Exception as error:
            if error_number(error) == _NOT_UNDERSTOOD and self._sent:
                self._sent.pop()  # the server counts no such command
            raise

    def _kept_in(self, table: str) -> tuple[object, bool] | None:
        """A table's engine, and whether it is in partitions: where that changes, it was copied."""
        rows = self._query(
            "SELECT engine, create_options FROM information_schema.tables"
            f" WHERE table_schema = DATABASE() AND table_name = {literal(table)}"
        )
        return (rows[0][0], "partitioned" in str(rows[0][1])) if rows else None

    def _timeout(self) -> float:
        if self._lock_timeout is None:
            self._lock_timeout = float(self._query("SELECT @@lock_wait_timeout")[0][0])
        return self._lock_timeout

    def close(self) -> None:
        """Nothing is open."""

    def _standing(self, some: Collection[str]) -> Collection[str]:
        """Those of some tables that are there."""
        return some if self._stays else self._tables(some)

    def _tables(self, some: Collection[str] = ()) -> list[str]:
        """Those of some tables that are there, of none all; others may be among them."""
        one = f" AND table_name = {literal(*some)}" if len(some) == 1 else ""
        rows = self._query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            f" AND table_type = 'BASE TABLE'{one}"
        )
        return [str(row[0]) for row in rows]


def _may_write(sql: str) -> bool:
    """Whether a statement may change rows, of whatever table."""
    return _MAY_WRITE.match(sql) is not None and not _COMMITS.match(sql)


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
