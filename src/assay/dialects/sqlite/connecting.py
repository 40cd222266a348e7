"""Leading a driver's ``connect`` to another file."""

from __future__ import annotations

from typing import Any

from assay.dialects.values import Address, ConnectArguments
from assay.errors import UsageError

__all__ = ["DRIVERS", "in_memory", "is_in_memory", "redirect"]

DRIVERS = (
    "pysqlite",
    "aiosqlite",
    "pysqlite_numeric",
    "pysqlite_dollar",
    "pysqlcipher",
)
"""SQLAlchemy's driver names. All call a ``connect`` with the signature of ``sqlite3.connect``."""

_TIMEOUT_POSITION, _URI_POSITION = 1, 7
"""Of ``uri`` among the positional arguments of ``sqlite3.connect``."""


def redirect(driver: str, arguments: ConnectArguments, to: Address) -> None:
    """Rewrite the path, whether positional or ``database=``; all other options stay.

    A ``file:`` URI is replaced by a plain path, so what it said (``mode=ro``, ``vfs``) goes too.

    :raises UsageError: the driver is not known, or the connection is made by a function of its own.
    """
    if driver not in DRIVERS:
        raise UsageError(
            f"Assay does not know the SQLite driver {driver!r}, so it cannot lead it to a shadow.",
            next_step=f"Use one of: {', '.join(DRIVERS)}.",
        )
    if arguments.keywords.get("async_creator_fn") is not None:
        raise UsageError(
            "The engine connects by its own async_creator_fn, which cannot be led to a shadow.",
            next_step="Let env.py make its engine from a URL.",
        )
    arguments.keywords.pop("uri", None)
    if len(arguments.args) > _URI_POSITION:
        arguments.args[_URI_POSITION] = False
    if arguments.args:
        arguments.keywords.pop("database", None)
        arguments.args[0] = to.database
    else:
        arguments.keywords["database"] = to.database
    if to.patience is not None:
        _be_impatient(arguments, to.patience)


def _be_impatient(arguments: ConnectArguments, longest: float) -> None:
    """Wait at most so long (seconds) for a lock, which ``timeout`` says."""
    if len(arguments.args) > _TIMEOUT_POSITION:
        arguments.args[_TIMEOUT_POSITION] = min(float(arguments.args[_TIMEOUT_POSITION]), longest)
    elif "timeout" in arguments.keywords:
        arguments.keywords["timeout"] = min(float(arguments.keywords["timeout"]), longest)


def in_memory(arguments: ConnectArguments) -> bool:
    """Whether these arguments make a database in memory."""
    given = arguments.args[0] if arguments.args else arguments.keywords.get("database", "")
    database = str(given)
    return not database or any(
        part in database for part in (":memory:", "mode=memory", "vfs=memdb")
    )


def is_in_memory(connection: Any) -> bool:
    """Whether an open DBAPI connection, of whatever driver, is to a SQLite database without a file."""
    driver = getattr(connection, "driver_connection", connection)
    if not any("sqlite" in one.__module__ for one in type(driver).__mro__):
        return False
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA database_list")
        return not any(row[2] for row in cursor.fetchall())
    finally:
        cursor.close()
