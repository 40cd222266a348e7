"""The catalog of a MySQL or MariaDB database as a state."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from assay.catalog import CatalogObject, Snapshot
from assay.dialects.base import Query
from assay.dialects.mysql.objects import (
    Row,
    TableRows,
    routine_objects,
    table_objects,
    view_object,
)
from assay.dialects.mysql.queries import SERVER, Server, catalog_queries, server
from assay.dialects.mysql.texts import quoted, tokens
from assay.errors import UsageError

__all__ = ["MySQLState", "catalog_mark", "read_catalog", "read_server"]


@dataclass(frozen=True)
class _Rows:
    """All that was read, table by table; equal exactly when the catalog is."""

    tables: Mapping[str, TableRows]
    views: tuple[tuple[Row, str | None], ...]
    routines: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True)
class MySQLState:
    """A catalog. Neither server keeps a version of it, so a refresh reads everything again.

    That is a fixed number of queries on ``information_schema`` (MariaDB 10.11, 100 tables: 15 ms,
    measured), and only what changed is made into objects anew. It needs no transaction: DDL commits.
    """

    server: Server
    rows: _Rows = field(repr=False)
    owners: Mapping[str, tuple[CatalogObject, ...]] = field(repr=False)
    snapshot: Snapshot = field(repr=False)

    def refresh(self, query: Query) -> MySQLState:
        """The state now; this one stays as it is."""
        if read_server(query).database != self.server.database:
            # a copy of what this was read from; keys that refer to the database itself say its name
            return read_catalog(query)
        rows = _read(query, self.server)
        return self if rows == self.rows else _state(self.server, rows, self)


def read_catalog(query: Query) -> MySQLState:
    """The whole catalog of the current database.

    Left out: definers, grants, positions of columns, the next value of counters, and the settings of
    the session that made a routine, trigger or view (``sql_mode``, character set).

    :raises UsageError: the connection has no current database.
    """
    found = read_server(query)
    if found.database is None:
        raise UsageError(
            "The connection has no current database, so there is no catalog to read.",
            next_step="Put the database's name into the URL that env.py connects with.",
        )
    return _state(found, _read(query, found), None)


def read_server(query: Query) -> Server:
    """Which server it is and which database is the current one."""
    [(version, database)] = query(SERVER)
    return server(_text(version), None if database is None else _text(database))


def catalog_mark(query: Query) -> str:
    """A hash over what :func:`read_catalog` reads: there is no cookie, and times are in seconds."""
    found = read_server(query)
    return hashlib.sha256(repr(_read(query, found)).encode()).hexdigest()


_queries = lru_cache(catalog_queries)


def _read(query: Query, about: Server) -> _Rows:
    asked = {
        name: [tuple(map(_value, row)) for row in query(sql)]
        for name, sql in _queries(about.mariadb).items()
        if name != "parameters"
    }
    parameters = (
        [tuple(map(_value, row)) for row in query(_queries(about.mariadb)["parameters"])]
        if asked["routines"]
        else []
    )
    grouped: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    parts = ("columns", "indexes", "key columns", "foreign keys", "checks", "triggers")
    for part in parts:
        for row in asked[part]:
            grouped[row[0]][part].append(row)
    tables: dict[str, TableRows] = {}
    for row in asked["tables"]:
        found = {part: tuple(sorted(grouped[row[0]][part], key=repr)) for part in parts}
        tables[row[0]] = TableRows(
            table=row,
            columns=found["columns"],
            indexes=found["indexes"],
            key_columns=found["key columns"],
            foreign_keys=found["foreign keys"],
            checks=found["checks"],
            triggers=found["triggers"],
            create=_shown(query, row, found["indexes"], found["checks"]),
        )
    views = tuple((row, _shown_view(query, row, about)) for row in sorted(asked["views"], key=repr))
    routines = tuple(
        tuple(sorted(rows, key=repr)) for rows in (asked["routines"], parameters, asked["events"])
    )
    return _Rows(tables, views, routines)


_PERIOD_CHECK = re.compile(r"`(?:[^`]|``)+` < `(?:[^`]|``)+`\Z")


def _shown(query: Query, row: Row, indexes: tuple[Row, ...], checks: tuple[Row, ...]) -> str | None:
    """``SHOW CREATE`` of what ``information_schema`` does not tell whole, without its counter."""
    name, kind, options = row[0], row[1], row[4] or ""
    if kind == "SEQUENCE":
        return _text(query(f"SHOW CREATE SEQUENCE {quoted(name)}")[0][1])
    if not (
        "partitioned" in options
        or any(index[7] == "FULLTEXT" for index in indexes)
        # a period is a check of this form, named after it, and nothing else tells of it
        or any(check[2] == "Table" and _PERIOD_CHECK.match(check[3]) for check in checks)
    ):
        return None
    create = _text(query(f"SHOW CREATE TABLE {quoted(name)}")[0][1])
    return re.sub(r" AUTO_INCREMENT=\d+", "", create)


def _shown_view(query: Query, row: Row, about: Server) -> str | None:
    """A view's definition as ``SHOW CREATE VIEW`` has it, which leaves out the current database.

    Asked for only where the database's name is also that of something in the view.
    """
    own = quoted(about.database or "")
    texts = [text for kind, text in tokens(row[1] or "") if kind != "blank"]
    ambiguous = any(
        text == own and texts[at + 1 : at + 2] != ["."] for at, text in enumerate(texts)
    )
    if not ambiguous:
        return None
    create = _text(query(f"SHOW CREATE VIEW {quoted(row[0])}")[0][1])
    return create.partition(" AS ")[2]


def _state(about: Server, rows: _Rows, before: MySQLState | None) -> MySQLState:
    owners: dict[str, tuple[CatalogObject, ...]] = {}
    for name, found in rows.tables.items():
        if before is not None and before.rows.tables.get(name) == found:
            owners[name] = before.owners[name]
        else:
            owners[name] = tuple(table_objects(found, about))
    objects = [one for some in owners.values() for one in some]
    objects += [view_object(row, about, definition) for row, definition in rows.views]
    objects += routine_objects(*rows.routines)
    return MySQLState(about, rows, owners, Snapshot.make("mysql", about.version, objects))


def _value(value: Any) -> Any:
    return _text(value) if isinstance(value, (bytes, bytearray)) else value


def _text(value: Any) -> str:
    """Some drivers give text of a binary collation as bytes."""
    return bytes(value).decode() if isinstance(value, (bytes, bytearray)) else str(value)
