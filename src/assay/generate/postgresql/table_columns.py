"""The columns of a table that is made: as the models declare them, or as the database had them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.postgresql import definitions
from assay.generate.postgresql.matching import contents
from assay.generate.postgresql.sequence_texts import is_plain_serial, owned_sequence
from assay.generate.postgresql.settled import catalog_column, settled_column

__all__ = ["columns_of", "is_serial"]

_INTEGERS = ("smallint", "integer", "bigint")


def columns_of(c: Comparison, side: Snapshot, key: TableKey) -> list[Column[Any]]:
    """The columns of a table in their order, without constraints: those are written apart.

    :param side: the catalog that has the table.
    """
    alone = _alone(side, key)
    return [_column(c, side, found, alone == found.key[2]) for found in _in_order(c, side, key)]


def is_serial(side: Snapshot, found: CatalogObject) -> bool:
    """Whether ``SERIAL`` makes the column, its sequence and its default."""
    sequence = owned_sequence(side, found)
    return (
        sequence is not None
        and is_plain_serial(sequence, found)
        and found.key[2] in _key_columns(side, found.key[:2])
    )


def _in_order(c: Comparison, side: Snapshot, key: TableKey) -> list[CatalogObject]:
    """Catalog objects in the order of the table; the catalog itself does not tell positions."""
    mine = {o.key[2]: o for o in contents(side, key) if o.kind == "column"}
    if side is c.new:
        names = [str(column.name) for column in c.models[key].columns]
    else:
        schema = c.schema_of(key)
        names = [info["name"] for info in c.inspector.get_columns(key[1], schema=schema)]
    return [mine[name] for name in names if name in mine]


def _column(c: Comparison, side: Snapshot, found: CatalogObject, alone: bool) -> Column[Any]:
    if side is c.new:
        table = c.models[found.key[:2]]
        model = next(column for column in table.columns if column.name == found.key[2])
        column = settled_column(c, model)
    else:
        column = catalog_column(c, side, found)
        if is_serial(side, found):
            column.server_default, column.autoincrement = None, True
    given = found.get("default") is not None or found.get("identity") is not None
    if alone and not given and found.get("type") in _INTEGERS:
        # else SQLAlchemy takes an integer that is the whole key for a SERIAL
        column.autoincrement = False
    return column


def _alone(side: Snapshot, key: TableKey) -> str | None:
    """The column that is the whole primary key."""
    columns = _key_columns(side, key)
    return columns[0] if len(columns) == 1 else None


def _key_columns(side: Snapshot, key: TableKey) -> tuple[str, ...]:
    for found in contents(side, key):
        if found.kind == "primary key":
            parsed = definitions.key(found.get("definition") or "")
            return parsed.columns if parsed is not None else ()
    return ()
