"""Statements of a shadow that wait for a lock, as the server's other sessions see them."""

from __future__ import annotations

from typing import Any

from assay.dialects.postgresql.locks import mode_name
from assay.dialects.values import Waiting

__all__ = ["END_RUNNING", "STUCK", "WAITING", "WAITS_FOR", "in_words"]

STUCK = (
    "SELECT pid, query_start::text FROM pg_catalog.pg_stat_activity"
    " WHERE datname = {} AND wait_event_type = 'Lock' AND backend_type = 'client backend'"
)
"""PostgreSQL docs, "Wait Event Types": ``Lock`` is a heavyweight lock, advisory ones among them."""

END_RUNNING = (
    "SELECT count(pg_cancel_backend(pid)) FROM pg_catalog.pg_stat_activity"
    " WHERE datname = {} AND state = 'active' AND backend_type = 'client backend'"
    " AND pid <> pg_backend_pid()"
)
"""Cancels what runs in one database."""

WAITS_FOR = (
    "SELECT locktype, mode, relation::regclass::text FROM pg_catalog.pg_locks"
    " WHERE pid = {} AND NOT granted ORDER BY locktype LIMIT 1"
)
"""To be asked in the database itself, where the relation has its name."""

WAITING = Waiting(
    # in milliseconds, whatever unit it was set in
    limit="SELECT setting::float8 / 1000 FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'",
    set_limit="SET lock_timeout = '{}s'",
    codes=("55P03",),
    holders=(
        "SELECT 'pid ' || a.pid || ', user ' || coalesce(a.usename::text, '?')"
        " || coalesce(', ' || nullif(a.application_name, ''), '') || ': ' || a.state"
        " || ', its transaction open for '"
        " || extract(epoch FROM clock_timestamp() - a.xact_start)::int || ' s'"
        " || coalesce(', locks on ' || (SELECT string_agg(DISTINCT c.relname::text, ', ')"
        " FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation"
        " WHERE l.pid = a.pid AND l.granted AND c.relkind IN ('r', 'p') AND c.oid >= 16384), '')"
        " FROM pg_catalog.pg_stat_activity a WHERE a.datname = current_database()"
        " AND a.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL AND a.state IS NOT NULL"
        " ORDER BY a.xact_start"
    ),
    off_alone=True,
)

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
