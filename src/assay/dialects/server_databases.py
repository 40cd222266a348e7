"""Throwaway databases on a server: which were made, over one connection that is opened again if it ends."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from assay.dialects.by_driver import ConnectError
from assay.dialects.owners import new_name
from assay.dialects.values import Address
from assay.errors import AssayError, UsageError

__all__ = ["ServerDatabases"]

T = TypeVar("T")


class _Connection(Protocol):
    """An open connection where every statement commits by itself."""

    def query(self, sql: str) -> list[tuple[Any, ...]]: ...

    def execute(self, sql: str) -> None: ...

    def close(self) -> None: ...


class _Cluster(Protocol):
    """What revisions make on the server outside their databases."""

    def created(self, database: str, source: str | None = None) -> None: ...

    def dropped(self, database: str) -> None: ...

    def enter(self, database: str) -> None: ...

    def leaked(self) -> tuple[str, ...]: ...


C = TypeVar("C", bound=_Connection)


class ServerDatabases(ABC, Generic[C]):
    """What servers of all engines do alike, private and named ones. May be used from any thread.

    :param server: where it is.
    :param own: the server is ours alone and ends with us.
    :ivar _owner: the process; one that is forked from it must not end what is its parent's.
    """

    _cluster: _Cluster
    _forbidden: tuple[str, str]
    """What the server's reason has in it where its user may not make databases; what is to be done."""

    def __init__(self, server: Address, *, own: bool) -> None:
        self._server, self.own = server, own
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._made: dict[str, Address] = {}
        self._connection: C | None = None
        self._closed = False

    @property
    @abstractmethod
    def description(self) -> str:
        """For people: what server, from where, which version."""

    @abstractmethod
    def address(self, database: str) -> Address:
        """Where a database of that name on this server is."""

    @abstractmethod
    def close(self) -> None:
        """End everything made here. May be called again."""

    @abstractmethod
    def _connect(self) -> C:
        """A new connection to the server.

        :raises ConnectError: there is none.
        """

    @abstractmethod
    def _drop(self, name: str) -> None:
        """End a database, whoever is still connected to it."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the server."""
        return self._with_connection(lambda connection: connection.query(sql))

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
        """What appeared on the server outside its databases, as DROP names it: ``ROLE "reader"``."""
        return self._cluster.leaked()

    def _make(self, statement: Callable[[str], str]) -> Address:
        """A new database.

        :param statement: the one that makes a database of a name.
        :raises UsageError: the server does not make one; its reason is the cause.
        """
        with self._lock:
            name = new_name()
            self._made[name] = self.address(name)
            try:
                self._execute(statement(name))
            except Exception as error:
                del self._made[name]
                if isinstance(error, AssayError):
                    raise
                word, allow_it = self._forbidden
                raise UsageError(
                    "The server for shadows did not make a database.",
                    where=self.description,
                    next_step=allow_it if word in str(error) else None,
                    cause=" ".join(str(error).split()),
                ) from error
            return self._made[name]

    def _execute(self, sql: str) -> None:
        self._with_connection(lambda connection: connection.execute(sql))

    def _with_connection(self, work: Callable[[C], T]) -> T:
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

    def _open(self) -> C:
        try:
            return self._connect()
        except ConnectError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: ConnectError) -> UsageError:
        return UsageError(
            "The server for shadows cannot be reached.", where=str(self._server), cause=str(error)
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
