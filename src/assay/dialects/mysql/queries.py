"""What is asked of ``information_schema``, for the current database only.

MariaDB 10.6 and newer and MySQL 8.0 and newer; run on MariaDB 10.11. Where the two differ (MySQL
has ``EXPRESSION`` and ``IS_VISIBLE`` in ``STATISTICS`` and ``ENFORCED`` in ``TABLE_CONSTRAINTS``,
MariaDB ``IGNORED``, and the table and level of a check), the text differs; the columns that come
back are the same. Nothing is asked that changes with rows: neither statistics nor the next value of
a counter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay.dialects.mysql.texts import literal

__all__ = ["SERVER", "Server", "catalog_queries", "of_part", "server", "sum_queries", "table_query"]

SERVER = "SELECT CAST(VERSION() AS CHAR), CAST(DATABASE() AS CHAR)"


@dataclass(frozen=True)
class Server:
    """Which of the two a server is, its version, and the current database.

    :param version: for example ``10.11.19`` or ``8.4.3``.
    """

    mariadb: bool
    version: str
    database: str | None


def server(version: str, database: str | None) -> Server:
    """What ``VERSION()`` and ``DATABASE()`` say.

    MariaDB calls itself ``10.11.19-MariaDB-…``; with a proxy before it, ``5.5.5-10.11.19-MariaDB``.
    """
    mariadb = "mariadb" in version.lower()
    numbers = [part for part in version.split("-") if part[:1].isdigit()]
    number = numbers[1] if mariadb and len(numbers) > 1 and numbers[0] == "5.5.5" else numbers[0]
    return Server(mariadb, number, database)


_NUMBERS = ("SEQ_IN_INDEX", "SUB_PART", "ORDINAL_POSITION", "ACTION_ORDER")


@lru_cache
def catalog_queries(mariadb: bool) -> dict[str, str]:
    """Each query by its name; every row of one about tables begins with the table."""
    return {
        name: f"SELECT {', '.join(_columns(columns))} FROM information_schema.{source}"
        for name, (columns, source) in _asked(mariadb).items()
    }


def table_query(mariadb: bool, table: str, parts: Iterable[str]) -> str:
    """Some of :func:`catalog_queries` for one table: MariaDB then opens no other (10.11, measured).

    Each row begins with its part; :func:`of_part` makes it what the part's own query gives. Rows of
    a table whose name differs in case may be among those that come.
    """
    asked = _asked(mariadb)
    wanted = {part: (_columns(asked[part][0]), asked[part][1]) for part in parts}
    width = max(len(columns) for columns, _ in wanted.values())
    return " UNION ALL ".join(
        f"SELECT '{part}', {', '.join(columns + ['NULL'] * (width - len(columns)))}"
        f" FROM information_schema.{source} AND TABLE_NAME = {literal(table)}"
        for part, (columns, source) in wanted.items()
    )


def of_part(mariadb: bool, row: Sequence[Any]) -> tuple[Any, ...]:
    """A row of :func:`table_query` without its part and what fills it up; numbers come as text."""
    names = _asked(mariadb)[str(row[0])][0].split("; ")
    return tuple(
        int(value) if name in _NUMBERS and value is not None else value
        for name, value in zip(names, row[1:], strict=False)
    )


@lru_cache
def sum_queries(mariadb: bool) -> dict[str, str]:
    """Each query as one row, which tells how many rows it has and the sum of their CRC32.

    The text of a row is its values with ``CHAR(31)`` between them, NULL left out.
    """
    return {
        name: "SELECT COUNT(*), CAST(COALESCE(SUM(CRC32(CONCAT_WS(CHAR(31 USING ascii), "
        f"{', '.join(_columns(columns))}))), 0) AS SIGNED) FROM information_schema.{source}"
        for name, (columns, source) in _asked(mariadb).items()
    }


def _columns(columns: str) -> list[str]:
    return [_text(one) for one in columns.split("; ")]


def _text(expression: str) -> str:
    return f"CAST({expression} AS {'SIGNED' if expression in _NUMBERS else 'CHAR'})"


@lru_cache
def _asked(mariadb: bool) -> dict[str, tuple[str, str]]:
    """Name of a query: its columns, and the table and condition they come from."""

    def either(of_mariadb: str, of_mysql: str) -> str:
        return of_mariadb if mariadb else of_mysql

    return {
        "tables": (
            "TABLE_NAME; TABLE_TYPE; ENGINE; TABLE_COLLATION; CREATE_OPTIONS; TABLE_COMMENT",
            "TABLES WHERE TABLE_SCHEMA = DATABASE()"
            " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')",
        ),
        "columns": (
            "TABLE_NAME; COLUMN_NAME; COLUMN_TYPE; IS_NULLABLE; COLUMN_DEFAULT; EXTRA"
            "; GENERATION_EXPRESSION; CHARACTER_SET_NAME; COLLATION_NAME; COLUMN_COMMENT; "
            + either("NULL", "SRS_ID"),
            "COLUMNS WHERE TABLE_SCHEMA = DATABASE()",
        ),
        "indexes": (
            "TABLE_NAME; INDEX_NAME; SEQ_IN_INDEX; NON_UNIQUE; COLUMN_NAME; COLLATION; SUB_PART"
            "; INDEX_TYPE; INDEX_COMMENT; "
            + either("IGNORED; NULL", "IF(IS_VISIBLE = 'NO', 'YES', 'NO'); EXPRESSION"),
            "STATISTICS WHERE TABLE_SCHEMA = DATABASE()",
        ),
        "key columns": (
            # the own schema is said as NULL: a copy of a database reads as the database does
            "TABLE_NAME; CONSTRAINT_NAME; ORDINAL_POSITION; COLUMN_NAME"
            "; IF(CAST(REFERENCED_TABLE_SCHEMA AS BINARY) = CAST(DATABASE() AS BINARY), NULL,"
            " REFERENCED_TABLE_SCHEMA); REFERENCED_TABLE_NAME; REFERENCED_COLUMN_NAME",
            "KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE()"
            " AND REFERENCED_TABLE_NAME IS NOT NULL",
        ),
        "foreign keys": (
            "TABLE_NAME; CONSTRAINT_NAME; UPDATE_RULE; DELETE_RULE; MATCH_OPTION",
            "REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()",
        ),
        "checks": (
            "TABLE_NAME; CONSTRAINT_NAME; "
            + either("LEVEL; CHECK_CLAUSE; NULL", "'Table'; CHECK_CLAUSE; ENFORCED"),
            either(
                "CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()",
                "TABLE_CONSTRAINTS JOIN information_schema.CHECK_CONSTRAINTS"
                " USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME)"
                " WHERE CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_TYPE = 'CHECK'",
            ),
        ),
        "views": (
            "TABLE_NAME; VIEW_DEFINITION; CHECK_OPTION; SECURITY_TYPE; "
            + either("ALGORITHM", "'UNDEFINED'"),
            "VIEWS WHERE TABLE_SCHEMA = DATABASE()",
        ),
        "triggers": (
            "EVENT_OBJECT_TABLE; TRIGGER_NAME; ACTION_TIMING; EVENT_MANIPULATION; ACTION_ORDER"
            "; ACTION_STATEMENT",
            # which is its table's; by its own, MariaDB opens the tables of all databases (10.11)
            "TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()",
        ),
        "routines": (
            "ROUTINE_TYPE; ROUTINE_NAME; DTD_IDENTIFIER; ROUTINE_DEFINITION; IS_DETERMINISTIC"
            "; SQL_DATA_ACCESS; SECURITY_TYPE; ROUTINE_COMMENT",
            "ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()",
        ),
        "parameters": (
            "ROUTINE_TYPE; SPECIFIC_NAME; ORDINAL_POSITION; PARAMETER_MODE; PARAMETER_NAME"
            "; DTD_IDENTIFIER; CHARACTER_SET_NAME; COLLATION_NAME",
            "PARAMETERS WHERE SPECIFIC_SCHEMA = DATABASE() AND ORDINAL_POSITION > 0",
        ),
        "events": (
            # not STARTS: without that clause it is when the event was made
            "EVENT_NAME; EVENT_TYPE; INTERVAL_VALUE; INTERVAL_FIELD; ENDS; STATUS; ON_COMPLETION"
            "; EVENT_DEFINITION; EVENT_COMMENT",
            "EVENTS WHERE EVENT_SCHEMA = DATABASE()",
        ),
    }
