"""SQL that tells where the transaction of a session is: one text, which :class:`Place` reads.

Who follows the catalog needs it beside what is locked, as fences or rendered: each of the two has it
as a row of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from assay.dialects.postgresql.catalogs import RELATIONS
from assay.dialects.postgresql.fences import locked_query
from assay.dialects.postgresql.locks import OURS
from assay.dialects.postgresql.plain import plain_query
from assay.dialects.postgresql.relations import LINE, line
from assay.dialects.postgresql.rendering import FIRST
from assay.dialects.postgresql.statements import NAMES

__all__ = ["BETWEEN", "TEMPORARY", "fences_query", "tables_query", "whether_query"]

BETWEEN = chr(30)
"""What is between the parts of the text."""
TEMPORARY = -1000
"""Stands where fences have an owner, and tells which of the owners are temporary."""

_KEPT = ("pg_depend", "pg_description")
_LOCKED = (
    f"SELECT string_agg({line('l.modes')}, chr({ord(LINE)}))"
    " FROM (SELECT h.relation, string_agg(h.mode, ',') AS modes FROM held h"
    f"   WHERE h.locktype = 'relation' AND h.database <> 0 AND h.relation >= {FIRST}"
    "   AND h.owner <> ALL ((SELECT g.skip FROM given g)::oid[]) GROUP BY h.relation) l"
    " JOIN pg_catalog.pg_class c ON c.oid = l.relation"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
)
_WRITTEN = " + ".join(
    f"pg_stat_get_xact_tuples_{what}(w)" for what in ("inserted", "updated", "deleted")
)
_HELD = (
    "SELECT l.locktype, l.transactionid, l.virtualtransaction FROM pg_locks l"
    " WHERE l.pid = pg_backend_pid()"
)
_TEMPORARIES = (
    "(SELECT coalesce(string_agg(c.oid::text, ' '), '') FROM owners o JOIN pg_class c"
    " ON c.oid = o.oid WHERE c.relpersistence = 't')"
)


def _parts_of_all(catalogs: str) -> list[str]:
    """What is told of any transaction; ``held`` are its locks."""
    return [
        "(SELECT min(h.virtualtransaction) FROM held h)",
        "(SELECT string_agg(h.transactionid::text, ' ') FROM held h"
        " WHERE h.locktype = 'transactionid')",
        "pg_current_xact_id_if_assigned()::text",
        "pg_current_snapshot()::text",
        "pg_stat_get_xact_tuples_updated('pg_catalog.pg_trigger'::regclass)::text",
        f"(SELECT string_agg(({_WRITTEN})::text, ' ') FROM unnest({catalogs}) w)",
    ]


def _parts_of_locked() -> list[str]:
    """What is told of what is locked, beside.

    Written by hand, a catalog stays locked for writing; DDL keeps such a lock on comments alone and,
    from 18 on, on dependencies where a type is changed (18.6, measured).
    """
    by_hand = ", ".join(f"'{c}'::regclass" for c in RELATIONS if c not in _KEPT)
    return [
        "(SELECT string_agg(h.relation::text, ' ') FROM held h"
        " WHERE h.locktype = 'relation' AND h.mode NOT IN ('AccessShareLock', 'RowShareLock')"
        f" AND h.relation IN ({by_hand}))",
        "(SELECT string_agg(o.oid::text, ' ') FROM owners o)",
        "(SELECT max(CASE WHEN g.tgisinternal OR g.tgparentid <> 0 THEN 2 ELSE 1 END)::text"
        " FROM owners o JOIN pg_trigger g ON g.tgrelid = o.oid"
        " WHERE NOT g.tgisinternal OR g.tgenabled <> 'O')",
        "extract(epoch FROM current_setting('lock_timeout')::interval)::text",
        f"({_LOCKED})",
    ]


def _text(parts: Sequence[str]) -> str:
    return f" || chr({ord(BETWEEN)}) || ".join(f"coalesce({part}, '')" for part in parts)


def _place(catalogs: str) -> str:
    return _text([*_parts_of_all(catalogs), *_parts_of_locked()])


@lru_cache
def whether_query(catalogs: str) -> str:
    """The place but for what is locked, and the names of what is prepared on the connection.

    :param catalogs: SQL of the array of those whose written rows are counted.
    """
    return f"WITH held AS ({_HELD}) SELECT {_text(_parts_of_all(catalogs))}, {NAMES}"


@lru_cache
def fences_query(version: int, catalogs: str) -> str:
    """The fences of what is locked; the place is that of 0."""
    return locked_query(
        version, f"SELECT 0::int8, {_place(catalogs)} UNION ALL SELECT {TEMPORARY}, {_TEMPORARIES}"
    )


@lru_cache
def tables_query(version: int, catalogs: str) -> str:
    """The tables that are locked, rendered; the place is in the second row."""
    return plain_query(version, _place(catalogs))
