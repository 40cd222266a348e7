"""Send a driver's connection to another database, whatever its arguments and the environment say.

Everything that says where is replaced by explicit values, which no environment variable overrules
(psycopg 3.3, psycopg2 2.9, asyncpg 0.32 and pg8000 1.31, measured with a poisoned environment).
What says how to connect stays, ``PGOPTIONS`` too. A ``PGSERVICE`` that libpq cannot find makes it
refuse.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from typing import Any

from assay.dialects.values import Address, ConnectArguments
from assay.errors import UsageError

__all__ = ["DRIVERS", "redirect"]

DRIVERS = ("psycopg", "psycopg_async", "psycopg2", "psycopg2cffi", "pg8000", "asyncpg")

_WHERE = {
    "async_creator_fn",  # may ignore its arguments
    "channel_binding",
    "conninfo",
    "database",
    "dbname",
    "direct_tls",
    "dsn",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "krbsrvname",
    "load_balance_hosts",
    "passfile",
    "password",
    "port",
    "require_auth",
    "requirepeer",
    "requiressl",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "sock",
    "source_address",
    "target_session_attrs",
    "unix_sock",
    "user",
}
_PG8000_POSITIONS = (
    "user",
    "host",
    "database",
    "port",
    "password",
    "source_address",
    "unix_sock",
    "ssl_context",
    "timeout",
    "tcp_keepalive",
    "application_name",
    "replication",
)


def redirect(driver: str, arguments: ConnectArguments, to: Address) -> None:
    """Rewrite the arguments of a driver's ``connect`` in place, so that it reaches ``to``.

    :param driver: SQLAlchemy's name of the driver.
    :param to: with a folder as host, the port names the socket in it.
    :raises UsageError: the driver is not one of :data:`DRIVERS`, or ``to`` has no host.
    """
    if driver not in DRIVERS:
        raise UsageError(
            f"Assay does not know how to redirect the PostgreSQL driver {driver!r}.",
            next_step=f"Use one of: {', '.join(DRIVERS)}.",
        )
    if to.host is None:
        raise UsageError(f"The shadow database {to} has no host.", next_step="Name its host.")
    if driver == "pg8000":
        _pg8000(arguments, to)
    elif driver == "asyncpg":
        _asyncpg(arguments, to)
    else:
        _libpq(driver, arguments, to)


def _kept(keywords: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in keywords.items()
        if name not in _WHERE and not name.startswith(("ssl", "oauth_"))
    }


def _basics(to: Address) -> dict[str, Any]:
    return {
        "host": to.host,
        "port": to.port or 5432,
        "user": to.user or getpass.getuser(),
    }


def _replace(arguments: ConnectArguments, args: list[Any], keywords: dict[str, Any]) -> None:
    arguments.args[:] = args
    arguments.keywords.clear()
    arguments.keywords.update(keywords)


def _libpq(driver: str, arguments: ConnectArguments, to: Address) -> None:
    given: dict[str, Any] = {}
    texts = arguments.args[:1] + [arguments.keywords.get(name) for name in ("dsn", "conninfo")]
    for text in texts:
        if isinstance(text, str) and text.strip():
            given.update(_parsed(driver, text))
    given.update(arguments.keywords)
    keywords = _kept(given)
    # An empty value is a value to libpq: it keeps the environment's away and means the default.
    keywords.update(
        _basics(to),
        dbname=to.database,
        password=to.password or "",
        hostaddr="",
        requirepeer="",
        sslmode="prefer",
        channel_binding="prefer",
        gssencmode="disable",
        target_session_attrs="any",
    )
    # Known to newer libpq only, so named only where the environment shows that it is one.
    for variable, name, value in (
        ("PGREQUIREAUTH", "require_auth", ""),
        ("PGSSLNEGOTIATION", "sslnegotiation", "postgres"),
        ("PGLOADBALANCEHOSTS", "load_balance_hosts", "disable"),
    ):
        if os.environ.get(variable):
            keywords[name] = value
    if not driver.startswith("psycopg2"):
        # It prepares what comes for the fifth time, and from then on discards all that is prepared
        # on the connection, ours too, at every ROLLBACK and DROP (psycopg 3.3, measured).
        keywords["prepare_threshold"] = None
    # psycopg2.connect(dsn, connection_factory, cursor_factory); psycopg takes the dsn alone.
    args = ["", *arguments.args[1:]] if arguments.args else []
    _replace(arguments, args, keywords)


def _parsed(driver: str, text: str) -> dict[str, Any]:
    """What a connection string says, nothing if libpq does not understand it."""
    parse: Callable[[str], dict[str, Any]]
    if driver.startswith("psycopg2"):
        if driver == "psycopg2cffi":
            from psycopg2cffi.extensions import parse_dsn as parse  # type: ignore
        else:
            from psycopg2.extensions import parse_dsn as parse  # type: ignore
    else:
        from psycopg.conninfo import conninfo_to_dict as parse
    try:
        return dict(parse(text))
    except Exception:
        # Each driver has an exception class of its own for this; where the string would have led
        # does not matter any more.
        return {}


def _pg8000(arguments: ConnectArguments, to: Address) -> None:
    given = dict(zip(_PG8000_POSITIONS, arguments.args, strict=False))
    given.update(arguments.keywords)
    keywords = _kept(given)
    keywords.update(_basics(to), database=to.database, password=to.password)
    assert to.host is not None
    if to.host.startswith("/"):
        keywords["unix_sock"] = f"{to.host}/.s.PGSQL.{keywords['port']}"
        keywords["host"] = "localhost"
    _replace(arguments, [], keywords)


def _asyncpg(arguments: ConnectArguments, to: Address) -> None:
    keywords = _kept(arguments.keywords)
    assert to.host is not None
    keywords.update(
        _basics(to),
        database=to.database,
        password=to.password or "",
        ssl=False if to.host.startswith("/") else "prefer",
        direct_tls=False,
        target_session_attrs="any",
    )
    # Of a dsn only the server settings are not about where: asyncpg takes its unknown query
    # parameters for them.
    dsn = arguments.args[0] if arguments.args else arguments.keywords.get("dsn")
    settings = _dsn_settings(dsn) if isinstance(dsn, str) else {}
    if settings:
        keywords["server_settings"] = {**settings, **(keywords.get("server_settings") or {})}
    _replace(arguments, [], keywords)


def _dsn_settings(dsn: str) -> dict[str, str]:
    from urllib.parse import parse_qsl, urlsplit

    try:
        pairs = parse_qsl(urlsplit(dsn).query)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in _kept(dict(pairs)).items()}
