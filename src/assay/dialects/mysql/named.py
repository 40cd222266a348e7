"""A server that the user named: databases are made on it, and none is left there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from assay.dialects.mysql.connecting import ConnectError, Connection, Target, connect, parse_url
from assay.dialects.mysql.databases import Databases
from assay.dialects.mysql.guarded import drop_dead_users, drop_user, guarded
from assay.dialects.mysql.texts import literal, quoted
from assay.dialects.owners import is_dead, prefix
from assay.dialects.values import Address
from assay.dialects.watchdog import Watchdog
from assay.errors import UsageError

__all__ = ["NamedServer", "drop_left"]


class NamedServer(Databases):
    """Databases ``assay_MACHINE_PID_START_NUMBER`` on a server that goes on running.

    :param url: any SQLAlchemy URL for MySQL or MariaDB; its user must be allowed to make databases.
    :raises UsageError: it cannot be reached, with the driver's reason.
    """

    def __init__(self, url: str, watchdog: Watchdog) -> None:
        self._watchdog = watchdog
        target = parse_url(url)
        try:
            connect(target).close()
        except ConnectError as error:
            raise UsageError(
                "The MySQL or MariaDB server named for shadows cannot be reached.",
                where=_shown(target.address),
                next_step=(
                    "Start it, or correct [tool.assay.shadow] mysql or ASSAY_SHADOW_MYSQL;"
                    " without either, Assay starts one of its own."
                ),
                cause=str(error),
            ) from error
        super().__init__(target)
        self._drop_dead()
        self._prefix = prefix()
        self._project = guarded(target, self._prefix, self.query, self._execute) or target
        guard = self._project.address.user if self._project is not target else None
        address = target.address
        watchdog.drop_databases(
            self._prefix,
            __name__,
            {
                "host": address.host,
                "port": address.port,
                "user": address.user,
                "password": address.password,
                "options": dict(target.options),
                "guard": guard,
            },
        )

    @property
    def description(self) -> str:
        """For example "MariaDB 10.11.19, databases made on 127.0.0.1:3306"."""
        return f"{self.product}, databases made on {_shown(self._target.address)}"

    def close(self) -> None:
        """Drop every database made here. May be called again.

        :raises UsageError: one could not be dropped; the watchdog tries again later.
        """
        if os.getpid() != self._owner:
            return
        with self._lock:
            if self._closed:
                return
            try:
                for name in list(self._made):
                    self._drop(name)
                    del self._made[name]
                if self._project is not self._target:
                    drop_user(str(self._project.address.user), self.query, self._execute)
                self._watchdog.forget(self._prefix)
                self._watchdog.close()
            except Exception as error:
                # Left to the watchdog, which goes on when this process ends.
                raise UsageError(
                    "Databases made for shadows could not be dropped yet.",
                    where=", ".join(self._made),
                    next_step="They are dropped when this process ends, or by the next run.",
                    cause=" ".join(str(error).split()),
                ) from error
            finally:
                self._closed = True
                self._close_connection()

    def _drop_dead(self) -> None:
        """Drop what killed runs on this machine left when their watchdog was killed too."""
        for name in _names(self.query, "assay_"):
            if is_dead(name):
                # Another user's, or another run is dropping it as well.
                with contextlib.suppress(Exception):
                    self._drop(name)
        drop_dead_users(self.query, self._execute)


def drop_left(prefix: str, arguments: Mapping[str, Any]) -> None:
    """Called by the watchdog after the process that made databases died: drop them.

    A statement that ran when its client died goes on in the server for a while, so it is looked
    again until none comes any more.
    """
    address = Address(
        dialect="mysql",
        database="",
        host=arguments["host"],
        port=arguments["port"],
        user=arguments["user"],
        password=arguments["password"],
    )
    target = Target(address, arguments["options"])
    quiet = 0
    for _ in range(100):
        try:
            connection = connect(target)
        except ConnectError:
            time.sleep(0.5)
            continue
        try:
            quiet = quiet + 1 if _drop_all(connection, prefix) else 0
            if quiet >= 2 and arguments["guard"]:
                drop_user(arguments["guard"], connection.query, connection.execute)
        finally:
            connection.close()
        if quiet >= 2:
            return
        time.sleep(0.3)


def _drop_all(connection: Connection, prefix: str) -> bool:
    """Drop what is there; true when nothing is left and no session works at another one."""
    begins = f"LEFT(DB, {len(prefix)}) = {literal(prefix)}"
    making = f"CREATE DATABASE {quoted(prefix)[:-1]}"
    busy = connection.query(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()"
        f" AND ({begins} OR LEFT(INFO, {len(making)}) = {literal(making)})"
    )
    for (number,) in busy:
        with contextlib.suppress(Exception):
            connection.execute(f"KILL {int(number)}")
    left = False
    for name in _names(connection.query, prefix):
        left = True
        with contextlib.suppress(Exception):
            connection.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
    return not left and not busy


def _names(query: Callable[[str], list[tuple[Any, ...]]], prefix: str) -> list[str]:
    found = query(
        "SELECT CAST(SCHEMA_NAME AS CHAR) FROM information_schema.SCHEMATA"
        f" WHERE LEFT(SCHEMA_NAME, {len(prefix)}) = {literal(prefix)} ORDER BY 1"
    )
    return [str(row[0]) for row in found]


def _shown(address: Address) -> str:
    host = str(address.host)
    return host if host.startswith("/") else f"{host}:{address.port}"
