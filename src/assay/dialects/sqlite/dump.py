"""The schema of a SQLite database as an SQL script."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext

from assay.dialects.values import Query
from assay.errors import UsageError

__all__ = ["dump_schema", "kept", "session_kept"]

_NOISE = re.compile(
    r"BEGIN\b|COMMIT\b|END\b|PRAGMA foreign_keys\b"
    r"|CREATE TABLE (IF NOT EXISTS )?[\"'`\[]?sqlite_",
    re.IGNORECASE,
)
"""What the ``sqlite3`` program's ``.dump`` and ``.schema`` write around the schema."""

ORDER = ("table", "view", "index", "trigger")
"""Tables may name tables made later, views too; a trigger's table or view must be there."""


def dump_schema(query: Query, _url: str, version_table: tuple[str | None, str]) -> str:
    """Statements that make what is in ``main``, as SQLite keeps them; no rows.

    :param version_table: Alembic's own table, left out.
    :raises UsageError: the library cannot tell a virtual table's own tables (SQLite < 3.37).
    """
    found = query("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid")
    inner = _inner_tables(query, [str(sql or "") for _, _, _, sql in found])
    # sqlite_sequence, sqlite_stat1 and the like are made by SQLite itself
    found_sql = [
        (str(kind), str(sql))
        for kind, name, table, sql in found
        if sql is not None
        and not str(name).startswith("sqlite_")
        and table != version_table[1]
        and name not in inner
    ]
    # on a line of its own: a comment at the end of a statement would take the semicolon in
    return "".join(f"{sql}\n;\n" for kind in ORDER for its, sql in found_sql if its == kind)


def _inner_tables(query: Query, texts: list[str]) -> set[str]:
    """Tables that a virtual table makes for itself."""
    if not any(text.upper().lstrip().startswith("CREATE VIRTUAL") for text in texts):
        return set()
    try:
        rows = query("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
    except Exception as error:
        raise UsageError(
            "The database has virtual tables, and this SQLite cannot tell their inner tables.",
            next_step="Use SQLite 3.37 or newer, or write the dump by hand.",
        ) from error
    return {str(name) for (name,) in rows}


def kept(statement: str) -> str | None:
    """One statement of a dump as it is to be run; None for one that is left out."""
    return None if _NOISE.match(statement) else statement


def session_kept(_query: Query) -> AbstractContextManager[None]:
    """Nothing in a dump outlives it."""
    return nullcontext()
