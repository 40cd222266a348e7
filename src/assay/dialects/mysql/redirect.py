"""Send a driver's connection to another database, whatever its arguments say.

Everything that says where is replaced by explicit values, which no option file overrules; what says
how to connect stays (character set, time limits, ``sql_mode``, ``init_command``).
"""

from __future__ import annotations

import getpass
import re
from typing import Any

from assay.dialects.values import Address, ConnectArguments
from assay.errors import UsageError

__all__ = ["DRIVERS", "redirect"]

DRIVERS = ("pymysql", "mysqldb", "mariadbconnector", "mysqlconnector", "asyncmy", "aiomysql")

_WHERE = {
    "async_creator_fn",  # may ignore its arguments
    "auth_plugin",
    "auth_plugin_map",
    "bind_address",
    "database",
    "db",
    "default_file",
    "default_group",
    "dsn",
    "failover",
    "force_ipv6",
    "host",
    "kerberos_auth_mode",
    "krb_service_principal",
    "load_balance",
    "named_pipe",
    "oci_config_file",
    "oci_config_profile",
    "openid_token_file",
    "option_files",
    "option_groups",
    "passwd",
    "passwd1",
    "passwd2",
    "passwd3",
    "password",
    "password1",
    "password2",
    "password3",
    # a pool that was made before would hand out its own connections
    "pool_name",
    "pool_reset_connection",
    "pool_reset_session",
    "pool_size",
    "pool_validation_interval",
    "port",
    "read_default_file",
    "read_default_group",
    "server_public_key",
    "unix_socket",
    "user",
    "username",
    "webauthn_callback",
}

_POSITIONS = {
    "pymysql": "host user password database port",
    "mysqldb": "host user password database port unix_socket conv connect_timeout compress"
    " named_pipe init_command read_default_file read_default_group",
    "aiomysql": "host user password db port unix_socket",
}
"""What the drivers that take positions call them; mysqlclient 2.2, aiomysql 0.3."""


def redirect(driver: str, arguments: ConnectArguments, to: Address) -> None:
    """Rewrite the arguments of a driver's ``connect`` in place, so that it reaches ``to``.

    :param driver: SQLAlchemy's name of the driver.
    :param to: its host is a name, or the path of a unix socket.
    :raises UsageError: the driver is not one of :data:`DRIVERS`, ``to`` has no host, or
        ``init_command`` goes to another database.
    """
    if driver not in DRIVERS:
        raise UsageError(
            f"Assay does not know how to redirect the MySQL driver {driver!r}.",
            next_step=f"Use one of: {', '.join(DRIVERS)}.",
        )
    if to.host is None:
        raise UsageError(f"The shadow database {to} has no host.", next_step="Name its host.")
    positions = _POSITIONS.get(driver, "").split()
    if len(arguments.args) > len(positions):
        raise UsageError(
            f"{driver} is called with arguments by position, which cannot be led to a shadow.",
            next_step="Pass them by name, in the URL or in connect_args.",
        )
    given: dict[str, Any] = dict(zip(positions, arguments.args, strict=False))
    given.update(arguments.keywords)
    _refuse_use(given.get("init_command"))
    keywords = {
        name: value
        for name, value in given.items()
        if name not in _WHERE and not name.startswith(("ssl", "tls"))
    }
    keywords["user"] = to.user or getpass.getuser()
    keywords["password"] = to.password or ""
    keywords["db" if driver == "aiomysql" else "database"] = to.database
    if to.host.startswith("/"):
        keywords["unix_socket"] = to.host
        keywords["host"] = "localhost"
    else:
        # the C libraries take "localhost" for the default socket, whatever the port
        keywords["host"] = "127.0.0.1" if to.host == "localhost" else to.host
        keywords["port"] = to.port or 3306
    arguments.args.clear()
    arguments.keywords.clear()
    arguments.keywords.update(keywords)


_USE = re.compile(r"(?:^|;)\s*(?:/\*.*?\*/\s*)*use\b", re.IGNORECASE | re.DOTALL)


def _refuse_use(command: object) -> None:
    if isinstance(command, str) and _USE.search(command):
        raise UsageError(
            "init_command changes to another database, which cannot be led to a shadow.",
            next_step="Name the database in the URL.",
        )
