"""The rows that a catalog is made of: all of them, those of some tables, or only their sums."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from assay.dialects.mysql.moved import parts_moved
from assay.dialects.mysql.objects import Row, TableRows, sum_of
from assay.dialects.mysql.queries import Server, catalog_queries, of_part, sum_queries, table_query
from assay.dialects.mysql.texts import quoted, tokens
from assay.dialects.values import Query

__all__ = ["Rows", "read_again", "read_rows", "same_sums", "text"]


@dataclass(frozen=True)
class Rows:
    """All that was read, table by table; equal exactly when the catalog is."""

    tables: Mapping[str, TableRows]
    views: tuple[tuple[Row, str | None], ...]
    routines: tuple[tuple[Row, ...], ...]
    """Routines, their parameters, events."""

    def name(self, database: str | None) -> bool:
        """Whether a table's texts may name that database."""
        return database is None or any(
            database in found.expressions for found in self.tables.values()
        )


_FIELDS = {
    "columns": "columns",
    "indexes": "indexes",
    "key columns": "key_columns",
    "foreign keys": "foreign_keys",
    "checks": "checks",
    "triggers": "triggers",
}
"""Queries whose rows belong to tables, and where they are kept."""
_ROUTINES = ("routines", "parameters", "events")
"""The others, as :attr:`Rows.routines` has them."""


def read_rows(query: Query, about: Server) -> Rows:
    """All rows of the current database."""
    grouped: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for part in _FIELDS:
        for row in _ask(query, catalog_queries(about.mariadb)[part]):
            grouped[row[0]][part].append(row)
    tables: dict[str, TableRows] = {}
    for row in _ask(query, catalog_queries(about.mariadb)["tables"]):
        kept: dict[str, Any] = {
            field: _sorted(grouped[row[0]][part]) for part, field in _FIELDS.items()
        }
        found = TableRows(row, **kept)
        tables[row[0]] = replace(found, create=_shown(query, found, None))
    routines, parameters = _routines(query, about)
    return Rows(tables, _views(query, about), (routines, parameters, _events(query, about)))


def read_again(
    query: Query,
    about: Server,
    before: Rows,
    *,
    tables: Iterable[str] = (),
    referring: Iterable[str] = (),
    others: Collection[str] = (),
) -> Rows:
    """Rows with some of them as they are now.

    :param tables: read these, whether they are there or not; without their triggers.
    :param referring: read foreign keys of these, which are there.
    :param others: ``views``, ``triggers``, ``routines``, ``events``: as a whole.
    """
    found = dict(before.tables)
    for name in tables:
        new = _table(query, about, name, found.pop(name, None))
        if new is not None:
            found[name] = new
    for name in referring:
        if name in found:
            # what was shown of it may come back, with these keys
            found[name] = replace(found[name], shown=None, **_keys(query, about, name))
    if "triggers" in others:
        grouped: dict[str, list[Row]] = defaultdict(list)
        for row in _ask(query, catalog_queries(about.mariadb)["triggers"]):
            grouped[row[0]].append(row)
        for name, kept in found.items():
            triggers = _sorted(grouped[name])
            if kept.triggers != triggers:
                found[name] = replace(kept, triggers=triggers)
    routines, parameters, events = before.routines
    if "routines" in others:
        routines, parameters = _routines(query, about)
    if "events" in others:
        events = _events(query, about)
    views = _views(query, about) if "views" in others else before.views
    return Rows(found, views, (routines, parameters, events))


def same_sums(
    query: Query, about: Server, rows: Rows, parts: Collection[str] | None = None
) -> bool:
    """Whether the current database's catalog reads as these rows, by the number and sum of each part.

    The server adds them up, so that they need not come here (MariaDB 10.11, 300 tables: 20 ms against
    45, measured). Another row has the sum of the one before in one of 4 billion cases. What only
    ``SHOW CREATE`` tells is compared as it is; views are not compared.

    :param parts: of the queries, those to ask; None: all.
    """
    if parts is None:
        parts = {*_FIELDS, "tables", *_ROUTINES}
        if not rows.routines[0]:
            parts -= {"parameters"}  # they take long, and there are none
    for part in sorted(parts):
        [(count, total)] = query(sum_queries(about.mariadb)[part])
        if (int(count), int(total)) != _sum(rows, part):
            return False
    for found in rows.tables.values():
        if found.create is not None and found.create != _shown(query, found, None):
            return False
    return True


def _sum(rows: Rows, part: str) -> tuple[int, int]:
    """How many rows a part has, and the sum of their CRC32."""
    if part in _ROUTINES:
        return sum_of(rows.routines[_ROUTINES.index(part)])
    sums = [found.sums[_FIELDS.get(part, "table")] for found in rows.tables.values()]
    return sum(count for count, _ in sums), sum(total for _, total in sums)


def _ask(query: Query, sql: str) -> list[Row]:
    return [tuple(map(_value, row)) for row in query(sql)]


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=repr))


