"""A plain connection to a MySQL or MariaDB server through whichever driver is installed.

The driver is called directly, never through SQLAlchemy: while a project is run, every SQLAlchemy
connection of the process is sent to a shadow, and the connection that makes shadows must not be.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from assay.dialects.by_driver import ConnectError, DbapiConnection, LoopThread, reason_of
from assay.dialects.values import Address
from assay.errors import UsageError

__all__ = ["ConnectError", "Connection", "Target", "connect", "parse_url"]

CONNECT_LIMIT = 10
"""Seconds."""

SOCKETS = ("/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock")
"""Where servers listen by default: Debian, Red Hat, MySQL's own builds."""

_TLS = ("ssl_ca", "ssl_cert", "ssl_key")


class Connection(Protocol):
    """An open connection where every statement commits by itself."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one SQL text without parameters; ``%`` in it is not special."""
        ...

    def execute(self, sql: str) -> None:
        """Run one statement without parameters; ``%`` in it is not special."""
        ...

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of one SQL text as they come, without holding them all."""
        ...

    def close(self) -> None:
        """End it; never raises."""
        ...


@dataclass(frozen=True)
class Target:
    """A server's address and the TLS files that its URL gave."""

    address: Address
    options: Mapping[str, str] = field(default_factory=dict)


def parse_url(text: str) -> Target:
    """What a SQLAlchemy URL for MySQL or MariaDB says.

    The address's host is a name, or the path of a unix socket.

    :raises UsageError: not a URL, or one of another engine.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    example = "mysql+pymysql://user:password@host:port/"
    try:
        url = make_url(text)
        backend, driver = url.get_backend_name(), url.drivername.partition("+")[2]
    except (ArgumentError, ValueError):
        # The text itself is not shown: a password may be in it.
        raise UsageError(
            "The URL of a MySQL or MariaDB server cannot be read.",
            next_step=f"Write it as {example}.",
        ) from None
    if backend not in ("mysql", "mariadb"):
        raise UsageError(
            f"A MySQL or MariaDB server is named by a {backend} URL.",
            where=url.render_as_string(hide_password=True),
            next_step=f"Write it as {example}.",
        )

    def from_query(key: str) -> str | None:
        value = url.query.get(key)
        return value if isinstance(value, str) or value is None else value[0]

    host, port = from_query("unix_socket") or url.host, url.port
    by_c_library = driver in ("", "mysqldb", "mariadbconnector")
    if host is None or (host == "localhost" and port is None and by_c_library):
        host = next((path for path in SOCKETS if Path(path).exists()), "localhost")
    return Target(
        Address(
            dialect="mysql",
            host=host,
            port=port or 3306,
            user=url.username or getpass.getuser(),
            password=str(url.password) if url.password is not None else None,
            database=url.database or "",
        ),
        {key: value for key in _TLS if (value := from_query(key)) is not None},
    )


def connect(target: Target, database: str = "", *, limit: int = CONNECT_LIMIT) -> Connection:
    """Open a connection with the first driver found.

    :param database: the current database; none by default.
    :param limit: seconds until it counts as unreachable.
    :raises ConnectError: the server does not let us in.
    :raises UsageError: no driver is installed.
    """
    for module, opener in _OPENERS.items():
        if _installed(module):
            try:
                return opener(target, database, limit)
            except Exception as error:
                raise ConnectError(reason_of(error, target.address.password)) from None
    raise UsageError(
        "No MySQL driver is installed.", next_step="Install one, for example: pip install PyMySQL."
    )


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of "mysql.connector", where there is no "mysql"
        return False


class _Dbapi(DbapiConnection):
    """pymysql, MySQLdb, mysql.connector and mariadb: the same interface."""

    def __init__(self, raw: Any, unbuffered: Mapping[str, Any]) -> None:
        super().__init__(raw)
        self._unbuffered = dict(unbuffered)

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        cursor = self._raw.cursor(**self._unbuffered)
        try:
            cursor.execute(sql)
            while rows := cursor.fetchmany(500):
                for row in rows:
                    yield tuple(row)
        finally:
            cursor.close()


class _Asyncmy:
    """asyncmy, on an event loop of its own."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        import asyncmy  # type: ignore[import-not-found, unused-ignore]

        self._loop = LoopThread()
        try:
            self._raw = self._loop.run(asyncmy.connect(**arguments))
        except BaseException:
            self._loop.stop()
            raise

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        async def ask() -> list[tuple[Any, ...]]:
            async with self._raw.cursor() as cursor:
                await cursor.execute(sql)
                return [tuple(row) for row in await cursor.fetchall()]

        return self._loop.run(ask())

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        yield from self.query(sql)

    def execute(self, sql: str) -> None:
        async def run() -> None:
            async with self._raw.cursor() as cursor:
                await cursor.execute(sql)

        self._loop.run(run())

    def close(self) -> None:
        if self._loop.stopped:
            return
        try:
            self._loop.run(self._raw.ensure_closed())
        except Exception:
            self._raw.close()
        self._loop.stop()


def _arguments(target: Target, database: str, limit: int) -> dict[str, Any]:
    address = target.address
    found: dict[str, Any] = {
        "user": address.user,
        "password": address.password or "",
        "connect_timeout": limit,
    }
    if database:
        found["database"] = database
    if address.host is not None and address.host.startswith("/"):
        found |= {"unix_socket": address.host, "host": "localhost"}
    else:
        host = "127.0.0.1" if address.host == "localhost" else address.host
        found |= {"host": host, "port": address.port or 3306}
    return found


def _pymysql(target: Target, database: str, limit: int) -> Connection:
    import pymysql  # type: ignore[import-untyped, unused-ignore]

    arguments = _arguments(target, database, limit) | dict(target.options)
    raw = pymysql.connect(**arguments, charset="utf8mb4", autocommit=True)
    return _Dbapi(raw, {"cursor": pymysql.cursors.SSCursor})


def _mysqldb(target: Target, database: str, limit: int) -> Connection:
    import MySQLdb  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from MySQLdb.cursors import SSCursor  # type: ignore[import-not-found, import-untyped, unused-ignore]

    arguments = _arguments(target, database, limit)
    if target.options:
        arguments["ssl"] = {key[4:]: value for key, value in target.options.items()}
    raw = MySQLdb.connect(**arguments, charset="utf8mb4", autocommit=True)
    return _Dbapi(raw, {"cursorclass": SSCursor})


def _mysqlconnector(target: Target, database: str, limit: int) -> Connection:
    from mysql import connector  # type: ignore[import-not-found, unused-ignore]

    arguments = _arguments(target, database, limit) | dict(target.options)
    arguments["connection_timeout"] = arguments.pop("connect_timeout")
    raw = connector.connect(**arguments, charset="utf8mb4", autocommit=True, buffered=True)
    return _Dbapi(raw, {"buffered": False})


def _mariadb(target: Target, database: str, limit: int) -> Connection:
    import mariadb  # type: ignore[import-not-found, unused-ignore]

    arguments = _arguments(target, database, limit) | dict(target.options)
    return _Dbapi(mariadb.connect(**arguments, autocommit=True), {"buffered": False})


def _asyncmy(target: Target, database: str, limit: int) -> Connection:
    arguments = _arguments(target, database, limit)
    return _Asyncmy({**arguments, "charset": "utf8mb4", "autocommit": True})


_OPENERS: dict[str, Callable[[Target, str, int], Connection]] = {
    "pymysql": _pymysql,  # aiomysql brings it
    "MySQLdb": _mysqldb,
    "mysql.connector": _mysqlconnector,
    "mariadb": _mariadb,
    "asyncmy": _asyncmy,
}
