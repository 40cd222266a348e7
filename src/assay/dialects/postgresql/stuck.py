"""Statements of a shadow that wait for a lock, as the server's other sessions see them."""

from __future__ import annotations

from typing import Any

from assay.dialects.postgresql.locks import mode_name

__all__ = ["STUCK", "WAITS_FOR", "in_words"]

STUCK = (
    "SELECT pid, query_start::text FROM pg_catalog.pg_stat_activity"
    " WHERE datname = {} AND wait_event_type = 'Lock' AND backend_type = 'client backend'"
)
"""PostgreSQL docs, "Wait Event Types": ``Lock`` is a heavyweight lock, advisory ones among them."""

WAITS_FOR = (
    "SELECT locktype, mode, relation::regclass::text FROM pg_catalog.pg_locks"
    " WHERE pid = {} AND NOT granted ORDER BY locktype LIMIT 1"
)
"""To be asked in the database itself, where the relation has its name."""

_KINDS = {
    "advisory": "an advisory lock",
    "transactionid": "a row that another transaction has written",
    "tuple": "a row that another transaction has locked",
    "virtualxid": "the end of another transaction",
}


def in_words(found: list[tuple[Any, ...]]) -> str:
    """What :data:`WAITS_FOR` found, for example ``ACCESS SHARE on users``."""
    for kind, mode, relation in found:
        if kind == "relation" and relation:
            return f"{mode_name(str(mode))} on {relation}"
        return _KINDS.get(str(kind), f"a lock ({kind})")
    return "a lock"
