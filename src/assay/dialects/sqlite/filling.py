"""How values reach SQLite's columns, and how what it refused is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from assay.dialects.shapes import ColumnShape, ColumnType, Refused, TableShape, Value

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Filling"]


class Filling:
    """SQLite's :class:`~assay.dialects.shapes.RowConnection`.

    Values go as they are, and no savepoint is used: a failed statement undoes itself, and under the
    standard driver a savepoint outside a transaction would commit on release.
    """

    undoes_many = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._quote = connection.dialect.identifier_preparer.quote_identifier

    def given(self, _kind: ColumnType | None, made: Value | None) -> sa.ColumnElement[Any]:
        """The value itself; the driver knows no decimals."""
        plain = float(made) if isinstance(made, Decimal) else made
        return sa.null() if plain is None else sa.literal(plain)

    def read(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The column itself."""
        return column

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """The one statement inside undoes itself if it fails.

        :raises Refused: it failed, with the database's own words.
        """
        try:
            yield
        except SQLAlchemyError as error:
            orig = getattr(error, "orig", None) or error
            raise Refused.by_database(error, orig.args[0] if orig.args else orig) from error

    @contextmanager
    def deferred(self, tables: Sequence[TableShape]) -> Iterator[None]:
        """Foreign keys are checked when the block ends, whether the connection enforces them or not.

        :raises Refused: something inside did not work; these tables, empty before, are empty again.
        """
        # A statement that changes data begins the transaction that the pragma lasts for.
        self._connection.execute(sa.delete(_target(tables[0])).where(sa.false()))
        self._connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        try:
            yield
            for table in tables:
                check = f"PRAGMA foreign_key_check({self._quote(table.key[1])})"
                found = self._connection.exec_driver_sql(check)
                if found.returns_rows and found.all():
                    raise Refused(f"a foreign key of {table.label} points to no row")
        except Refused:
            for table in tables:
                self._connection.execute(sa.delete(_target(table)))
            raise
        finally:
            self._connection.exec_driver_sql("PRAGMA defer_foreign_keys = OFF")

    def check_at_once(self) -> None:
        """Nothing to do: ``DEFERRABLE INITIALLY DEFERRED`` cannot be overruled in SQLite."""

    def check_as_declared(self) -> None:
        """Nothing to do."""

    def next_number(self, _table: TableShape, _column: ColumnShape) -> tuple[int, int] | None:
        """None: there are no sequences."""
        return None


def _target(table: TableShape) -> sa.TableClause:
    return sa.table(table.key[1], schema=table.key[0])
