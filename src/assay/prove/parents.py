"""Rows that refer to rows: for foreign keys that the models have and the database does not have yet.

Rows made before a revision that adds a foreign key know nothing of it, so it would raise on all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from assay.dialects import load
from assay.dialects.shapes import Refused, TableShape
from assay.prove.statements import Statements

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection, MetaData

__all__ = ["models_of", "point_to_parents"]

_MOST = 50
"""Rows of a table that are looked at: a shadow holds a few."""


def models_of(context: MigrationContext) -> tuple[MetaData, ...]:
    """The models that ``env.py`` gives to Alembic; none where it gives none."""
    found = context.opts.get("target_metadata") or ()
    return tuple(found) if isinstance(found, (list, tuple)) else (found,)


def point_to_parents(connection: Connection, models: Iterable[MetaData]) -> None:
    """Give rows the keys of rows in the tables that the models say they refer to.

    What is NULL stays NULL, and what the database does not take stays as it was. Nothing is
    committed here.

    :param connection: open on a shadow; its transaction is the caller's.
    """
    engine = load(connection.dialect.name).rows
    tables = {table.label: table for table in engine.read_tables(connection).values()}
    statements = Statements(connection, engine)
    for child, columns, parent, keys in _references(models, tables):
        there = [row for row in statements.rows(parent, keys, _MOST) if None not in row]
        orphans = [
            row
            for row in dict.fromkeys(statements.rows(child, columns, _MOST))
            if None not in row and row not in there
        ]
        for number, row in enumerate(orphans if there else ()):
            # one each, as long as there are so many: the columns may be unique
            key = there[number % len(there)]
            with suppress(Refused):
                statements.update(
                    child,
                    dict(zip(columns, key, strict=True)),
                    dict(zip(columns, row, strict=True)),
                )


Reference = tuple[TableShape, Sequence[str], TableShape, Sequence[str]]


def _references(models: Iterable[MetaData], tables: dict[str, TableShape]) -> Iterator[Reference]:
    """The foreign keys of the models whose tables and columns are there."""
    declared = [table for metadata in models for table in metadata.tables.values()]
    for table in sorted(declared, key=lambda one: one.fullname):
        for constraint in sorted(table.foreign_key_constraints, key=lambda c: list(c.column_keys)):
            columns = [element.parent.name for element in constraint.elements]
            try:
                keys = [element.column.name for element in constraint.elements]
                parent = tables.get(constraint.referred_table.fullname)
            except Exception:  # it refers to what the models do not have
                continue
            child = tables.get(table.fullname)
            if child is None or parent is None:
                continue
            if all(map(child.column, columns)) and all(map(parent.column, keys)):
                yield child, columns, parent, keys
