"""What is in a database, made again in another: tables, rows, sequences, routines, views, triggers.

The text of each is that of ``SHOW CREATE``, without its definer: it belongs to who copies it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from assay.dialects.mysql.connecting import Connection
from assay.dialects.mysql.texts import literal, quoted, without_database

__all__ = ["EVENTS", "ROUTINES", "TABLES", "TRIGGERS", "copy_content", "without_definer"]

BATCH = 1_000_000
"""Characters in one INSERT."""

TABLES = (
    "SELECT CAST(TABLE_NAME AS CHAR), CAST(TABLE_TYPE AS CHAR) FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE <> 'TEMPORARY'"
    " ORDER BY TABLE_TYPE = 'SEQUENCE' DESC, TABLE_NAME"
)
_COLUMNS = (
    "SELECT CAST(TABLE_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), LOWER(CAST(DATA_TYPE AS CHAR))"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
    " AND (GENERATION_EXPRESSION IS NULL OR GENERATION_EXPRESSION = '')"
    " ORDER BY TABLE_NAME, ORDINAL_POSITION"
)
ROUTINES = (
    "SELECT CAST(ROUTINE_TYPE AS CHAR), CAST(ROUTINE_NAME AS CHAR)"
    " FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()"
    " ORDER BY ROUTINE_TYPE, ROUTINE_NAME"
)
TRIGGERS = (
    "SELECT CAST(TRIGGER_NAME AS CHAR) FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY EVENT_OBJECT_TABLE, ACTION_ORDER"
)
EVENTS = (
    "SELECT CAST(EVENT_NAME AS CHAR) FROM information_schema.EVENTS"
    " WHERE EVENT_SCHEMA = DATABASE() ORDER BY EVENT_NAME"
)

_DEFINER = re.compile(r" DEFINER=(?:`(?:[^`]|``)*`|[^\s@]+)@(?:`(?:[^`]|``)*`|\S*)")

_NUMBERS = ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double")
_TEXTS = ("date", "time", "datetime", "timestamp", "year", "uuid", "inet4", "inet6", "json")


def copy_content(
    old: Connection, source: str, new: Connection, target: str, *, same_server: bool
) -> None:
    """Make everything of the database ``source`` in the empty database ``target``.

    Of a table WITH SYSTEM VERSIONING, the rows of today; of a view that does not work, nothing.

    :param old: a connection whose current database is ``source``; it is only read.
    :param new: one whose current database is ``target``.
    :param same_server: ``new`` can read ``source``, so that rows need not come here.
    """
    new.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = ''")
    new.execute("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, typed in old.query(_COLUMNS):
        columns.setdefault(str(table), []).append((str(column), str(typed)))
    views: list[str] = []
    for name, kind in ((str(row[0]), str(row[1])) for row in old.query(TABLES)):
        if kind == "VIEW":
            views.append(name)
        elif kind == "SEQUENCE":
            _sequence(old, new, name)
        else:
            create = _shown(old, "TABLE", name, 1)
            new.execute(without_database(create, source))
            listed = columns.get(name, [])
            if same_server:
                _fill_there(new, source, target, name, [column for column, _ in listed])
            elif listed:
                _fill_from_here(old, new, name, listed)
    for kind, name in old.query(ROUTINES):
        _with_mode(old, new, str(kind), str(name), 2)
    _views(old, new, views)
    for (name,) in old.query(TRIGGERS):
        _with_mode(old, new, "TRIGGER", str(name), 2)
    for (name,) in old.query(EVENTS):
        _with_mode(old, new, "EVENT", str(name), 3)


def without_definer(create: str) -> str:
    """The statement for whoever runs it: without the ``DEFINER`` at its beginning."""
    found = re.search(r"(?i)\b(VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE|TABLE)\b", create)
    end = found.start() if found else 0
    return _DEFINER.sub("", create[:end], count=1) + create[end:]


def _shown(old: Connection, kind: str, name: str, column: int) -> str:
    return _text(old.query(f"SHOW CREATE {kind} {quoted(name)}")[0][column])


def _text(value: Any) -> str:
    return bytes(value).decode() if isinstance(value, (bytes, bytearray)) else str(value)


def _sequence(old: Connection, new: Connection, name: str) -> None:
    new.execute(_shown(old, "SEQUENCE", name, 1))
    [(number,)] = old.query(f"SELECT next_not_cached_value FROM {quoted(name)}")
    new.query(f"SELECT SETVAL({quoted(name)}, {int(number)}, 0)")


def _fill_there(
    new: Connection, source: str, target: str, table: str, columns: Sequence[str]
) -> None:
    if columns:
        listed = ", ".join(quoted(column) for column in columns)
        new.execute(
            f"INSERT INTO {quoted(target)}.{quoted(table)} ({listed})"
            f" SELECT {listed} FROM {quoted(source)}.{quoted(table)}"
        )


def _fill_from_here(
    old: Connection, new: Connection, table: str, columns: Sequence[tuple[str, str]]
) -> None:
    """Rows come as text that the server itself made of them, so that no driver converts any."""
    listed = ", ".join(quoted(column) for column, _ in columns)
    values = ", ".join(_as_literal(quoted(column), typed) for column, typed in columns)
    begin = f"INSERT INTO {quoted(table)} ({listed}) VALUES "
    rows = old.stream(f"SELECT CONCAT_WS(',', {values}) FROM {quoted(table)}")
    for batch in _batches(_text(row[0]) for row in rows):
        new.execute(begin + ", ".join(f"({row})" for row in batch))


def _as_literal(column: str, typed: str) -> str:
    if typed in _NUMBERS:
        text = f"CAST({column} AS CHAR)"
    elif typed == "bit":
        text = f"CAST({column} + 0 AS CHAR)"
    elif typed in _TEXTS:
        text = f"QUOTE(CAST({column} AS CHAR))"
    else:
        # bytes in the column's own character set, which the copy has too; '' has no digits
        text = f"CONCAT('X''', HEX({column}), '''')"
    return f"IFNULL({text}, 'NULL')"


def _batches(rows: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for row in rows:
        if batch and size + len(row) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row)
    if batch:
        yield batch


def _with_mode(old: Connection, new: Connection, kind: str, name: str, column: int) -> None:
    """A program, made under the ``sql_mode`` it was made under before."""
    row = old.query(f"SHOW CREATE {kind} {quoted(name)}")[0]
    if row[column] is None:
        raise PermissionError(f"the text of {kind.lower()} {name} may not be read")
    new.execute(f"SET SESSION sql_mode = {literal(_text(row[1]))}")
    new.execute(without_definer(_text(row[column])))


def _views(old: Connection, new: Connection, names: Sequence[str]) -> None:
    """Each after those it reads."""
    left = {name: without_definer(_shown(old, "VIEW", name, 1)) for name in names}
    while left:
        made = []
        for name, create in left.items():
            try:
                new.execute(create)
            except Exception:
                # a view it reads is not there yet; or it reads what is not there in the source
                continue
            made.append(name)
        if not made:
            return
        for name in made:
            del left[name]
