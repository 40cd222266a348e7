"""Throwaway databases on a PostgreSQL server: made, copied and dropped over one connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.dialects.postgresql.cluster import Cluster
from assay.dialects.postgresql.connecting import Connection, Target, connect
from assay.dialects.postgresql.stuck import END_RUNNING, STUCK, WAITS_FOR, in_words
from assay.dialects.server_databases import ServerDatabases
from assay.dialects.values import Address, LockWait
from assay.errors import UsageError

__all__ = ["Databases", "literal", "quoted"]


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string, safe whatever ``standard_conforming_strings`` is."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class Databases(ServerDatabases[Connection]):
    """What a private and a named server do alike. May be used from any thread.

    :param target: the server and the database from which databases are made.
    :param create_options: options put behind every ``CREATE DATABASE name TEMPLATE ...``.
    :param new_options: further options for a database that starts empty.
    :param own: the server is ours alone and ends with us.
    """

    _forbidden = ("permission", "Let its user make databases: ALTER ROLE ... CREATEDB.")

    def __init__(
        self,
        target: Target,
        *,
        create_options: str = "",
        new_options: str = "",
        own: bool = False,
    ) -> None:
        super().__init__(target.address, own=own)
        self._target = target
        self._create_options = create_options
        self._new_options = new_options
        version = str(self.query("SHOW server_version")[0][0])
        self.server_version = version.split()[0]
        self.major = int(self.query("SHOW server_version_num")[0][0]) // 10000
        self._cluster = Cluster(self.query, self._execute, own)

    def address(self, database: str) -> Address:
        """Where a database of that name on this server is."""
        return replace(self._target.address, database=database)

    def target(self, database: Address) -> Target:
        """How to connect to a database of this server, with the options of the server's URL."""
        return replace(self._target, address=database)

    def query(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Ask the server itself, or with a connection of its own that ``database``."""
        if database is None:
            return super().query(sql)
        connection = connect(self._target, database)
        try:
            return connection.query(sql)
        finally:
            connection.close()

    def create(self) -> Address:
        """A new empty database.

        :raises UsageError: the server does not make one; its reason is the cause.
        """
        made = self._create(f"TEMPLATE template0 ENCODING 'UTF8' {self._new_options}")
        self._cluster.created(made.database)
        return made

    def copy(self, source: Address) -> Address:
        """A new database with the content of one made here; connections to the source are ended.

        :raises UsageError: the server does not make one, or the source is not from here.
        """
        if source.database not in self._made:
            raise UsageError(f"The database {source} was not made here.")
        self._end_sessions(source.database)
        made = self._create(f"TEMPLATE {quoted(source.database)}")
        self._cluster.created(made.database, source.database)
        return made

    def copy_foreign(self, database: str) -> Address:
        """A copy of any database of this server; it fails while somebody is connected to it.

        :raises UsageError: the server does not make one; its reason is the cause.
        """
        return self._create(f"TEMPLATE {quoted(database)}")

    def lock_waits(self, database: Address) -> tuple[LockWait, ...]:
        """What waits for a lock now in a database made here; nothing of any other."""
        if database.database not in self._made:
            return ()
        rows = self.query(STUCK.format(literal(database.database)))
        return tuple(LockWait(int(pid), str(began)) for pid, began in rows)

    def waits_for(self, database: Address, wait: LockWait) -> str:
        """What a statement waits for, in words."""
        return in_words(self.query(WAITS_FOR.format(wait.session), database.database))

    def end_wait(self, wait: LockWait) -> None:
        """Cancel a statement that waits for a lock."""
        self.query(f"SELECT pg_cancel_backend({wait.session})")

    def end_running(self, database: Address) -> None:
        """Cancel every statement that runs now in a database made here; nothing of any other."""
        if database.database in self._made:
            self.query(END_RUNNING.format(literal(database.database)))

    def like(self, _defaults: Mapping[str, str]) -> None:
        """Nothing: there are no such defaults."""

    def _connect(self) -> Connection:
        return connect(self._target)

    def _create(self, rest: str) -> Address:
        options = f"{rest} {self._create_options}"
        return self._make(lambda name: f"CREATE DATABASE {quoted(name)} {options}")

    def _drop(self, name: str) -> None:
        if self.major >= 13:
            self._execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
        else:
            self._end_sessions(name)
            self._execute(f"DROP DATABASE IF EXISTS {quoted(name)}")

    def _end_sessions(self, name: str) -> None:
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = {literal(name)} AND pid <> pg_backend_pid()"
        )
