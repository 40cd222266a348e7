"""What a statement says of itself: its verb, and whose rows it writes where the server does not tell."""

from __future__ import annotations

import re

from assay.dialects.observed import RowChange

__all__ = ["plain_ddl", "renamed_tables", "rows_written", "table_named", "verb"]

NAME = r"(?:`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\"|\[[^\]]*\]|[\w$\u0080-\uffff]+)"
_TABLE = rf"(?P<table>{NAME}(?:\s*\.\s*{NAME})?)"
_WRITES = re.compile(
    rf"(?P<verb>INSERT|REPLACE|UPDATE|DELETE)\s+(?:OR\s+\w+\s+|IGNORE\s+|LOW_PRIORITY\s+)*"
    rf"(?:INTO\s+|FROM\s+)?{_TABLE}",
    re.IGNORECASE,
)
_PLAIN_DDL = re.compile(
    r"\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW|TYPE|DOMAIN|SEQUENCE)"
    r"|(?:ALTER|DROP)\s+(?:TABLE|INDEX|(?:MATERIALIZED\s+)?VIEW|TYPE|DOMAIN|SEQUENCE)"
    r"|COMMENT\s+ON)\b[^;]*;?\s*",
    re.IGNORECASE,
)
_PLAIN_ON_POSTGRESQL = re.compile(
    r"\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b[^;$]*(?P<body>\$\w*\$)(?:(?!(?P=body)).)*(?P=body)[^;$]*"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b[^;]*\bEXECUTE\s+(?:FUNCTION|PROCEDURE)\b[^;]*"
    rf"|DROP\s+(?:(?:FUNCTION|PROCEDURE)\b[^;(]*\(|TRIGGER\s+(?:IF\s+EXISTS\s+)?{NAME}\s+ON\b)[^;]*);?\s*",
    re.IGNORECASE | re.DOTALL,
)
"""Routines and triggers as only PostgreSQL writes them; what a body does is done when it is called."""
_RUNS_A_QUERY = re.compile(
    r"\s*CREATE\s+TABLE\b.*\bAS[\s(]+(?:SELECT|WITH|TABLE|VALUES|EXECUTE)\b",
    re.IGNORECASE | re.DOTALL,
)
_RENAMES_TABLE = re.compile(
    rf"\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<old>{NAME}(?:\s*\.\s*{NAME})?)\s+(?:.*,\s*)?"
    rf"RENAME\s+(?!(?:COLUMN|INDEX|KEY)\b)(?:(?:TO|AS)\s+|=\s*)?(?P<new>{NAME}(?:\s*\.\s*{NAME})?)"
    r"\s*(?:,.*)?;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_RENAMES_TABLES = re.compile(r"\s*RENAME\s+TABLES?\s+(?P<pairs>.*)", re.IGNORECASE | re.DOTALL)
_BECOMES = re.compile(
    rf"(?P<old>{NAME}(?:\s*\.\s*{NAME})?)\s+TO\s+(?P<new>{NAME}(?:\s*\.\s*{NAME})?)", re.IGNORECASE
)
_COMMON_TABLE = re.compile(r"\s*WITH\b", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)


def rows_written(sql: str, count: int | None) -> dict[str, RowChange]:
    """The rows that a statement says it changed, under the table that its text names.

    What triggers and cascades change is not in it.

    :param count: the driver's row count.
    """
    bare = _COMMENT.sub(" ", sql).strip()
    found = _WRITES.search(bare) if _COMMON_TABLE.match(bare) else _WRITES.match(bare)
    if found is None or not count or count < 0:
        return {}
    kinds = {"UPDATE": "updated", "DELETE": "deleted"}
    change = RowChange(**{kinds.get(found["verb"].upper(), "inserted"): count})
    return {table_named(found["table"]): change}


def renamed_tables(sql: str) -> list[tuple[str, str]]:
    """The tables to which a statement says it gives another name, in its order: old and new."""
    several = _RENAMES_TABLES.match(sql)
    if several is not None:
        found = list(_BECOMES.finditer(several["pairs"]))
    else:
        one = _RENAMES_TABLE.fullmatch(sql)
        found = [one] if one is not None else []
    return [(table_named(each["old"]), table_named(each["new"])) for each in found]


def table_named(text: str) -> str:
    """A quoted or qualified name as the name of the table alone."""
    name = re.findall(NAME, text)[-1]
    if name[0] in '`"[':
        return str(name[1:-1].replace(name[0] * 2, name[0]))
    return str(name)


def verb(sql: str) -> str:
    """The first word of a statement, in capitals; empty where there is none."""
    head = sql.lstrip("( \n\t").split(None, 1)
    return head[0].upper() if head else ""


def plain_ddl(sql: str) -> bool:
    """Whether a text is one statement that makes, alters or drops something and does no more.

    What it says no to may be the same: a text with a comment before it, or a semicolon in a string.
    """
    if _PLAIN_DDL.fullmatch(sql):
        return not _RUNS_A_QUERY.match(sql)
    return bool(_PLAIN_ON_POSTGRESQL.fullmatch(sql))
