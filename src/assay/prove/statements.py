"""The statements that rows are made with, on a connection whose transaction is somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assay.dialects.shapes import (
    CheckShape,
    ColumnShape,
    Refused,
    RowDialect,
    TableKey,
    TableShape,
    Value,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["DEFAULT", "Row", "Statements"]


class _Default:
    """Leave the column out: the server gives its default or its number."""

    def __repr__(self) -> str:
        return "DEFAULT"


DEFAULT = _Default()
Row = dict[str, Any]
"""Column → :data:`~assay.dialects.shapes.Value`, None for NULL, or :data:`DEFAULT`."""


class Statements:
    """Inserts and looks, undone one by one where they fail.

    :param engine: how the connection's engine is given values and undoes what failed.
    """

    def __init__(self, connection: Connection, engine: RowDialect) -> None:
        self.engine = engine
        self.on = engine.rows_on(connection)
        self._connection = connection

    # --- writing ---

    def insert(self, table: TableShape, row: Row, *, alone: bool = True) -> None:
        """Put one row in.

        :param alone: False inside an :meth:`attempt` that is given up as a whole.
        :raises Refused: the database does not take it; nothing changed.
        """
        given = {name: made for name, made in row.items() if made is not DEFAULT}
        target = sa.table(table.key[1], *map(sa.column, given), schema=table.key[0])
        statement = sa.insert(target)
        if given:
            statement = statement.values(
                {name: self._given(table, name, made) for name, made in given.items()}
            )
        with self.attempt(alone=alone):
            self._connection.execute(statement)

    def update(self, table: TableShape, values: Row, where: Row) -> None:
        """Change the row whose columns say so.

        :raises Refused: the database does not take it; nothing changed.
        """
        target = self._target(table, [*values, *where])
        with self.attempt():
            self._connection.execute(
                sa.update(target)
                .where(
                    *(
                        target.c[name] == self._given(table, name, made)
                        for name, made in where.items()
                    )
                )
                .values({name: self._given(table, name, made) for name, made in values.items()})
            )

    def attempt(self, *, alone: bool = True) -> AbstractContextManager[None]:
        """What is done inside is undone if it fails, and the connection goes on.

        :param alone: False inside another attempt that is given up as a whole.
        :raises Refused: it failed, with the database's own words.
        """
        return self.on.attempt() if alone else nullcontext()

    # --- looking ---

    def which_hold_rows(self, tables: Sequence[TableShape]) -> set[TableKey]:
        """The keys of the tables that are not empty."""
        found: set[TableKey] = set()
        for start in range(0, len(tables), 100):  # SQLite: at most 500 terms in a compound SELECT
            some = tables[start : start + 100]
            asked: sa.CompoundSelect[Any] = sa.union_all(
                *(
                    sa.select(sa.literal_column(str(number)).label("number")).where(
                        sa.exists(
                            sa.select(sa.literal_column("1")).select_from(self._target(table, []))
                        )
                    )
                    for number, table in enumerate(some)
                )
            )
            found |= {some[row[0]].key for row in self._connection.execute(asked)}
        return found

    def count(self, table: TableShape) -> int:
        """How many rows the table holds."""
        counted = sa.select(sa.func.count()).select_from(self._target(table, []))
        return int(self._connection.execute(counted).scalar_one())

    def rows(self, table: TableShape, columns: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
        """Some rows' values of these columns, in the form :meth:`insert` takes; sorted."""
        target = self._target(table, columns)
        asked = [self.on.read(target.c[name]) for name in columns]
        found = self._connection.execute(sa.select(*asked).limit(limit)).all()
        return sorted((tuple(row) for row in found), key=_in_order)

    def first_passing(
        self,
        table: TableShape,
        columns: Sequence[ColumnShape],
        checks: Sequence[CheckShape],
        rows: Iterable[Row],
        *,
        alone: bool = True,
    ) -> Row | None:
        """The first row whose values pass these checks and are values of their types.

        Asked without touching the table. A check that is NULL passes.

        :param alone: False inside an :meth:`attempt` that is given up as a whole.
        """
        waiting = iter(rows)
        while True:
            try:
                # one attempt lasts until a value is none of its type
                with self.attempt(alone=alone):
                    return next(
                        (row for row in waiting if self._passes(table, row, columns, checks)), None
                    )
            except Refused:
                continue  # the rows after the one that failed

    def _passes(
        self,
        table: TableShape,
        row: Row,
        columns: Sequence[ColumnShape],
        checks: Sequence[CheckShape],
    ) -> bool:
        made = sa.select(
            *(
                self._given(table, column.name, row[column.name]).label(column.name)
                for column in columns
            )
        ).subquery(table.key[1])
        # reading each value keeps the server from leaving its cast out
        asked: list[sa.ColumnElement[Any]] = [made.c[column.name].is_(None) for column in columns]
        for check in checks:
            asked.append(
                sa.func.coalesce(sa.literal_column(f"({check.sql})", sa.Boolean), sa.true())
            )
        answer = self._connection.execute(sa.select(*asked)).one()
        return all(answer[len(columns) :])

    # --- how ---

    def _target(self, table: TableShape, columns: Sequence[str]) -> sa.TableClause:
        return sa.table(
            table.key[1], *(sa.column(name) for name in dict.fromkeys(columns)), schema=table.key[0]
        )

    def _given(self, table: TableShape, name: str, made: Value | None) -> sa.ColumnElement[Any]:
        column = table.column(name)
        return self.on.given(None if column is None else column.type, made)


def _in_order(row: Sequence[Any]) -> list[tuple[bool, int, str]]:
    """Text of numbers in the order of the numbers; NULLs last."""
    return [(made is None, len(str(made)), str(made)) for made in row]
