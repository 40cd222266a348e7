"""Rows whose keys lie far from those of the others, as in a table that is large.

Made rows have the keys 1, 2 and 3: a condition on a range of keys takes all of them.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from assay.dialects import load
from assay.dialects.shapes import Refused, TableShape
from assay.prove.statements import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["FAR", "make_far_rows"]

FAR = 25_000
"""Added to a key: more than most batches have rows, and not too many batches of them to be run."""

_WHOLE = ("integer", "int", "mediumint", "bigint")
"""Types of keys that hold it."""


def make_far_rows(connection: Connection, only: Collection[str]) -> dict[str, int]:
    """Give tables a row with a far key: a copy of their last one, else an own one that nobody refers to.

    Nothing is committed here.

    :param connection: open on a shadow; its transaction is the caller's.
    :param only: names of tables, as :class:`~assay.prove.rows.RowsReport` has them.
    :returns: how many rows each table then holds; without those that have no such row: their key is
        no whole number of its own, or the database takes none.
    """
    engine = load(connection.dialect.name).rows
    tables = engine.read_tables(connection).values()
    statements = Statements(connection, engine)
    found: dict[str, int] = {}
    for table in tables:
        key = _key(table)
        if table.label not in only or key is None:
            continue
        for attempt in (_copied(table, key), _moved(table, key, tables)):
            with suppress(Refused):
                with statements.attempt():
                    made = connection.execute(attempt).rowcount
                if made == 1:
                    found[table.label] = statements.count(table)
                    break
    return found


def _key(table: TableShape) -> str | None:
    """The column that rows are told apart by, if it is a whole number and refers to nothing.

    Of a table without a primary key its first column that is never NULL.
    """
    names = table.primary_key or tuple(c.name for c in table.columns if not c.nullable)[:1]
    column = table.column(names[0]) if len(names) == 1 else None
    if column is None or column.type.name not in _WHOLE:
        return None
    # SQLite checks no reference unless it is told to
    refers = any(column.name in reference.columns for reference in table.foreign_keys)
    return None if refers else column.name


def _copied(table: TableShape, key: str) -> sa.Insert:
    target = _clause(table)
    names = [column.name for column in table.columns]
    row = sa.select(*(target.c[n] + FAR if n == key else target.c[n] for n in names))
    # MySQL takes no subquery of the table that is written to, but for a derived one
    last = sa.select(sa.func.max(target.c[key]).label("last")).subquery("far")
    return sa.insert(target).from_select(
        names, row.where(target.c[key] == sa.select(last.c.last).scalar_subquery())
    )


def _moved(table: TableShape, key: str, tables: Collection[TableShape]) -> sa.Update:
    """The last row that no foreign key's row refers to."""
    target = _clause(table)
    free = sa.select(sa.func.max(target.c[key]).label("last"))
    for child in tables:
        for reference in child.foreign_keys:
            if reference.parent == table.key and key in reference.parent_columns:
                column = reference.columns[reference.parent_columns.index(key)]
                referring = _clause(child).alias("child")
                free = free.where(
                    ~sa.exists(
                        sa.select(sa.literal_column("1"))
                        .select_from(referring)
                        .where(referring.c[column] == target.c[key])
                    )
                )
    last = sa.select(free.subquery("far").c.last).scalar_subquery()
    return sa.update(target).where(target.c[key] == last).values({key: target.c[key] + FAR})


def _clause(table: TableShape) -> sa.TableClause:
    names = [column.name for column in table.columns]
    return sa.table(table.key[1], *map(sa.column, names), schema=table.key[0])
