"""A database's catalog, from one query on its schema table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.catalog import CatalogObject, Snapshot
from assay.dialects.sqlite.declarations import Table
from assay.dialects.sqlite.objects import (
    foreign_key_objects,
    table_objects,
    text_object,
    try_parse_table,
)
from assay.dialects.values import Query

__all__ = ["SqliteCatalog", "catalog_mark", "read_catalog"]

# Named sqlite_schema since 3.33 only. The casts keep the caller's type converters away.
_SCHEMA = """
    SELECT CAST(type AS TEXT), CAST(name AS TEXT), CAST(tbl_name AS TEXT), CAST(sql AS TEXT)
    FROM main.sqlite_master
    WHERE sql IS NOT NULL AND substr(lower(name), 1, 7) <> 'sqlite_'
"""


class Row(NamedTuple):
    """One row of the schema table."""

    type: str
    name: str
    table: str
    sql: str

    @property
    def owner(self) -> Owner:
        """What its objects are filed under: a table has its indexes with it."""
        if self.type in ("table", "index"):
            return ("table", self.table.lower())
        return (self.type, self.name)


Owner = tuple[str, str]
"""``table`` and ``foreign keys`` with a table's name in lower case, else a row's type and name."""
Texts = tuple[str, ...]
"""A row as it was read; most are never looked at."""
Objects = tuple[CatalogObject, ...]
Tables = dict[str, tuple[str, Table]]
"""Stored name and declaration, by the name in lower case."""


@dataclass(frozen=True)
class SqliteCatalog:
    """The catalog of a database's ``main`` schema.

    It is a function of what the schema table says, so it is right after a rollback and after the
    file was replaced. A refresh costs one query; only what texts changed of is made anew.
    """

    version: str
    rows: frozenset[Texts] = field(repr=False)
    groups: Mapping[Owner, frozenset[Row]] = field(repr=False)
    """The rows by what their objects are filed under."""
    owners: Mapping[Owner, Objects] = field(repr=False)
    tables: Tables = field(repr=False)
    snapshot: Snapshot = field(repr=False)

    def refresh(self, query: Query) -> SqliteCatalog:
        """The state now; this one stays as it is."""
        rows = _rows(query)
        return self if rows == self.rows else _state(self.version, rows, self)

    def copied(self, _query: Query) -> SqliteCatalog:
        """This one: a copy has the bytes of its file."""
        return self


def _state(version: str, rows: frozenset[Texts], before: SqliteCatalog) -> SqliteCatalog:
    """The state after rows were changed, with the objects of what they did not touch."""
    groups = _regrouped(before.groups, before.rows - rows, rows - before.rows)
    tables = dict(before.tables)
    made: dict[Owner, Objects] = {}
    for owner, group in groups.items():
        made[owner] = tuple(_read_group(sorted(group)))
        if owner[0] == "table":
            tables.pop(owner[1], None)
            for row in group:
                parsed = try_parse_table(row.sql) if row.type == "table" else None
                if parsed is not None:
                    tables[owner[1]] = (row.name, parsed)
    # Depends on the text of other tables: a target without columns means its primary key.
    for key, (name, table) in tables.items():
        if ("table", key) in groups or any(
            ("table", foreign.target.lower()) in groups for foreign in table.foreign_keys
        ):
            found = foreign_key_objects(name, table, lambda n: tables.get(n.lower()))
            made["foreign keys", key] = tuple(found)
    for owner in groups:
        if owner[0] == "table":
            made.setdefault(("foreign keys", owner[1]), ())
    gone = [o for owner in made for o in before.owners.get(owner, ())]
    come = [o for objects in made.values() for o in objects]
    if before.snapshot.objects:
        snapshot = before.snapshot.exchanged(gone, come)
    else:
        snapshot = Snapshot.make("sqlite", version, come)
    owners = {o: objects for o, objects in {**before.owners, **made}.items() if objects}
    kept = {owner: group for owner, group in {**before.groups, **groups}.items() if group}
    return SqliteCatalog(version, rows, kept, owners, tables, snapshot)


def _regrouped(
    before: Mapping[Owner, frozenset[Row]], gone: Iterable[Texts], come: Iterable[Texts]
) -> dict[Owner, frozenset[Row]]:
    """The groups that rows went from or came to, as they are now."""
    groups: dict[Owner, frozenset[Row]] = {}
    for rows, change in ((gone, frozenset.difference), (come, frozenset.union)):
        for row in map(Row._make, rows):
            group = groups.get(row.owner, before.get(row.owner, frozenset()))
            groups[row.owner] = change(group, (row,))
    return groups


def read_catalog(query: Query) -> SqliteCatalog:
    """The whole catalog of ``main``: SQLite 3.31 and newer, two queries."""
    [(version,)] = query("SELECT CAST(sqlite_version() AS TEXT)")
    nothing = Snapshot("sqlite", str(version), ())
    empty = SqliteCatalog(str(version), frozenset(), {}, {}, {}, nothing)
    return _state(str(version), _rows(query), empty)


def catalog_mark(query: Query) -> str:
    """SQLite's schema cookie of ``main``.

    Every DDL statement counts it up at once, also inside a transaction; a rollback takes it back.
    Rows and temporary tables leave it alone; ``VACUUM`` counts it up although the catalog stays as
    it was (3.40.1, measured).
    """
    [(cookie,)] = query("PRAGMA main.schema_version")
    return str(cookie)


def _rows(query: Query) -> frozenset[Texts]:
    return frozenset(query(_SCHEMA))


def _read_group(group: Iterable[Row]) -> Iterator[CatalogObject]:
    """The objects of one owner's rows, but foreign keys."""
    indexes = [(row.name, row.sql) for row in group if row.type == "index"]
    for row in group:
        if row.type == "table":
            yield from table_objects(row.name, row.sql, indexes)
        elif row.type == "trigger":
            yield text_object("trigger", (row.table, row.name), row.sql)
        elif row.type != "index":
            yield text_object(row.type, (row.name,), row.sql)
