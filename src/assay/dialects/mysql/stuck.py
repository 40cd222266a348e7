"""Statements of a shadow that wait for a lock, as the server's other sessions see them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from assay.dialects.mysql.texts import literal
from assay.dialects.values import LockWait, Waiting

__all__ = ["RUNNING", "WAITING", "in_words", "lock_waits"]

_METADATA = (
    "SELECT ID, CAST(CONCAT(STATE, ' ', MD5(INFO)) AS CHAR) FROM information_schema.PROCESSLIST"
    " WHERE DB = {} AND (STATE LIKE 'Waiting for % lock' OR STATE = 'User lock')"
)
"""MariaDB docs, "General Thread States"; MySQL has the same (docs, 10.14.3)."""

_ROWS = (
    "SELECT p.ID, CAST(CONCAT('row ', t.trx_wait_started) AS CHAR)"
    " FROM information_schema.INNODB_TRX t"
    " JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id"
    " WHERE p.DB = {} AND t.trx_state = 'LOCK WAIT'"
)

RUNNING = (
    "SELECT ID FROM information_schema.PROCESSLIST"
    " WHERE DB = {} AND COMMAND = 'Query' AND ID <> CONNECTION_ID()"
)
"""What runs in one database."""

WAITING = Waiting(
    limit="SELECT @@lock_wait_timeout",
    set_limit="SET SESSION lock_wait_timeout = {}",
    codes=("1205",),
    holders=(
        "SELECT CAST(CONCAT('connection ', ID, ', user ', USER, ': ', COMMAND, ' for ', TIME, ' s')"
        " AS CHAR) FROM information_schema.PROCESSLIST"
        " WHERE DB = DATABASE() AND ID <> CONNECTION_ID() ORDER BY TIME DESC"
    ),
)


def lock_waits(
    query: Callable[[str], list[tuple[Any, ...]]], database: str
) -> tuple[LockWait, ...]:
    """What waits for a lock in one database.

    Waits for rows are seen with the privilege PROCESS; without it the server itself ends them, by
    ``innodb_lock_wait_timeout``.
    """
    found = query(_METADATA.format(literal(database)))
    with suppress(Exception):
        found += query(_ROWS.format(literal(database)))
    return tuple(LockWait(int(number), str(began)) for number, began in found)


def in_words(wait: LockWait) -> str:
    """What a statement waits for."""
    if wait.began.startswith("row "):
        return "a row that another transaction has locked"
    if wait.began.startswith("User lock"):
        return "a lock of GET_LOCK()"
    return wait.began.rpartition(" ")[0].replace("Waiting for", "the", 1)