_KEYS = ("key columns", "foreign keys")


def _table(query: Query, about: Server, name: str, before: TableRows | None) -> TableRows | None:
    """One table, with the triggers it had.

    What its text does not speak of is not asked for; nor is, on MariaDB, what it says as ``before``.
    """
    create: str | None = None
    with suppress(Exception):  # it is not there, or cannot be shown
        create = _create(query, name)
    moved: Collection[str] | None = None
    if about.mariadb and before is not None and before.shown is not None and create is not None:
        moved = parts_moved(before.shown, create)
    if before is None or moved is None:
        before = TableRows((), triggers=before.triggers if before else ())
        moved = _parts(create)
    rows = _of_table(query, about, name, sorted(moved)) if moved else {}
    if rows.get("tables") == ():
        return None
    fields: dict[str, Any] = {_FIELDS[part]: rows[part] for part in rows if part != "tables"}
    if "tables" in rows:
        fields["table"] = rows["tables"][0]
    found = replace(before, **fields)
    hidden = create is not None and create.startswith(_TEMPORARY)
    return replace(found, create=_shown(query, found, create), shown=None if hidden else create)


_TEMPORARY = "CREATE TEMPORARY"
"""How the text of a table begins that is shown in the place of the one that the rows are of."""


def _parts(create: str | None) -> list[str]:
    """The queries on a table, without those whose words its text has not."""
    parts = ["tables", "columns", "indexes"]
    hidden = create is None or create.startswith(_TEMPORARY)
    said = "CHECK FOREIGN KEY" if create is None or hidden else create.upper()
    if "CHECK" in said or "PERIOD" in said:
        parts.append("checks")
    return [*parts, *_KEYS] if "FOREIGN KEY" in said else parts


def _keys(query: Query, about: Server, name: str) -> dict[str, Any]:
    return {_FIELDS[part]: rows for part, rows in _of_table(query, about, name, _KEYS).items()}


def _of_table(
    query: Query, about: Server, name: str, parts: Sequence[str]
) -> dict[str, tuple[Row, ...]]:
    grouped: dict[str, list[Row]] = {part: [] for part in parts}
    for row in _ask(query, table_query(about.mariadb, name, parts)):
        if row[1] == name:
            grouped[row[0]].append(of_part(about.mariadb, row))
    return {part: _sorted(rows) for part, rows in grouped.items()}


def _routines(query: Query, about: Server) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    queries = catalog_queries(about.mariadb)
    routines = _sorted(_ask(query, queries["routines"]))
    return routines, _sorted(_ask(query, queries["parameters"])) if routines else ()


def _events(query: Query, about: Server) -> tuple[Row, ...]:
    return _sorted(_ask(query, catalog_queries(about.mariadb)["events"]))


def _views(query: Query, about: Server) -> tuple[tuple[Row, str | None], ...]:
    rows = _sorted(_ask(query, catalog_queries(about.mariadb)["views"]))
    return tuple((row, _shown_view(query, row, about)) for row in rows)


_PERIOD_CHECK = re.compile(r"`(?:[^`]|``)+` < `(?:[^`]|``)+`\Z")


def _shown(query: Query, found: TableRows, create: str | None) -> str | None:
    """``SHOW CREATE`` of what ``information_schema`` does not tell whole, without its counter.

    :param create: as it was shown just now.
    """
    name, kind, options = found.table[0], found.table[1], found.table[4] or ""
    if kind == "SEQUENCE":
        return text(query(f"SHOW CREATE SEQUENCE {quoted(name)}")[0][1])
    if not (
        "partitioned" in options
        or any(index[7] == "FULLTEXT" for index in found.indexes)
        # a period is a check of this form, named after it, and nothing else tells of it
        or any(check[2] == "Table" and _PERIOD_CHECK.match(check[3]) for check in found.checks)
    ):
        return None
    return re.sub(r" AUTO_INCREMENT=\d+", "", create or _create(query, name))


def _create(query: Query, name: str) -> str:
    return text(query(f"SHOW CREATE TABLE {quoted(name)}")[0][1])


def _shown_view(query: Query, row: Row, about: Server) -> str | None:
    """A view's definition as ``SHOW CREATE VIEW`` has it, which leaves out the current database.

    Asked for only where the database's name is also that of something in the view.
    """
    own = quoted(about.database or "")
    texts = [part for kind, part in tokens(row[1] or "") if kind != "blank"]
    ambiguous = any(
        part == own and texts[at + 1 : at + 2] != ["."] for at, part in enumerate(texts)
    )
    if not ambiguous:
        return None
    create = text(query(f"SHOW CREATE VIEW {quoted(row[0])}")[0][1])
    return create.partition(" AS ")[2]


def _value(value: Any) -> Any:
    return text(value) if isinstance(value, (bytes, bytearray)) else value


def text(value: Any) -> str:
    """Some drivers give text of a binary collation as bytes."""
    return bytes(value).decode() if isinstance(value, (bytes, bytearray)) else str(value)
