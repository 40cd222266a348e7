"""A database's catalog, from one query on its schema table."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from assay.catalog import CatalogObject, Snapshot
from assay.dialects.base import Query
from assay.dialects.sqlite.objects import (
    foreign_key_objects,
    table_objects,
    text_object,
    try_parse_table,
)
from assay.dialects.sqlite.parse import Table

__all__ = ["SqliteCatalog", "catalog_mark", "read_catalog"]

# Named sqlite_schema since 3.33 only. The casts keep the caller's type converters away.
_SCHEMA = """
    SELECT CAST(type AS TEXT), CAST(name AS TEXT), CAST(tbl_name AS TEXT), CAST(sql AS TEXT)
    FROM main.sqlite_master
    WHERE sql IS NOT NULL AND substr(lower(name), 1, 7) <> 'sqlite_'
    ORDER BY 1, 2
"""


class Row(NamedTuple):
    """One row of the schema table."""

    type: str
    name: str
    table: str
    sql: str


Group = tuple[Row, ...]
"""A table and its indexes."""


class SqliteCatalog:
    """The catalog of a database's ``main`` schema.

    It is a function of what the schema table says, so it is right after a rollback and after the
    file was replaced. A refresh costs one query; only tables whose texts changed are parsed again.
    """

    def __init__(self, version: str, rows: tuple[Row, ...], before: SqliteCatalog | None) -> None:
        known = before.groups if before else {}
        groups: dict[str, list[Row]] = defaultdict(list)
        objects: list[CatalogObject] = []
        for row in rows:
            if row.type in ("table", "index"):
                groups[row.table.lower()].append(row)
            elif row.type == "trigger":
                objects.append(text_object("trigger", (row.table, row.name), row.sql))
            else:
                objects.append(text_object(row.type, (row.name,), row.sql))
        self._version = version
        self._rows = rows
        self.groups: dict[Group, list[CatalogObject]] = {}
        tables: dict[str, tuple[str, Table]] = {}
        for listed in groups.values():
            group = tuple(listed)
            found = known.get(group)
            self.groups[group] = found if found is not None else _read_group(group)
            objects += self.groups[group]
            for row in group:
                parsed = try_parse_table(row.sql) if row.type == "table" else None
                if parsed is not None:
                    tables[row.name.lower()] = (row.name, parsed)
        # Depends on the text of other tables: a target without columns means its primary key.
        for name, table in tables.values():
            if table.foreign_keys:
                objects += foreign_key_objects(name, table, lambda n: tables.get(n.lower()))
        self._snapshot = Snapshot.make("sqlite", version, objects)

    @property
    def snapshot(self) -> Snapshot:
        """The catalog as it was when this state was read."""
        return self._snapshot

    def refresh(self, query: Query) -> SqliteCatalog:
        """The state now; this one stays as it is."""
        rows = _rows(query)
        return self if rows == self._rows else SqliteCatalog(self._version, rows, self)


def read_catalog(query: Query) -> SqliteCatalog:
    """The whole catalog of ``main``: SQLite 3.31 and newer, two queries."""
    [(version,)] = query("SELECT CAST(sqlite_version() AS TEXT)")
    return SqliteCatalog(str(version), _rows(query), None)


def catalog_mark(query: Query) -> str:
    """SQLite's schema cookie of ``main``.

    Every DDL statement counts it up at once, also inside a transaction; a rollback takes it back.
    Rows and temporary tables leave it alone; ``VACUUM`` counts it up although the catalog stays as
    it was (3.40.1, measured).
    """
    [(cookie,)] = query("PRAGMA main.schema_version")
    return str(cookie)


def _rows(query: Query) -> tuple[Row, ...]:
    return tuple(map(Row._make, query(_SCHEMA)))


def _read_group(group: Group) -> list[CatalogObject]:
    tables = [row for row in group if row.type == "table"]
    indexes = [(row.name, row.sql) for row in group if row.type == "index"]
    found = []
    for table in tables:
        found += table_objects(table.name, table.sql, indexes)
    return found
