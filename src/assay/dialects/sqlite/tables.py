"""SQLite's tables as one who must fill them sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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

_COLUMNS = """
SELECT m.name, m.sql, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x
WHERE m.type = 'table' ORDER BY m.name, x.cid
"""
_KEYS = """
SELECT m.name, f.id, f."table", f."from", f."to"
FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
"""
_UNIQUE = """
SELECT m.name, l.name, i.name
FROM sqlite_schema m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
WHERE m.type = 'table' AND l."unique" AND NOT l.partial ORDER BY m.name, l.seq, i.seqno
"""


def read_tables(connection: Connection) -> dict[TableKey, TableShape]:
    """Every table rows can be made for: no views, no virtual tables and what they keep beside them."""
    columns = _rows(connection, _COLUMNS)
    virtual = {row[0] for row in columns if re.match(r"(?i)\s*create\s+virtual\b", row[1])}
    gathered: dict[str, list[Any]] = {}
    for row in columns:
        name = row[0]
        # a virtual table keeps its own tables beside it, named after it
        if not (
            name.startswith("sqlite_")
            or name in virtual
            or any(name.startswith(f"{owner}_") for owner in virtual)
        ):
            gathered.setdefault(name, []).append(row)
    tables: dict[TableKey, TableShape] = {}
    for name, rows in gathered.items():
        keyed = sorted((row[6], row[2]) for row in rows if row[6])
        primary = tuple(column for _, column in keyed)
        made = tuple(
            ColumnShape(row[2], _type(row[3]), not (row[4] or row[6]), row[5] is not None)
            for row in rows
            if not row[7]
        )
        unique = (primary,) if primary else ()
        bare = TableShape((None, name), name, made, primary, unique)
        checks = tuple(bare.check(sql) for sql in _checks_in(rows[0][1]))
        tables[bare.key] = replace(bare, checks=checks)
    indexes: dict[tuple[str, str], list[str | None]] = {}
    for name, index, column in _rows(connection, _UNIQUE):
        indexes.setdefault((name, index), []).append(column)
    for (name, _), indexed in indexes.items():
        table = tables.get((None, name))
        whole = tuple(column for column in indexed if column is not None)
        if table is not None and len(whole) == len(indexed):  # an expression has no name
            tables[table.key] = replace(table, unique=(*table.unique, whole))
    folded = {key[1].casefold(): key for key in tables}
    keys: dict[tuple[str, int], list[Any]] = {}
    for row in _rows(connection, _KEYS):
        keys.setdefault((row[0], row[1]), []).append(row)
    for (name, _), rows in keys.items():
        table = tables.get((None, name))
        if table is None:
            continue
        columns_there: tuple[str, ...]
        parent = folded.get(rows[0][2].casefold(), (None, rows[0][2]))
        referred = tuple(row[4] for row in rows)
        if None in referred:
            columns_there = tables[parent].primary_key if parent in tables else ()
        elif parent in tables:
            columns_there = tuple(_spelled(tables[parent], column) for column in referred)
        else:
            columns_there = referred
        names = tuple(_spelled(table, row[3]) for row in rows)
        made_key = table.foreign_key(names, parent, columns_there)
        tables[table.key] = replace(table, foreign_keys=(*table.foreign_keys, made_key))
    return tables


def _rows(connection: Connection, sql: str) -> list[Any]:
    return list(connection.exec_driver_sql(sql))


def _spelled(table: TableShape, name: str) -> str:
    """A column's name as its table spells it: SQLite's names do not mind case."""
    return next((c.name for c in table.columns if c.name.casefold() == name.casefold()), name)


def _type(declared: str) -> ColumnType:
    found = re.match(r'"[^"]+"|\w+', declared.strip())
    name = found[0].lower() if found else ""
    if name not in _KNOWN:
        # rules of affinity, https://www.sqlite.org/datatype3.html section 3.1, in their order
        upper = declared.upper()
        if "INT" in upper:
            name = "integer"
        elif any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
            name = "text"
        elif "BLOB" in upper:
            name = "blob"
        elif not upper or upper == "ANY":
            name = "text"
        elif any(part in upper for part in ("REAL", "FLOA", "DOUB")):
            name = "real"
        else:
            name = "numeric"
    # NUMERIC affinity keeps a double: more digits than that would not come back as given
    return ColumnType(declared, name, type_parameters(declared))


_KNOWN = frozenset((
    "boolean", "bool", "date", "datetime", "timestamp", "time", "json", "jsonb", "uuid",
    "numeric", "decimal", "integer", "int", "bigint", "smallint", "tinyint", "real", "float",
    "double", "text", "varchar", "char", "character", "nvarchar", "nchar", "blob",
))  # fmt: skip


def _checks_in(create: str) -> Iterator[str]:
    """The expressions of the CHECK constraints in a CREATE TABLE."""
    token = re.compile(
        r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\w+|[()]""",
        re.DOTALL,
    )
    depth, start, armed = 0, None, False
    base = 0
    for found in token.finditer(create):
        text = found[0]
        if text == "(":
            if armed and start is None:
                start, base = found.end(), depth
            depth += 1
        elif text == ")":
            depth -= 1
            if start is not None and depth == base:
                yield create[start : found.start()].strip()
                start = None
        if not text.startswith(("--", "/*")):
            armed = text.upper() == "CHECK"
