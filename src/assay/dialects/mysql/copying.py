"""A copy of a live MySQL or MariaDB database, with its rows, on the server for shadows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.dialects.mysql.connecting import ConnectError, connect, parse_url
from assay.dialects.mysql.content import copy_content
from assay.dialects.mysql.databases import Databases
from assay.dialects.mysql.queries import SERVER, server
from assay.dialects.values import Address
from assay.errors import UsageError

__all__ = ["copy_database", "defaults_of", "rows_in"]

_SIZE = (
    "SELECT CAST(IFNULL(SUM(DATA_LENGTH + INDEX_LENGTH), 0) AS SIGNED)"
    " FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
)
_ROWS = (
    "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_ROWS IS NOT NULL"
)
_DEFAULTS = "SELECT CAST(@@character_set_database AS CHAR), CAST(@@collation_database AS CHAR)"


def defaults_of(url: str) -> Mapping[str, str]:
    """Character set and collation of a real database; empty where it cannot be asked.

    Whoever works on it next says why that is so.
    """
    found = _asked(url, _DEFAULTS)
    return {"charset": str(found[0][0]), "collation": str(found[0][1])} if found else {}


def rows_in(url: str) -> Mapping[tuple[str, ...], int]:
    """The server's estimates of a real database's rows; empty where it cannot be asked."""
    return {(str(name),): int(rows) for name, rows in _asked(url, _ROWS)}


def _asked(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What a real database says; no rows where it cannot be asked."""
    try:
        source = parse_url(url)
        connection = connect(source, source.address.database, limit=3)
    except (ConnectError, UsageError):
        return []
    try:
        return connection.query(sql)
    finally:
        connection.close()


def copy_database(target: Databases, url: str, limit: int) -> tuple[Address | None, str]:
    """Copy the database that ``url`` names over a connection of our own; it is only read.

    :param limit: bytes; a database whose tables and indexes take more is not copied.
    :returns: the copy and how it was made, or ``None`` and why there is none, both for people.
    :raises UsageError: the URL cannot be read, or no driver is installed.
    """
    source = parse_url(url)
    name = source.address.database
    try:
        old = connect(source, name)
    except ConnectError as error:
        return None, f"{source.address} cannot be reached: {error}"
    made: Address | None = None
    try:
        version, _ = old.query(SERVER)[0]
        found = server(str(version), name)
        if found.mariadb != target.mariadb:
            its, ours = ("MariaDB", "MySQL") if found.mariadb else ("MySQL", "MariaDB")
            return None, f"its server is {its}, and the one for shadows is {ours}"
        size = int(old.query(_SIZE)[0][0])
        if size > limit:
            return None, f"it is too large: {_size(size)}, and the limit is {_size(limit)}"
        [(charset, collation)] = old.query(_DEFAULTS)
        made = target.create_with(str(charset), str(collation))
        old.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        new = target.open(made.database)
        try:
            copy_content(old, name, new, made.database, same_server=False)
        finally:
            new.close()
    except Exception as error:
        if made is not None:
            target.drop(made)
        return None, f"it could not be copied: {' '.join(str(error).split())}"
    except BaseException:
        if made is not None:
            target.drop(made)
        raise
    finally:
        old.close()
    return made, f"{_size(size)}, copied table by table"


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
