"""SQLite, 3.31 and newer."""

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
from assay.dialects.sqlite import catalog, connecting, files
from assay.dialects.sqlite import server as shadows
from assay.dialects.values import Address, Capabilities, ConnectArguments, Execute, Query

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["DIALECT", "SQLite"]


class Files:
    """A database is saved and put back as a whole."""

    def save(self, database: Address, to: Path) -> None:
        """Copy a database file as it is now, what is committed in it.

        :raises assay.errors.UsageError: it is no database, or stays locked.
        """
        files.save(Path(database.database), to)

    def restore(self, database: Address, saved: Path) -> None:
        """Put a database file back as :meth:`save` saved it, others being connected.

        :raises assay.errors.UsageError: it stays locked.
        """
        files.restore(Path(database.database), saved)


class Rows:
    """SQLite's part of making rows."""

    @property
    def guesses(self) -> tuple[str, ...]:
        """None: by its affinity, every type is one that values are known of."""
        return ()

    def read_tables(self, connection: Connection) -> dict[TableKey, TableShape]:
        """Ordinary tables, see :mod:`assay.dialects.sqlite.tables`."""
        from assay.dialects.sqlite.tables import read_tables

        return read_tables(connection)

    def value(self, _kind: ColumnType, _number: int, _make: MakeValue) -> Value | None:
        """None: there is no type that others do not have."""
        return None

    def rows_on(self, connection: Connection) -> RowConnection:
        """Values go as they are, without savepoints."""
        from assay.dialects.sqlite.filling import Filling

        return Filling(connection)


class SQLite:
    """One database is one file."""

    name = "sqlite"
    # SQLite itself rolls DDL back. But the sqlite3 module commits on its own before DDL or never
    # begins, so a revision run by Alembic is undone by putting the file back.
    capabilities = Capabilities(transactional_ddl=False)
    files: FileDatabases | None = Files()
    rows: RowDialect = Rows()

    def read_catalog(self, query: Query) -> CatalogState:
        """The whole catalog of ``main``, system tables (``sqlite_…``) left out."""
        return catalog.read_catalog(query)

    def catalog_mark(self, query: Query) -> str:
        """The schema cookie; see :func:`assay.dialects.sqlite.catalog.catalog_mark`."""
        return catalog.catalog_mark(query)

    def redirect(self, driver: str, arguments: ConnectArguments, to: Address) -> None:
        """Rewrite the path.

        :raises assay.errors.UsageError: the driver is not known here.
        """
        connecting.redirect(driver, arguments, to)

    def in_memory(self, arguments: ConnectArguments) -> bool:
        """No file name, ``:memory:``, or a URI for memory."""
        return connecting.in_memory(arguments)

    def is_in_memory(self, connection: Any) -> bool:
        """A SQLite connection without a file."""
        return connecting.is_in_memory(connection)

    def privileges(self, _query: Query, _at: Address | None = None) -> frozenset[Grant]:
        """None: there are no roles."""
        return frozenset()

    def has_default_privileges(self, _query: Query) -> bool:
        """Never."""
        return False

    def follower(
        self, query: Query, state: CatalogState, observer: Observer | None = None
    ) -> Follower:
        """Who follows a connection: the catalog is read again where its cookie moved."""
        from assay.dialects.following import RefreshingFollower
        from assay.dialects.sqlite.following import SQLiteFollower
        from assay.dialects.sqlite.observing import SQLiteObserver

        if isinstance(observer, SQLiteObserver):
            return SQLiteFollower(query, state, observer)
        return RefreshingFollower(query, state)

    def observer(
        self, query: Query, _execute: Execute, _at: Address, _before: Observer | None = None
    ) -> Observer:
        """Who watches a connection, see :mod:`assay.dialects.sqlite.observing`."""
        from assay.dialects.sqlite.observing import SQLiteObserver

        return SQLiteObserver(query)

    def defaults_of(self, _url: str) -> Mapping[str, str]:
        """None: a table has nothing of its database that its catalog shows."""
        return {}

    def rows_in(self, _url: str) -> Mapping[tuple[str, ...], int]:
        """None: SQLite estimates nothing without ``ANALYZE``."""
        return {}

    def copy_live(self, server: ShadowServer, url: str, limit: int) -> tuple[Address | None, str]:
        """A copy of a real database file on ``server``, with its rows."""
        return shadows.copy_live(server, url, limit)

    def shadow_server(self, named: str | None, folder: Path) -> ShadowServer:
        """Shadows as files in ``folder``.

        :raises assay.errors.UsageError: a server is named.
        """
        return shadows.shadow_server(named, folder)


DIALECT: Dialect = SQLite()
