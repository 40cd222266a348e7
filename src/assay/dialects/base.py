"""What a database engine must answer: narrow protocols, in the words of ``values.py``.

A concrete dialect is a folder beside this file; it is found by name (:func:`assay.dialects.load`),
never imported by a stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from assay.catalog import Snapshot
from assay.dialects.observed import Grant, Observation
from assay.dialects.shapes import RowDialect
from assay.dialects.values import (
    Address,
    Capabilities,
    ConnectArguments,
    Execute,
    LockWait,
    Query,
)

__all__ = [
    "CatalogState",
    "Dialect",
    "FileDatabases",
    "Follower",
    "Observer",
    "ShadowServer",
]


class CatalogState(Protocol):
    """A catalog read once, and read again at the price of what was touched since."""

    @property
    def snapshot(self) -> Snapshot:
        """The catalog as it was when this state was read."""
        ...

    def refresh(self, query: Query) -> CatalogState:
        """The state now; this one stays as it is, for a caller that rolls back.

        Must be called on the connection, and in the transaction, that made the changes.
        """
        ...

    def copied(self, query: Query) -> CatalogState:
        """The state of a copy of the database that this was read from, which nobody has changed.

        What the server's way to copy cannot change is not read: were it another, it would be told of
        as of what no statement made.

        :param query: on a connection to the copy, which its :class:`ShadowServer` made.
        """
        ...


class Follower(Protocol):
    """Knows the catalog after each statement of one connection, which it is told of."""

    @property
    def state(self) -> CatalogState:
        """The catalog as it was seen last."""
        ...

    def begin(self, *, known: bool = False) -> None:
        """A transaction has begun, and none of its statements has run.

        :param known: it is not the first, and what was seen in those before it was committed.
        """
        ...

    def look(self, *, autocommit: bool) -> bool:
        """See what the statement did that has just run.

        :param autocommit: it ran outside of a transaction; one was begun for these questions.
        :returns: whether it wrote the catalog, something that no snapshot tells of included.
        """
        ...

    def end(self, *, told: bool = False) -> None:
        """The transaction is about to be committed; what is not seen now is not seen.

        :param told: of each of its statements.
        """
        ...

    def settle(self, *, trusting: bool = False) -> CatalogState:
        """The catalog now, read without trust in what was seen. Between transactions.

        :param trusting: what was seen to :meth:`end` is trusted where nobody else can have written
            anything.
        """
        ...


class Observer(Protocol):
    """Watches the statements of one connection while a revision runs on it."""

    def encloses(self, sql: str) -> bool:
        """Whether a statement in autocommit is run in a transaction of its own, to be watched there."""
        ...

    def before(self, sql: str, *, autocommit: bool) -> str:
        """A statement is about to run; what is to be run in its place, mostly itself."""
        ...

    def after(self, sql: str, rows: int | None) -> Observation:
        """What the statement did that ran since :meth:`before`.

        :param sql: as the revision sent it.
        :param rows: the driver's row count.
        """
        ...

    def close(self) -> None:
        """End what is still open; a statement may have raised."""
        ...


class ShadowServer(Protocol):
    """A place where throwaway databases are made. Everything made here is gone when it is closed."""

    @property
    def description(self) -> str:
        """For people: what server, from where, which version."""
        ...

    def create(self) -> Address:
        """A new empty database."""
        ...

    def copy(self, source: Address) -> Address:
        """A new database with the content of one made here that nobody is connected to."""
        ...

    def drop(self, database: Address) -> None:
        """End a database made here, whoever is still connected to it."""
        ...

    @property
    def own(self) -> bool:
        """The server is ours alone and ends with us, whatever was left on it."""
        ...

    def lock_waits(self, database: Address) -> tuple[LockWait, ...]:
        """What waits for a lock now in a database made here; nothing of any other."""
        ...

    def waits_for(self, database: Address, wait: LockWait) -> str:
        """What a statement waits for, in words."""
        ...

    def end_wait(self, wait: LockWait) -> None:
        """Let a statement fail that waits for a lock."""
        ...

    def end_running(self, database: Address) -> None:
        """Let every statement fail that runs now in a database made here; nothing of any other."""
        ...

    def like(self, defaults: Mapping[str, str]) -> None:
        """Databases that start empty have these defaults, as :meth:`Dialect.defaults_of` gave them."""
        ...

    def enter(self, database: Address) -> None:
        """Work on a database made here begins; called before connections are led to it."""
        ...

    def leaked(self) -> tuple[str, ...]:
        """What appeared on the server outside its databases, as DROP names it: ``ROLE "x"``."""
        ...

    def close(self) -> None:
        """End everything made here."""
        ...


class FileDatabases(Protocol):
    """What can be done with databases that are files."""

    def save(self, database: Address, to: Path) -> None:
        """Copy a database as it is now, what is committed in it."""
        ...

    def restore(self, database: Address, saved: Path) -> None:
        """Put a database back as :meth:`save` saved it, others being connected."""
        ...


class Dialect(Protocol):
    """One engine. Each ``dialects/<name>/__init__.py`` has one as ``DIALECT``."""

    name: str
    capabilities: Capabilities
    files: FileDatabases | None
    """None where a database is not a file."""
    rows: RowDialect
    """How rows are made in its tables."""

    def read_catalog(self, query: Query) -> CatalogState:
        """The whole catalog, the tool's own tables and the server's system schemas left out."""
        ...

    def redirect(self, driver: str, arguments: ConnectArguments, to: Address) -> None:
        """Rewrite what ``driver`` (SQLAlchemy's driver name) connects with, so that it reaches ``to``.

        Options that say how to connect stay (timeouts, ``options``, type detection); whatever says
        where is replaced.

        :raises assay.errors.UsageError: the driver is not known here.
        """
        ...

    def in_memory(self, arguments: ConnectArguments) -> bool:
        """Whether a driver's ``connect`` makes a database of the application's own, in memory.

        It is no real database and is gone with the connection, so it need not be led anywhere.
        """
        ...

    def is_in_memory(self, connection: Any) -> bool:
        """As :meth:`in_memory`, of a connection of any driver, of any engine, that is open."""
        ...

    def catalog_mark(self, query: Query) -> str:
        """A cheap value that changes when a statement of this transaction changed the catalog.

        Temporary tables do not count. Used to tell DDL from data by effect, not by text.
        """
        ...

    def privileges(self, query: Query, at: Address | None = None) -> frozenset[Grant]:
        """What others than the owners may do; empty where the engine keeps no privileges in there.

        :param at: the database of ``query``, to be asked beside it for what is committed there.
        """
        ...

    def has_default_privileges(self, query: Query) -> bool:
        """Whether others than the owner may get privileges on whatever is made."""
        ...

    def follower(
        self, query: Query, state: CatalogState, observer: Observer | None = None
    ) -> Follower:
        """Who follows a connection statement by statement, from the catalog as it is now.

        :param observer: who watches the same connection, and is told first of each statement.
        """
        ...

    def observer(
        self, query: Query, execute: Execute, at: Address, before: Observer | None = None
    ) -> Observer:
        """Who watches a connection to a shadow; made outside of a transaction.

        :param before: who watched it until now, where nobody else has changed anything: what that
            one knows need not be asked.
        """
        ...

    def defaults_of(self, url: str) -> Mapping[str, str]:
        """What a real database gives to tables that do not say it; the database is only asked.

        :param url: SQLAlchemy URL, with its password.
        :returns: empty where the engine has none, or where the database cannot be asked.
        """
        ...

    def rows_in(self, url: str) -> Mapping[tuple[str, ...], int]:
        """How many rows each table of a real database holds, as its server estimates it.

        :param url: SQLAlchemy URL, with its password; the database is only asked.
        :returns: by the key of the table's catalog object, without tables of which nothing is known;
            empty where the engine estimates none, or where the database cannot be asked.
        """
        ...

    def copy_live(self, server: ShadowServer, url: str, limit: int) -> tuple[Address | None, str]:
        """A copy of a real database with its rows, on ``server``; the source is only read.

        :param url: SQLAlchemy URL, with its password.
        :param limit: bytes; a larger database is not copied.
        :returns: the copy and how it was made, or None and why there is none.
        """
        ...

    def shadow_server(self, named: str | None, folder: Path) -> ShadowServer:
        """Where shadows are made: ``named`` URL if given, else what the machine offers.

        :param folder: a private folder for files, gone at the end whatever happens.
        :raises assay.errors.UsageError: nothing is there, with the ways to get one.
        """
        ...
