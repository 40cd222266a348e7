"""Throwaway databases on a MySQL or MariaDB server: made, copied and dropped over one connection."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from assay.dialects.base import Address, LockWait
from assay.dialects.mysql.cluster import Cluster
from assay.dialects.mysql.connecting import ConnectError, Connection, Target, connect
from assay.dialects.mysql.content import copy_content
from assay.dialects.mysql.queries import SERVER, server
from assay.dialects.mysql.stuck import in_words, lock_waits
from assay.dialects.mysql.texts import literal, quoted
from assay.dialects.owners import new_name
from assay.errors import AssayError, UsageError

__all__ = ["Databases"]

T = TypeVar("T")

OWN_DEFAULTS = "SELECT CAST(@@character_set_database AS CHAR), CAST(@@collation_database AS CHAR)"
_UTF8MB4 = ("utf8mb4", "")
"""In the server's default collation for it."""
_TABLES = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} LIMIT 1"
_DEFAULTS = (
    "SELECT CAST(DEFAULT_CHARACTER_SET_NAME AS CHAR), CAST(DEFAULT_COLLATION_NAME AS CHAR)"
    " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}"
)


class Databases:
    """What a private and a named server do alike. May be used from any thread.

    :param target: the server, and as whom to connect.
    :param own: the server is ours alone and ends with us.
    :ivar _project: the server as the project's connections see it; a named one has another user.
    """

    def __init__(self, target: Target, *, own: bool = False) -> None:
        self._target = target
        self._project = target
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._made: dict[str, Address] = {}
        self._connection: Connection | None = None
        self._closed = False
        self._charset = _UTF8MB4
        version, _ = self.query(SERVER)[0]
        found = server(str(version), None)
        self.mariadb, self.server_version = found.mariadb, found.version
        self.own = own
        self._cluster = Cluster(self.query, self._execute, own, self.mariadb)

    @property
    def product(self) -> str:
        """For example "MariaDB 10.11.19"."""
        return f"{'MariaDB' if self.mariadb else 'MySQL'} {self.server_version}"

    @property
    def description(self) -> str:
        """For people: what server, from where, which version."""
        raise NotImplementedError

    def address(self, database: str) -> Address:
        """Where a database of that name on this server is."""
        return replace(self._project.address, database=database)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the server."""
        return self._with_connection(lambda connection: connection.query(sql))

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

    def drop(self, database: Address) -> None:
        """End a database made here, whoever is still connected to it; others are left alone."""
        with self._lock:
            if database.database in self._made:
                self._drop(database.database)
                del self._made[database.database]
                self._cluster.dropped(database.database)

    def enter(self, database: Address) -> None:
        """Work on a database made here begins: it finds the users that its own revisions made."""
        self._cluster.enter(database.database)

    def leaked(self) -> tuple[str, ...]:
        """What appeared on the server outside its databases: ``USER 'reader'@'%'``."""
        return self._cluster.leaked()

    def close(self) -> None:
        """End everything made here. May be called again."""
        raise NotImplementedError

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

    def _create(self, charset: str, collation: str) -> Address:
        with self._lock:
            name = new_name()
            self._made[name] = self.address(name)
            try:
                self._execute(f"CREATE DATABASE {quoted(name)} {_options(charset, collation)}")
            except Exception as error:
                del self._made[name]
                if isinstance(error, AssayError):
                    raise
                raise UsageError(
                    "The server for shadows did not make a database.",
                    where=self.description,
                    next_step="Let its user make databases: GRANT ALL ON `assay\\_%`.* TO …"
                    if "denied" in str(error)
                    else None,
                    cause=" ".join(str(error).split()),
                ) from error
            return self._made[name]

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

    def _execute(self, sql: str) -> None:
        self._with_connection(lambda connection: connection.execute(sql))

    def _with_connection(self, work: Callable[[Connection], T]) -> T:
        with self._lock:
            if self._closed:
                raise UsageError("The server for shadows was closed.")
            if self._connection is None:
                self._connection = self._open()
            try:
                return work(self._connection)
            except Exception:
                # The server may have ended an idle session: then, once more on a new connection.
                if self._answers():
                    raise
            self._connection.close()
            self._connection = self._open()
            return work(self._connection)

    def _open(self) -> Connection:
        try:
            return connect(self._target)
        except ConnectError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: ConnectError) -> UsageError:
        return UsageError(
            "The server for shadows cannot be reached.",
            where=str(self._target.address),
            cause=str(error),
        )

    def _answers(self) -> bool:
        try:
            return self._connection is not None and bool(self._connection.query("SELECT 1"))
        except Exception:
            return False

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _options(charset: str, collation: str) -> str:
    return f"CHARACTER SET {charset}" + (f" COLLATE {collation}" if collation else "")
