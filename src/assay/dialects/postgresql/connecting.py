"""A plain connection to a PostgreSQL server through whichever driver is installed.

The driver is called directly, never through SQLAlchemy: while a project is run, every SQLAlchemy
connection of the process is sent to a shadow, and the connection that makes shadows must not be.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from assay.dialects.by_driver import ConnectError, DbapiConnection, LoopThread, reason_of
from assay.dialects.values import Address
from assay.errors import UsageError

__all__ = ["ConnectError", "Connection", "Target", "connect", "load_driver", "parse_url"]

# What libpq understands in a URL's query and that says how to connect, not where.
LIBPQ_OPTIONS = (
    "channel_binding",
    "connect_timeout",
    "gssencmode",
    "options",
    "passfile",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslrootcert",
)


class Connection(Protocol):
    """An open connection where every statement commits by itself."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one SQL text without parameters and without ``%``."""
        ...

    def execute(self, sql: str) -> None:
        """Run one statement without parameters and without ``%``."""
        ...

    def close(self) -> None:
        """End it; never raises."""
        ...


@dataclass(frozen=True)
class Target:
    """A server's address and the libpq options that its URL gave."""

    address: Address
    options: Mapping[str, str] = field(default_factory=dict)


def parse_url(text: str) -> Target:
    """What a SQLAlchemy URL for PostgreSQL says, with libpq's defaults for what it leaves out.

    :raises UsageError: not a URL, or one of another engine.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        # The text itself is not shown: a password may be in it.
        raise UsageError(
            "The URL of a PostgreSQL server cannot be read.",
            next_step="Write it as postgresql://user:password@host:port/database.",
        ) from None
    if backend not in ("postgresql", "postgres"):
        raise UsageError(
            f"A PostgreSQL server is named by a {backend} URL.",
            where=url.render_as_string(hide_password=True),
            next_step="Write it as postgresql://user:password@host:port/database.",
        )

    def from_query(key: str) -> str | None:
        value = url.query.get(key)
        return value if isinstance(value, str) or value is None else value[0]

    host, port = url.host, url.port
    named = from_query("host") or from_query("unix_sock")
    if named is not None and not host:
        # Both "host=/folder" and "host=name:port" are SQLAlchemy's forms.
        if named.startswith("/"):
            folder = Path(named)
            host = str(folder.parent if folder.name.startswith(".s.PGSQL.") else folder)
        else:
            host, _, after = named.partition(",")[0].partition(":")
            port = int(after) if after.isdigit() else port
    query_port = from_query("port")
    if port is None and query_port is not None and query_port.isdigit():
        port = int(query_port)
    port = port or int(os.environ.get("PGPORT") or 5432)
    user = url.username or from_query("user") or os.environ.get("PGUSER") or _login()
    password = url.password or from_query("password") or os.environ.get("PGPASSWORD")
    options = {key: value for key in LIBPQ_OPTIONS if (value := from_query(key)) is not None}
    return Target(
        Address(
            dialect="postgresql",
            host=host or os.environ.get("PGHOST") or _local_host(port),
            port=port,
            user=user,
            password=str(password) if password is not None else None,
            database=url.database or os.environ.get("PGDATABASE") or "postgres",
        ),
        options,
    )


def connect(target: Target, database: str | None = None) -> Connection:
    """Open a connection with the first driver found: psycopg, psycopg2, pg8000, asyncpg.

    :param database: another database of that server than the one of the address.
    :raises ConnectError: the server does not let us in.
    :raises UsageError: no driver is installed.
    """
    address = target.address
    name = database or address.database
    for driver, opener in _OPENERS.items():
        if find_spec(driver) is not None:
            try:
                return opener(address, name, target.options)
            except UsageError:
                raise
            except Exception as error:
                raise ConnectError(reason_of(error, address.password)) from None
    raise UsageError(
        "No PostgreSQL driver is installed.",
        next_step="Install one, for example: pip install 'psycopg[binary]'.",
    )


def load_driver() -> None:
    """Import the driver now (0.1 s), while a server starts."""
    for driver in _OPENERS:
        if find_spec(driver) is not None:
            import_module(driver)
            return


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "postgres"


def _local_host(port: int) -> str:
    for folder in ("/var/run/postgresql", "/tmp"):
        if Path(folder, f".s.PGSQL.{port}").exists():
            return folder
    return "localhost"


class _Asyncpg:
    """asyncpg, on an event loop of its own."""

    def __init__(self, open_it: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._loop = LoopThread()
        try:
            self._raw: Any = self._loop.run(open_it())
        except BaseException:
            self._loop.stop()
            raise

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._loop.run(self._raw.fetch(sql))]

    def execute(self, sql: str) -> None:
        self._loop.run(self._raw.execute(sql))

    def close(self) -> None:
        if self._loop.stopped:
            return
        try:
            self._loop.run(self._raw.close(timeout=5))
        except Exception:
            self._raw.terminate()
        self._loop.stop()


def _libpq_arguments(address: Address, name: str, options: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"connect_timeout": "10", **options}
    # An empty hostaddr is a value to libpq: PGHOSTADDR would win over the host, and lead elsewhere.
    arguments.update(
        host=address.host, hostaddr="", port=address.port, user=address.user, dbname=name
    )
    if address.host is not None and address.host.startswith("/"):
        # A server of ours: what the environment asks of the real one does not concern it.
        arguments.update(
            requirepeer="", sslmode="prefer", gssencmode="disable", target_session_attrs="any"
        )
        if os.environ.get("PGREQUIREAUTH"):
            arguments["require_auth"] = ""
    if address.password is not None:
        arguments["password"] = address.password
    return arguments


def _psycopg(address: Address, name: str, options: Mapping[str, str]) -> Connection:
    import psycopg

    arguments = _libpq_arguments(address, name, options)
    return DbapiConnection(psycopg.connect(**arguments, autocommit=True, prepare_threshold=None))


def _psycopg2(address: Address, name: str, options: Mapping[str, str]) -> Connection:
    import psycopg2  # type: ignore[import-untyped]

    raw = psycopg2.connect(**_libpq_arguments(address, name, options))
    raw.autocommit = True
    return DbapiConnection(raw)


def _pg8000(address: Address, name: str, options: Mapping[str, str]) -> Connection:
    import pg8000.dbapi  # type: ignore[import-untyped]

    where: dict[str, Any] = {"host": address.host or "localhost", "port": address.port or 5432}
    if address.host is not None and address.host.startswith("/"):
        where = {"unix_sock": f"{address.host}/.s.PGSQL.{address.port}"}
    elif options.get("sslmode", "prefer") not in ("disable", "allow", "prefer"):
        where["ssl_context"] = True
    raw = pg8000.dbapi.connect(
        user=address.user or "", password=address.password, database=name, timeout=10, **where
    )
    raw.autocommit = True
    if raw._usock is not None:  # noqa: SLF001 - pg8000 says the timeout in no other way
        # The timeout was for connecting; a statement may take its time.
        raw._usock.settimeout(None)  # noqa: SLF001
    return DbapiConnection(raw)


def _asyncpg(address: Address, name: str, options: Mapping[str, str]) -> Connection:
    import asyncpg  # type: ignore[import-untyped]

    def open_it() -> Coroutine[Any, Any, Any]:
        opened: Coroutine[Any, Any, Any] = asyncpg.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            database=name,
            ssl=options.get("sslmode"),
            timeout=10,
        )
        return opened

    return _Asyncpg(open_it)


_OPENERS: dict[str, Callable[[Address, str, Mapping[str, str]], Connection]] = {
    "psycopg": _psycopg,
    "psycopg2": _psycopg2,
    "pg8000": _pg8000,
    "asyncpg": _asyncpg,
}
