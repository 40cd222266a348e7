"""How values reach PostgreSQL's columns, and how what it refused is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import UserDefinedType

from assay.dialects.postgresql.values import as_text
from assay.dialects.shapes import ColumnShape, ColumnType, Refused, TableShape, Value

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Filling"]


class _Named(UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        return self.text


class Filling:
    """PostgreSQL's :class:`~assay.dialects.shapes.RowConnection`.

    Every value goes as text and is cast to the column's type by the server, so that all drivers
    agree; what may fail runs in a savepoint.
    """

    undoes_many = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._quote = connection.dialect.identifier_preparer.quote_identifier
        self._doubles_percent = connection.dialect.paramstyle in ("format", "pyformat")
        self._deferrable, self._deferred = self._deferrable_names()

    def given(self, kind: ColumnType | None, made: Value | None) -> sa.ColumnElement[Any]:
        """The value's text, cast to the type."""
        if kind is None:
            plain = float(made) if isinstance(made, Decimal) else made
            return sa.null() if plain is None else sa.literal(plain)
        typed = _Named(kind.cast.replace("%", "%%") if self._doubles_percent else kind.cast)
        if made is None:
            return sa.cast(sa.null(), typed)
        return sa.cast(sa.cast(sa.literal(as_text(made), sa.Text), sa.Text), typed)

    def read(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The column's text."""
        return sa.cast(column, sa.Text)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A savepoint around what is done inside.

        :raises Refused: it failed, with the database's own words.
        """
        nested = self._connection.begin_nested()
        try:
            yield
            nested.commit()
        except BaseException as error:
            if nested.is_active:
                nested.rollback()
            if isinstance(error, SQLAlchemyError):
                raise Refused.by_database(error, _words(error)) from error
            raise

    @contextmanager
    def deferred(self, _tables: Sequence[TableShape]) -> Iterator[None]:
        """Deferrable foreign keys are checked when the block ends.

        :raises Refused: something inside did not work; all of it is undone.
        """
        with self.attempt():
            self._set(self._deferrable, "DEFERRED")
            yield
            self._set(self._deferrable, "IMMEDIATE")

    def check_at_once(self) -> None:
        """Constraints INITIALLY DEFERRED are checked with each statement from here."""
        with suppress(Refused), self.attempt():
            self._set(self._deferred, "IMMEDIATE")

    def check_as_declared(self) -> None:
        """They are deferred again."""
        self._set(self._deferred, "DEFERRED")

    def next_number(self, table: TableShape, column: ColumnShape) -> tuple[int, int] | None:
        """A number taken from the column's sequence, and its increment; None without a sequence."""
        # a value, not SQL of ours: the dialect's quoting would double a percent sign
        owner = ".".join('"' + part.replace('"', '""') + '"' for part in table.key if part)
        asked = sa.text(
            "SELECT nextval(CAST(s.name AS regclass)), q.seqincrement FROM (SELECT"
            " pg_get_serial_sequence(CAST(:owner AS text), CAST(:column AS text)) AS name) s"
            " JOIN pg_sequence q ON q.seqrelid = CAST(s.name AS regclass)"
        )
        try:
            with self.attempt():
                found = self._connection.execute(
                    asked, {"owner": owner, "column": column.name}
                ).first()
        except Refused:
            return None
        return None if found is None else (int(found[0]), int(found[1]))

    def _set(self, names: str, when: str) -> None:
        # By name, never ALL: that would hold for constraints made later in the transaction, too.
        if names:
            self._connection.exec_driver_sql(f"SET CONSTRAINTS {names} {when}")

    def _deferrable_names(self) -> tuple[str, str]:
        """The constraints that can be deferred, and those that are unless told otherwise."""
        found = self._connection.execute(
            sa.text(
                "SELECT DISTINCT CAST(n.nspname AS text), CAST(c.conname AS text), c.condeferred"
                " FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace"
                " WHERE c.condeferrable ORDER BY 1, 2"
            )
        ).all()
        names = [(f"{self._quote(schema)}.{self._quote(name)}", on) for schema, name, on in found]
        return ", ".join(name for name, _ in names), ", ".join(name for name, on in names if on)


def _words(error: SQLAlchemyError) -> object:
    orig = getattr(error, "orig", None) or error
    told = orig.args[0] if orig.args else orig
    # pg8000 gives the server's fields
    return told.get("M", told) if isinstance(told, dict) else told
