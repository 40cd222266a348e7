"""Rows left behind by a dropped table: when it comes back empty, they refer to nothing.

A downgrade makes the table and the foreign key again. Rows of the other table still hold the keys
they held, so those rows are inserted first, with what else the table demands.
"""

from __future__ import annotations

from alembic.operations import ops

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.postgresql import definitions
from assay.operations.missing_parents import InsertMissingParentsOp

__all__ = ["parents_again"]

_NEUTRAL = {
    "smallint": "0",
    "integer": "0",
    "bigint": "0",
    "numeric": "0",
    "real": "0",
    "double precision": "0",
    "boolean": "false",
    "text": "''",
    "character varying": "''",
    "character": "''",
    "bytea": "''",
    "json": "'{}'",
    "jsonb": "'{}'",
    "uuid": "gen_random_uuid()",
    "date": "'epoch'",
    "timestamp without time zone": "'epoch'",
    "timestamp with time zone": "'epoch'",
    "time without time zone": "'00:00'",
    "interval": "'0'",
}


def parents_again(c: Comparison, found: CatalogObject) -> list[ops.MigrateOperation]:
    """What inserts the rows that a foreign key to a dropped table needs in the downgrade.

    Nothing where the table stays, where the referring columns go too, or where it cannot be said
    what the rows would hold.
    """
    key = definitions.reference(found.get("definition") or "")
    child = c.table_of(found)
    if key is None or ("table", key.table) in c.new.by_identity:
        return []
    if any(c.new.get("column", *child, column) is None for column in key.columns):
        return []
    values = _values(c, key.table, key.referred)
    if values is None:
        return []
    return [
        InsertMissingParentsOp(
            key.table[-1],
            key.referred,
            child[-1],
            key.columns,
            values=values,
            schema=c.schema_of(key.table),
            child_schema=c.schema_of(child),
        )
    ]


def _values(c: Comparison, table: TableKey, keys: tuple[str, ...]) -> dict[str, str] | None:
    """SQL for the columns that must have a value; None where one is not known."""
    values: dict[str, str] = {}
    for column in c.old.of_kind("column"):
        name = column.key[-1]
        given = column.get("default") or column.get("generated") or column.get("identity")
        if column.key[:2] != table or name in keys or given or column.get("not null") != "true":
            continue
        kind = (column.get("type") or "").partition("(")[0]
        names = [f"{table[-1]}.{name}", ".".join((*table, name))]
        value = next((c.answers.backfill[n] for n in names if n in c.answers.backfill), None)
        value = value or _NEUTRAL.get(kind)
        if value is None:
            return None
        values[name] = value
    return values
