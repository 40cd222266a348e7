"""Statements of operations: names quoted as the dialect does, text that no driver looks into."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import DDL

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["escaped", "literal", "named", "run", "undoubled"]

# What TextClause takes for a parameter, 2.0 (with $) or 2.1 (without), and which backslash it takes
# away. SQLAlchemy source.
_PARAMETER = re.compile(
    r"(?<![:\w$\\]):(?=[\w$]+(?![:\w$]))"  # 2.0
    r"|(?<![:\w\\]):(?=\w+(?![:\w]))"  # 2.1
)
_UNESCAPED = re.compile(r"\\(?=:[\w$]*(?![:\w$])|:\w*(?![:\w]))")


def escaped(sql: str) -> str:
    """SQL as ``sqlalchemy.text`` takes it: ``:name`` would be a parameter there."""
    return _PARAMETER.sub(r"\:", _UNESCAPED.sub(r"\\\\", sql))


def named(operations: Operations, name: str, schema: str | None = None) -> str:
    """A name as SQL, with its schema where it has one."""
    quote = operations.get_context().dialect.identifier_preparer.quote
    sql = quote(name) if schema is None else f"{quote(schema)}.{quote(name)}"
    return undoubled(operations, sql)


def undoubled(operations: Operations, sql: str) -> str:
    """Compiled SQL as :func:`run` takes it.

    For drivers that format their parameters into the text ``%`` is doubled; so does ``run``.
    """
    quote = operations.get_context().dialect.identifier_preparer.quote
    return sql.replace("%%", "%") if "%%" in quote("%") else sql


def literal(text: str) -> str:
    """A string as SQL; the server's ``standard_conforming_strings`` is on since PostgreSQL 9.1."""
    return "'" + text.replace("'", "''") + "'"


def run(operations: Operations, sql: str) -> None:
    """Run one statement as it is: neither ``%`` nor ``:name`` mean anything in it."""
    statement: Any = DDL
    operations.execute(statement(sql.replace("%", "%%")))
