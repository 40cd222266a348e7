"""MariaDB 10.6 and newer, MySQL 8.0 and newer: one dialect under two names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.dialects.base import (
    CatalogState,
    Dialect,
    FileDatabases,
    Follower,
    Observer,
    ShadowServer,
)
from assay.dialects.mysql.stuck import WAITING
from assay.dialects.observed import Grant
from assay.dialects.shapes import (
    ColumnType,
    MakeValue,
    RowConnection,
    RowDialect,
    TableKey,
    TableShape,
    Value,
)
from assay.dialects.values import Address, Capabilities, ConnectArguments, Execute, Query

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["DIALECT", "MySQL"]


class Rows:
    """MySQL's and MariaDB's part of making rows."""

    @property
    def guesses(self) -> tuple[str, ...]:
        """Texts of which one may be a value of a type that nothing is known of."""
        from assay.dialects.mysql.values import GUESSES

        return GUESSES

    def read_tables(self, connection: Connection) -> dict[TableKey, TableShape]:
        """Ordinary tables, see :mod:`assay.dialects.mysql.tables`."""
        from assay.dialects.mysql.tables import read_tables

        return read_tables(connection)

    def value(self, kind: ColumnType, number: int, make: MakeValue) -> Value | None:
        """A value of a type that others do not have."""
        from assay.dialects.mysql.values import value

        return value(kind, number, make)

    def rows_on(self, connection: Connection) -> RowConnection:
        """Values go as they are, attempts are savepoints."""
        from assay.dialects.mysql.filling import Filling

        return Filling(connection)


class MySQL:
    """The MySQL and MariaDB answers to :class:`assay.dialects.Dialect`."""

    name = "mysql"
    # Every DDL statement commits before and after itself (MariaDB docs, "SQL statements causing
    # an implicit commit").
    capabilities = Capabilities(
        transactional_ddl=False,
        # what a statement lets others do: all, read, nothing
        lock_modes=("NONE", "SHARED", "EXCLUSIVE"),
        # MariaDB; MySQL has the like for SELECT only
        bounded=("SET SESSION max_statement_time = 60",),
        waiting=WAITING,
    )
    files: FileDatabases | None = None
    rows: RowDialect = Rows()

    def read_catalog(self, query: Query) -> CatalogState:
        """The current database's catalog, see :mod:`assay.dialects.mysql.catalog`."""
        from assay.dialects.mysql.catalog import read_catalog

        return read_catalog(query)

    def catalog_mark(self, query: Query) -> str:
        """A hash over the catalog."""
        from assay.dialects.mysql.catalog import catalog_mark

        return catalog_mark(query)

    def redirect(self, driver: str, arguments: ConnectArguments, to: Address) -> None:
        """Rewrite where ``driver`` connects.

        :raises assay.errors.UsageError: the driver is not known here.
        """
        from assay.dialects.mysql.redirect import redirect

        redirect(driver, arguments, to)

    def in_memory(self, _arguments: ConnectArguments) -> bool:
        """Never: there is a server."""
        return False

    def is_in_memory(self, _connection: Any) -> bool:
        """Never."""
        return False

    def privileges(self, _query: Query, _at: Address | None = None) -> frozenset[Grant]:
        """None: they are the server's, not the database's."""
        return frozenset()

    def has_default_privileges(self, _query: Query) -> bool:
        """Never."""
        return False

    def follower(
        self, query: Query, state: CatalogState, observer: Observer | None = None
    ) -> Follower:
        """Who follows a connection; without an observer, the catalog is read again."""
        from assay.dialects.following import RefreshingFollower
        from assay.dialects.mysql.catalog import MySQLState
        from assay.dialects.mysql.following import MySQLFollower
        from assay.dialects.mysql.observing import MySQLObserver

        if isinstance(observer, MySQLObserver) and isinstance(state, MySQLState):
            return MySQLFollower(query, state, observer)
        return RefreshingFollower(query, state)

    def observer(
        self, query: Query, execute: Execute, _at: Address, before: Observer | None = None
    ) -> Observer:
        """Who watches a connection, see :mod:`assay.dialects.mysql.observing`."""
        from assay.dialects.mysql.observing import MySQLObserver

        if isinstance(before, MySQLObserver):
            before.go_on()
            return before
        return MySQLObserver(query, execute)

    def defaults_of(self, url: str) -> Mapping[str, str]:
        """Its character set and collation."""
        from assay.dialects.mysql.copying import defaults_of

        return defaults_of(url)

    def rows_in(self, url: str) -> Mapping[tuple[str, ...], int]:
        """``TABLE_ROWS`` of ``information_schema``."""
        from assay.dialects.mysql.copying import rows_in

        return rows_in(url)

    def copy_live(self, server: ShadowServer, url: str, limit: int) -> tuple[Address | None, str]:
        """A copy of a real database on ``server``, made over connections."""
        from assay.dialects.mysql.copying import copy_database
        from assay.dialects.mysql.databases import Databases

        assert isinstance(server, Databases)
        return copy_database(server, url, limit)

    def shadow_server(self, named: str | None, folder: Path) -> ShadowServer:
        """Where shadows are made: the named server, else one of our own.

        :raises assay.errors.UsageError: nothing is there.
        """
        from assay.dialects.mysql.server import shadow_server

        return shadow_server(named, folder)


DIALECT: Dialect = MySQL()
