"""MySQL's and MariaDB's tables as one who must fill them sees them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.dialects.mysql.texts import without_database
from assay.dialects.shapes import (
    ColumnShape,
    ColumnType,
    TableKey,
    TableShape,
    type_parameters,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["read_tables"]

_ABOUT = "SELECT CAST(VERSION() AS CHAR), CAST(DATABASE() AS CHAR)"
_COLUMNS = """
SELECT CAST(c.TABLE_NAME AS CHAR), CAST(c.COLUMN_NAME AS CHAR), CAST(c.COLUMN_TYPE AS CHAR),
       CAST(c.IS_NULLABLE AS CHAR), CAST(c.COLUMN_DEFAULT AS CHAR), CAST(c.EXTRA AS CHAR),
       CAST(c.GENERATION_EXPRESSION AS CHAR)
FROM information_schema.COLUMNS c JOIN information_schema.TABLES t
  ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_SCHEMA = DATABASE()
  AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION
"""
_UNIQUE = """
SELECT CAST(TABLE_NAME AS CHAR), CAST(INDEX_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), SUB_PART
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
"""
_KEYS = """
SELECT CAST(TABLE_NAME AS CHAR), CAST(CONSTRAINT_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR),
       CAST(REFERENCED_TABLE_SCHEMA AS CHAR), CAST(REFERENCED_TABLE_NAME AS CHAR),
       CAST(REFERENCED_COLUMN_NAME AS CHAR)
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL
ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""
_CHECKS_MARIADB = """
SELECT CAST(TABLE_NAME AS CHAR), CAST(CHECK_CLAUSE AS CHAR)
FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()
ORDER BY TABLE_NAME, CONSTRAINT_NAME
"""
_CHECKS_MYSQL = """
SELECT CAST(t.TABLE_NAME AS CHAR), CAST(c.CHECK_CLAUSE AS CHAR)
FROM information_schema.TABLE_CONSTRAINTS t JOIN information_schema.CHECK_CONSTRAINTS c
  ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME
WHERE t.CONSTRAINT_SCHEMA = DATABASE() AND t.CONSTRAINT_TYPE = 'CHECK' AND t.ENFORCED = 'YES'
ORDER BY 1, t.CONSTRAINT_NAME
"""


def read_tables(connection: Connection) -> dict[TableKey, TableShape]:
    """Every table of the current database: no views, no sequences, no temporary tables."""
    [(version, database)] = _rows(connection, _ABOUT)
    mariadb = "mariadb" in version.lower()
    tables: dict[TableKey, TableShape] = {}
    for name, column, typed, nullable, default, extra, generated in _rows(connection, _COLUMNS):
        table = tables.setdefault((None, name), TableShape((None, name), name))
        if generated:
            continue
        shape = ColumnShape(
            column,
            _type(typed),
            nullable == "YES",
            default is not None and default != "NULL",
            "by default" if "auto_increment" in (extra or "").lower() else None,
        )
        tables[table.key] = replace(table, columns=(*table.columns, shape))
    _add_unique(tables, _rows(connection, _UNIQUE))
    _add_keys(tables, _rows(connection, _KEYS), database)
    for name, clause in _rows(connection, _CHECKS_MARIADB if mariadb else _CHECKS_MYSQL):
        table = tables[None, name]
        if found := re.fullmatch(r"json_valid\(`((?:[^`]|``)+)`\)", clause):
            # what MariaDB makes of a column declared as JSON
            tables[table.key] = _with_json(table, found[1].replace("``", "`"))
            continue
        sql = clause if mariadb else clause.replace("\\'", "'")
        check = table.check(without_database(sql, database))
        tables[table.key] = replace(table, checks=(*table.checks, check))
    return tables


def _add_unique(tables: dict[TableKey, TableShape], rows: list[Any]) -> None:
    indexes: dict[tuple[str, str], list[str | None]] = {}
    for name, index, column, part in rows:
        # of a part of a column or an expression, nothing is known of what must differ
        indexes.setdefault((name, index), []).append(None if part is not None else column)
    for (name, index), columns in indexes.items():
        whole = tuple(column for column in columns if column is not None)
        table = tables.get((None, name))
        if table is not None and len(whole) == len(columns):
            primary = whole if index == "PRIMARY" else table.primary_key
            tables[table.key] = replace(table, unique=(*table.unique, whole), primary_key=primary)


def _add_keys(tables: dict[TableKey, TableShape], rows: list[Any], database: str) -> None:
    keys: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        keys.setdefault((row[0], row[1]), []).append(row)
    for (name, _), parts in keys.items():
        table = tables[None, name]
        schema, parent = parts[0][3], parts[0][4]
        made = table.foreign_key(
            tuple(part[2] for part in parts),
            (None if schema == database else schema, parent),
            tuple(part[5] for part in parts),
        )
        tables[table.key] = replace(table, foreign_keys=(*table.foreign_keys, made))


def _with_json(table: TableShape, column: str) -> TableShape:
    columns = tuple(
        replace(one, type=replace(one.type, name="json")) if one.name == column else one
        for one in table.columns
    )
    return replace(table, columns=columns)


def _rows(connection: Connection, sql: str) -> list[Any]:
    found = connection.exec_driver_sql(sql)
    return [
        tuple(bytes(v).decode() if isinstance(v, (bytes, bytearray)) else v for v in row)
        for row in found
    ]


def _type(typed: str) -> ColumnType:
    word = re.match(r"\w+", typed)
    name = word[0].lower() if word else typed
    if name in ("enum", "set"):
        labels = tuple(found.replace("''", "'") for found in re.findall(r"'((?:[^']|'')*)'", typed))
        return ColumnType(typed, name, kind="enum", labels=labels)
    if typed.lower().startswith("tinyint(1)"):
        return ColumnType(typed, "boolean")
    if name.endswith("int"):  # its number in parentheses is a width to show it in
        return ColumnType(typed, name)
    return ColumnType(typed, _ALIASES.get(name, name), type_parameters(typed))


_ALIASES = {
    "tinytext": "text", "mediumtext": "text", "longtext": "text",
    "tinyblob": "blob", "mediumblob": "blob", "longblob": "blob",
}  # fmt: skip
