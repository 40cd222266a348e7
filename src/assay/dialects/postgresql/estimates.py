"""How many rows the tables of a real PostgreSQL database hold, as its server estimates it."""

from __future__ import annotations

from collections.abc import Mapping

from assay.dialects.postgresql.connecting import ConnectError, connect, parse_url
from assay.errors import UsageError

__all__ = ["rows_in"]

# -1: neither analyzed nor vacuumed yet (PostgreSQL 14 and later)
_ROWS = """
SELECT n.nspname, c.relname, c.reltuples::int8 FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.reltuples >= 0 AND n.nspname <> 'information_schema'
AND n.nspname NOT LIKE 'pg\\_%'"""


def rows_in(url: str) -> Mapping[tuple[str, ...], int]:
    """``pg_class.reltuples``, the number at the last ``ANALYZE`` or ``VACUUM``.

    :returns: empty where the database cannot be asked.
    """
    try:
        connection = connect(parse_url(url))
    except (ConnectError, UsageError):
        return {}
    try:
        found = connection.query(_ROWS)
    finally:
        connection.close()
    return {(str(schema), str(name)): int(rows) for schema, name, rows in found}
