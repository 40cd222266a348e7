"""How values reach MySQL's and MariaDB's columns, and how what they refused is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from assay.dialects.mysql.texts import quoted
from assay.dialects.mysql.values import GEOMETRIES
from assay.dialects.shapes import ColumnShape, ColumnType, Refused, TableShape, Value

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Filling"]


class Filling:
    """MySQL's :class:`~assay.dialects.shapes.RowConnection`.

    Values go as they are, geometries and vectors through the function that reads them from text.
    No savepoint is used: a failed statement undoes itself, and after a statement on a table of Aria
    or MEMORY the server refuses savepoints (MariaDB 10.11, error 1178, measured).
    """

    undoes_many = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def given(self, kind: ColumnType | None, made: Value | None) -> sa.ColumnElement[Any]:
        """The value itself."""
        if made is None:
            return sa.null()
        if isinstance(made, str) and kind is not None:
            if kind.name in GEOMETRIES:
                return sa.func.ST_GeomFromText(made)
            if kind.name == "vector":
                # MariaDB docs, "VEC_FromText"; MySQL docs, "STRING_TO_VECTOR()"
                if getattr(self._connection.dialect, "is_mariadb", False):
                    return sa.func.VEC_FromText(made)
                return sa.func.STRING_TO_VECTOR(made)
        if isinstance(made, Decimal):
            return sa.literal(made, sa.Numeric(65, 30))
        return sa.literal(made)

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
            raise Refused.by_database(error, _words(error)) from error

    @contextmanager
    def deferred(self, tables: Sequence[TableShape]) -> Iterator[None]:
        """Foreign keys are not checked inside, and looked through when the block ends.

        :raises Refused: something inside did not work; these tables, empty before, are empty again.
        """
        self._check_foreign_keys(False)
        try:
            yield
            for table in tables:
                for columns in self._orphans(table):
                    raise Refused(f"a foreign key of {table.label} ({columns}) points to no row")
        except Refused:
            for table in tables:
                self._connection.exec_driver_sql(f"DELETE FROM {quoted(table.key[1])}")
            raise
        finally:
            self._check_foreign_keys(True)

    def _check_foreign_keys(self, on: bool) -> None:
        self._connection.exec_driver_sql(f"SET SESSION foreign_key_checks = {int(on)}")

    def _orphans(self, table: TableShape) -> Iterator[str]:
        for key in table.foreign_keys:
            pairs = list(zip(key.columns, key.parent_columns, strict=True))
            parent = ".".join(quoted(part) for part in key.parent if part)
            same = " AND ".join(f"p.{quoted(b)} = c.{quoted(a)}" for a, b in pairs)
            there = " AND ".join(f"c.{quoted(a)} IS NOT NULL" for a, _ in pairs)
            found = self._connection.exec_driver_sql(
                f"SELECT 1 FROM {quoted(table.key[1])} c WHERE {there}"
                f" AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same}) LIMIT 1"
            ).all()
            if found:
                yield ", ".join(key.columns)

    def check_at_once(self) -> None:
        """Nothing to do: nothing is ever deferred."""

    def check_as_declared(self) -> None:
        """Nothing to do."""

    def next_number(self, _table: TableShape, _column: ColumnShape) -> tuple[int, int] | None:
        """None: the counter of a table gives no number without a row."""
        return None


def _words(error: SQLAlchemyError) -> object:
    orig = getattr(error, "orig", None) or error
    told: tuple[object, ...] = getattr(orig, "args", ())
    # (1452, "Cannot add or update a child row …")
    texts = [one for one in told if isinstance(one, str)]
    return texts[0] if texts else orig
