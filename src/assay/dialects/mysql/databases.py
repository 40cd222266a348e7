"""Throwaway databases on a MySQL or MariaDB server: made, copied and dropped over one connection."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import replace

from assay.dialects.mysql.cluster import Cluster
from assay.dialects.mysql.connecting import ConnectError, Connection, Target, connect
from assay.dialects.mysql.content import copy_content
from assay.dialects.mysql.queries import SERVER, server
from assay.dialects.mysql.stuck import RUNNING, in_words, lock_waits
from assay.dialects.mysql.texts import literal, quoted
from assay.dialects.server_databases import ServerDatabases
from assay.dialects.values import Address, LockWait
from assay.errors import UsageError

__all__ = ["Databases"]

_UTF8MB4 = ("utf8mb4", "")
"""In the server's default collation for it."""
_TABLES = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} LIMIT 1"
_DEFAULTS = (
    "SELECT CAST(DEFAULT_CHARACTER_SET_NAME AS CHAR), CAST(DEFAULT_COLLATION_NAME AS CHAR)"
    " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}"
)


class Databases(ServerDatabases[Connection]):
    """What a private and a named server do alike. May be used from any thread.

    :param target: the server, and as whom to connect.
    :param own: the server is ours alone and ends with us.
    :ivar _project: the server as the project's connections see it; a named one has another user.
    """

    _forbidden = ("denied", "Let its user make databases: GRANT ALL ON `assay\\_%`.* TO …")

    def __init__(self, target: Target, *, own: bool = False) -> None:
        super().__init__(target.address, own=own)
        self._target = target
        self._project = target
        self._charset = _UTF8MB4
        version, _ = self.query(SERVER)[0]
        found = server(str(version), None)
        self.mariadb, self.server_version = found.mariadb, found.version
        self._cluster = Cluster(self.query, self._execute, own, self.mariadb)

    @property
    def product(self) -> str:
        """For example "MariaDB 10.11.19"."""
        return f"{'MariaDB' if self.mariadb else 'MySQL'} {self.server_version}"

    def address(self, database: str) -> Address:
        """Where a database of that name on this server is."""
        return replace(self._project.address, database=database)

    def create(self) -> Address:
        """A new empty database, in utf8mb4 with the server's default collation for it.

        :raises UsageError: the server does not make one; its reason is the cause.
        """
        made = self._create(*self._charset)
        self._cluster.created(made.database)
        return made

    def create_with(self, charset: str, collation: str) -> Address:
        """A new empty database with these defaults.

        :raises UsageError: the server does not make one; its reason is the cause.
        """
        made = self._create(charset, collation)
        self._cluster.created(made.database)
        return made

    def copy(self, source: Address) -> Address:
        """A new database with the tables, rows and programs of one made here.

        Neither server copies databases, so each table is made again and filled from the other.

        :raises UsageError: the server does not make one, or the source is not from here.
        """
        if source.database not in self._made:
            raise UsageError(f"The database {source} was not made here.")
        database = source.database
        [(charset, collation)] = self.query(_DEFAULTS.format(literal(database)))
        made = self._create(str(charset), str(collation))
        try:
            with self._alone(made.database) as new, self._alone(database) as old:
                copy_content(old, database, new, made.database, same_server=True)
        except BaseException:
            self.drop(made)
            raise
        self._cluster.created(made.database, database)
        return made

    def lock_waits(self, database: Address) -> tuple[LockWait, ...]:
        """What waits for a lock now in a database made here; nothing of any other."""
        if database.database not in self._made:
            return ()
        return lock_waits(self.query, database.database)

    def waits_for(self, _database: Address, wait: LockWait) -> str:
        """What a statement waits for, in words."""
        return in_words(wait)

    def end_wait(self, wait: LockWait) -> None:
        """End a statement that waits for a lock."""
        self._execute(f"KILL QUERY {wait.session}")

    def end_running(self, database: Address) -> None:
        """End every statement that runs now in a database made here; nothing of any other."""
        if database.database in self._made:
            for (session,) in self.query(RUNNING.format(literal(database.database))):
                self._execute(f"KILL QUERY {session}")

    def like(self, defaults: Mapping[str, str]) -> None:
        """Empty databases have this character set and collation, those that are empty now too."""
        charset, collation = (defaults.get(name, "") for name in ("charset", "collation"))
        if not (re.fullmatch(r"\w+", charset) and re.fullmatch(r"\w*", collation)):
            return
        self._charset = (charset, collation)
        try:
            for name in self._made:
                if not self.query(_TABLES.format(literal(name))):
                    self._execute(f"ALTER DATABASE {quoted(name)} {_options(*self._charset)}")
        except Exception:
            # The one server may know a collation that the other does not.
            self._charset = _UTF8MB4

    def open(self, database: str) -> Connection:
        """A connection of its own to a database made here, as the project has it.

        :raises UsageError: there is none.
        """
        try:
            return connect(self._project, database)
        except ConnectError as error:
            raise self._unreachable(error) from error

    def _alone(self, database: str) -> contextlib.AbstractContextManager[Connection]:
        return contextlib.closing(self.open(database))

    def _connect(self) -> Connection:
        return connect(self._target)

    def _create(self, charset: str, collation: str) -> Address:
        options = _options(charset, collation)
        return self._make(lambda name: f"CREATE DATABASE {quoted(name)} {options}")

    def _drop(self, name: str) -> None:
        # an open transaction in it would keep its tables, and us waiting
        self._end_sessions(name)
        self._execute(f"DROP DATABASE IF EXISTS {quoted(name)}")

    def _end_sessions(self, name: str) -> None:
        sessions = self.query(
            "SELECT ID FROM information_schema.PROCESSLIST"
            f" WHERE DB = {literal(name)} AND ID <> CONNECTION_ID()"
        )
        for (number,) in sessions:
            with contextlib.suppress(Exception):  # it may have ended meanwhile
                self._execute(f"KILL {int(number)}")


def _options(charset: str, collation: str) -> str:
    return f"CHARACTER SET {charset}" + (f" COLLATE {collation}" if collation else "")
