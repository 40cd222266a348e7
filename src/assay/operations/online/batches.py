"""Rows of a table in use updated in batches, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from assay.operations.online.looking import answer, relation
from assay.operations.online.waiting import briefly
from assay.operations.statements import escaped, named, run

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["update_in_batches"]

PAGES = 100
"""PostgreSQL: pages of a table (8 KiB each) whose rows are updated in one transaction."""
ROWS = 5_000
"""MySQL and MariaDB: rows, by their key, that are updated in one transaction."""

# of a table with partitions or children the largest: a range of pages is of each of them
_PAGES = """
SELECT max(pg_relation_size(part)) / CAST(current_setting('block_size') AS int8) AS pages
FROM (
    WITH RECURSIVE parts AS (
        SELECT CAST(to_regclass(:relation) AS oid) AS part
        UNION SELECT inhrelid FROM pg_inherits JOIN parts ON inhparent = part
    ) SELECT part FROM parts
) found"""
_KEY = """
SELECT column_name AS name FROM information_schema.key_column_usage
WHERE constraint_name = 'PRIMARY' AND ordinal_position = 1
AND table_schema = coalesce(:schema, database()) AND table_name = :table"""


def update_in_batches(
    operations: Operations, table: str, schema: str | None, values: str, pending: str
) -> None:
    """``UPDATE table SET values WHERE pending``, so many rows at a time.

    Last comes one without a place: rows that somebody wrote meanwhile may have moved where no batch
    comes by any more; the server follows them (PostgreSQL docs, 13.2.1). Where rows cannot be told
    apart (SQLite, MySQL without a primary key, ``--sql``), it is all there is.

    :param values: what is assigned, as SQL; it must not read other rows of the table.
    :param pending: a condition that no updated row meets any more, as SQL.
    """
    update = f"UPDATE {named(operations, table, schema)} SET {values} WHERE {pending}"
    dialect = operations.get_context().dialect.name
    if dialect == "postgresql":
        briefly(operations, *_by_pages(operations, table, schema, update, pending))
    elif dialect in ("mysql", "mariadb"):
        for work in _by_keys(operations, table, schema, update):
            run(operations, "COMMIT")
            work()
        run(operations, "COMMIT")
    else:
        run(operations, update)


def _by_pages(
    operations: Operations, table: str, schema: str | None, update: str, pending: str
) -> Iterator[Callable[[], object]]:
    """By page, because reading a range of pages needs no index.

    Before PostgreSQL 14 each batch reads the table.
    """
    found = answer(operations, _PAGES, relation=relation(operations, table, schema))
    pages = found.pages if found is not None and found.pages else 0
    if pages:
        # one row alone: a value or a trigger that fails does so before much is written
        target = named(operations, table, schema)
        first = f"ctid = (SELECT ctid FROM {target} WHERE {pending} LIMIT 1)"
        yield lambda: run(operations, f"{update} AND {first}")
    for start in range(0, pages, PAGES):
        place = f"ctid >= '({start},0)'::tid AND ctid < '({start + PAGES},0)'::tid"
        yield partial(run, operations, f"{update} AND {place}")
    yield lambda: run(operations, update)


def _by_keys(
    operations: Operations, table: str, schema: str | None, update: str
) -> Iterator[Callable[[], object]]:
    """By the first column of the primary key, in which InnoDB keeps the rows."""
    found = answer(operations, _KEY, schema=schema, table=table)
    if found is not None:
        yield lambda: run(operations, f"{update} LIMIT 1")
        key, target = named(operations, found.name), named(operations, table, schema)
        begin: Any = None
        while (end := _key_after(operations, key, target, begin)) is not None:
            yield partial(_between, operations, update, key, begin, end)
            begin = end
    yield lambda: run(operations, update)


def _key_after(operations: Operations, key: str, target: str, begin: Any) -> Any:
    """The key at which a batch ends that begins behind another; None where fewer rows are left."""
    behind = "" if begin is None else f" WHERE {escaped(key)} > :begin"
    asked = f"SELECT {escaped(key)} FROM {escaped(target)}{behind}"
    given = {} if begin is None else {"begin": begin}
    found = answer(
        operations, f"{asked} ORDER BY {escaped(key)} LIMIT 1 OFFSET {ROWS - 1}", **given
    )
    return None if found is None else found[0]


def _between(operations: Operations, update: str, key: str, begin: Any, end: Any) -> None:
    behind = "" if begin is None else f" AND {escaped(key)} > :begin"
    given = {"end": end} if begin is None else {"begin": begin, "end": end}
    sql = f"{escaped(update)} AND {escaped(key)} <= :end{behind}"
    operations.execute(text(sql).bindparams(**given))
