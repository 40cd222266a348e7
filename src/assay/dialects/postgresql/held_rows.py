"""Which tables hold rows, and how many: by looking into them, or by the size of the file they had."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from assay.dialects.values import Query

__all__ = ["MOST", "count_rows", "filled_files", "holding"]

MOST = 1000
"""Rows that are counted of a table; whoever made them for a shadow made fewer."""
_FOLDER = "regexp_replace(pg_relation_filepath('pg_catalog.pg_description'), '[^/]*$', '')"
_AT_ONCE = 100
"""Tables that one statement looks into."""


def holding(query: Query, tables: Collection[int]) -> set[int]:
    """Those of some tables that hold a row."""
    names = query(
        "SELECT c.oid::bigint, c.oid::regclass::text FROM pg_catalog.pg_class c"
        f" WHERE c.oid IN ({', '.join(map(str, tables)) or '0'})"
    )
    texts = [f"SELECT {oid}::bigint WHERE EXISTS (SELECT 1 FROM {quoted})" for oid, quoted in names]
    found: set[int] = set()
    for start in range(0, len(texts), _AT_ONCE):
        rows = query(" UNION ALL ".join(texts[start : start + _AT_ONCE]))
        found |= {int(str(row[0])) for row in rows}
    return found


def filled_files(query: Query, files: Mapping[int, str]) -> set[int]:
    """Those of some tables of which a file is there and not empty.

    :param files: of each, the path in the data folder, or the name in that of the database.
    """
    sizes = ", ".join(f"({oid}::bigint, '{file}')" for oid, file in files.items())
    rows = query(
        f"SELECT f.oid FROM (VALUES {sizes}) f(oid, file), (SELECT {_FOLDER}) d(folder)"
        " WHERE (pg_stat_file(CASE WHEN strpos(f.file, '/') > 0 THEN f.file"
        " ELSE d.folder || f.file END, true)).size > 0"
    )
    return {int(str(row[0])) for row in rows}


def count_rows(query: Query, table: int) -> int:
    """How many rows a table has; one more than :data:`MOST` for more."""
    name = query(f"SELECT {table}::regclass::text")[0][0]
    found = query(f"SELECT count(*)::bigint FROM (SELECT FROM {name} LIMIT {MOST + 1}) s")
    return int(str(found[0][0]))
