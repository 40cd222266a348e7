"""Rows left behind by a dropped table: when it comes back empty, they refer to nothing.

A downgrade makes the table and the foreign key again. Rows of the other table still hold the keys
they held, so those rows are inserted first, with what else the table demands.
"""

from __future__ import annotations

from alembic.operations import ops

from assay.catalog import CatalogObject
from assay.generate.mysql.affected import objects_of
from assay.generate.mysql.column_types import is_json
from assay.generate.mysql.text import names, strings
from assay.generate.plan.comparison import Comparison
from assay.operations.missing_parents import InsertMissingParentsOp

__all__ = ["parents_again"]

_NUMBERS = ("int", "decimal", "float", "double", "bit", "year")
_NEUTRAL = {
    "date": "'1970-01-01'",
    "datetime": "'1970-01-01'",
    "timestamp": "'1970-01-02'",
    "time": "'00:00'",
    "uuid": "uuid()",
}


def parents_again(c: Comparison, found: CatalogObject) -> list[ops.MigrateOperation]:
    """What inserts the rows that a foreign key to a dropped table needs in the downgrade.

    Nothing where the table stays, where the referring columns go too, or where it cannot be said
    what the rows would hold.
    """
    child, columns = found.key[0], names(found.get("columns"))
    *schema, table = names(found.get("target"))
    if schema or ("table", (table,)) in c.new.by_identity or not c.in_both((child,)):
        return []
    if any(c.new.get("column", child, column) is None for column in columns):
        return []
    keys = names(found.get("target columns"))
    values = _values(c, table, keys)
    if values is None:
        return []
    return [InsertMissingParentsOp(table, keys, child, columns, values=values)]


def _values(c: Comparison, table: str, keys: tuple[str, ...]) -> dict[str, str] | None:
    """SQL for the columns that must have a value; None where one is not known."""
    values: dict[str, str] = {}
    for column in objects_of(c.old, "column", table):
        given = any(column.get(name) for name in ("default", "generated", "autoincrement"))
        if column.key[1] in keys or given or column.get("not null") != "true":
            continue
        value = c.answers.backfill.get(".".join(column.key)) or _neutral(column)
        if value is None:
            return None
        values[column.key[1]] = value
    return values


def _neutral(column: CatalogObject) -> str | None:
    if is_json(column):
        return "'{}'"
    typed = column.get("type") or ""
    kind = typed.partition("(")[0].partition(" ")[0]
    if kind == "enum":
        return "'" + strings(typed)[0].replace("'", "''") + "'"
    if kind.endswith(_NUMBERS):
        return "0"
    if kind.endswith(("char", "text", "blob", "binary")):
        return "''"
    return _NEUTRAL.get(kind)
