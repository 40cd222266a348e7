"""PostgreSQL 13 to 18."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.dialects.base import CatalogState, FileDatabases, Follower, Observer, ShadowServer
from assay.dialects.observed import Grant
from assay.dialects.postgresql.locks import MODES
from assay.dialects.postgresql.stuck import WAITING
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

__all__ = ["DIALECT", "PostgreSQL"]


class Rows:
    """PostgreSQL's part of making rows."""

    @property
    def guesses(self) -> tuple[str, ...]:
        """Texts of which one may be a value of an extension's type."""
        from assay.dialects.postgresql.values import GUESSES

        return GUESSES

    def read_tables(self, connection: Connection) -> dict[TableKey, TableShape]:
        """Ordinary and partitioned tables, see :mod:`assay.dialects.postgresql.tables`."""
        from assay.dialects.postgresql.tables import read_tables

        return read_tables(connection)

    def value(self, kind: ColumnType, number: int, make: MakeValue) -> Value | None:
        """A value of a type that others do not have, of an array, a range or a composite."""
        from assay.dialects.postgresql.values import value

        return value(kind, number, make)

    def rows_on(self, connection: Connection) -> RowConnection:
        """Values go as text, attempts are savepoints."""
        from assay.dialects.postgresql.filling import Filling

        return Filling(connection)


class PostgreSQL:
    """The PostgreSQL answers to :class:`assay.dialects.Dialect`."""

    name = "postgresql"
    capabilities = Capabilities(
        transactional_ddl=True,
        lock_modes=MODES,
        bounded=("SET statement_timeout = '60s'",),
        waiting=WAITING,
    )
    files: FileDatabases | None = None
    rows: RowDialect = Rows()

    def read_catalog(self, query: Query) -> CatalogState:
        """The whole catalog, see :func:`assay.dialects.postgresql.catalog.read_catalog`."""
        from assay.dialects.postgresql.catalog import read_catalog

        return read_catalog(query)

    def redirect(self, driver: str, arguments: ConnectArguments, to: Address) -> None:
        """Rewrite where ``driver`` connects.

        :raises assay.errors.UsageError: the driver is not known here.
        """
        from assay.dialects.postgresql.redirect import redirect

        redirect(driver, arguments, to)

    def catalog_mark(self, query: Query) -> str:
        """Changes when a statement of this transaction wrote the system catalogs."""
        from assay.dialects.postgresql.mark import catalog_mark

        return catalog_mark(query)

    def in_memory(self, _arguments: ConnectArguments) -> bool:
        """Never: there is a server."""
        return False

    def is_in_memory(self, _connection: Any) -> bool:
        """Never."""
        return False

    def privileges(self, query: Query, at: Address | None = None) -> frozenset[Grant]:
        """What others than the owners may do."""
        from assay.dialects.postgresql.privileges import committed_privileges, read_privileges

        return read_privileges(query) if at is None else committed_privileges(at)

    def has_default_privileges(self, query: Query) -> bool:
        """Whether ``ALTER DEFAULT PRIVILEGES`` has been said of anything."""
        return bool(query("SELECT EXISTS (SELECT FROM pg_catalog.pg_default_acl)")[0][0])

    def follower(
        self, query: Query, state: CatalogState, observer: Observer | None = None
    ) -> Follower:
        """Who follows a connection, see :mod:`assay.dialects.postgresql.following`."""
        from assay.dialects.postgresql.catalog import PostgreSQLState
        from assay.dialects.postgresql.following import PostgreSQLFollower
        from assay.dialects.postgresql.observing import PostgreSQLObserver

        assert isinstance(state, PostgreSQLState)
        places = observer.places if isinstance(observer, PostgreSQLObserver) else None
        return PostgreSQLFollower(query, state, places)

    def observer(
        self, query: Query, _execute: Execute, at: Address, before: Observer | None = None
    ) -> Observer:
        """Who watches a connection, see :mod:`assay.dialects.postgresql.observing`."""
        from assay.dialects.postgresql.observing import PostgreSQLObserver

        if isinstance(before, PostgreSQLObserver):
            before.go_on()
            return before
        return PostgreSQLObserver(query, at)

    def defaults_of(self, _url: str) -> Mapping[str, str]:
        """None: a table has nothing of its database that its catalog shows."""
        return {}

    def rows_in(self, url: str) -> Mapping[tuple[str, ...], int]:
        """``reltuples`` of tables that were analyzed."""
        from assay.dialects.postgresql.estimates import rows_in

        return rows_in(url)

    def copy_live(self, server: ShadowServer, url: str, limit: int) -> tuple[Address | None, str]:
        """A copy of a real database on ``server``: by template where it is the same one, or dumped."""
        from assay.dialects.postgresql.copying import copy_database
        from assay.dialects.postgresql.databases import Databases

        assert isinstance(server, Databases)
        return copy_database(server, url, limit)

    def shadow_server(self, named: str | None, folder: Path) -> ShadowServer:
        """Where shadows are made: the named server, else one of our own.

        :raises assay.errors.UsageError: nothing is there.
        """
        from assay.dialects.postgresql.server import shadow_server

        return shadow_server(named, folder)


DIALECT = PostgreSQL()
