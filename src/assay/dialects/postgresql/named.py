"""A server that the user named: databases are made on it, and none is left there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from typing import Any

from assay.dialects.owners import is_dead, prefix
from assay.dialects.postgresql.connecting import (
    ConnectError,
    Connection,
    Target,
    connect,
    parse_url,
)
from assay.dialects.postgresql.databases import Databases, literal, quoted
from assay.dialects.values import Address
from assay.dialects.watchdog import Watchdog
from assay.errors import UsageError

__all__ = ["NamedServer", "drop_left"]


class NamedServer(Databases):
    """Databases ``assay_MACHINE_PID_START_NUMBER`` on a server that goes on running.

    :param url: any SQLAlchemy URL for PostgreSQL; its user must be allowed to make databases.
    :raises UsageError: it cannot be reached, with the driver's reason.
    """

    def __init__(self, url: str, watchdog: Watchdog) -> None:
        self._watchdog = watchdog
        target = parse_url(url)
        try:
            connect(target).close()
        except ConnectError as error:
            raise UsageError(
                "The PostgreSQL server named for shadows cannot be reached.",
                where=str(target.address),
                next_step=(
                    "Start it, or correct [tool.assay.shadow] postgresql or"
                    " ASSAY_SHADOW_POSTGRESQL; without either, Assay starts one of its own."
                ),
                cause=str(error),
            ) from error
        super().__init__(target)
        # A cluster whose own encoding is another one has a locale that does not fit UTF8.
        encoding = (
            "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template0'"
        )
        if self.query(encoding)[0][0] != "UTF8":
            self._new_options = "LC_COLLATE 'C' LC_CTYPE 'C'"
        self._drop_dead()
        self._prefix = prefix()
        address = target.address
        watchdog.drop_databases(
            self._prefix,
            __name__,
            {
                "database": address.database,
                "host": address.host,
                "port": address.port,
                "user": address.user,
                "password": address.password,
                "options": dict(target.options),
            },
        )

    @property
    def description(self) -> str:
        """For example "PostgreSQL 15.18, databases made on 127.0.0.1:5432"."""
        address = self._target.address
        return f"PostgreSQL {self.server_version}, databases made on {address.host}:{address.port}"

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
                self._watchdog.forget(self._prefix)
                self._watchdog.close()
            except Exception as error:
                # Left to the watchdog, which goes on when this process ends.
                raise UsageError(
                    "Databases made for shadows could not be dropped yet.",
                    where=", ".join(str(address) for address in self._made.values()),
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


def drop_left(prefix: str, arguments: Mapping[str, Any]) -> None:
    """Called by the watchdog after the process that made databases died: drop them.

    A ``CREATE DATABASE`` that ran when its client died goes on in the server for a while, so it is
    looked again until none comes any more.
    """
    address = Address(
        dialect="postgresql",
        database=arguments["database"],
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
        finally:
            connection.close()
        if quiet >= 2:
            return
        time.sleep(0.3)


def _drop_all(connection: Connection, prefix: str) -> bool:
    """Drop what is there; true when nothing is left and no session works at another one."""
    busy = connection.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        f" AND (starts_with(datname::text, {literal(prefix)})"
        f" OR starts_with(query, {literal(f'CREATE DATABASE {quoted(prefix)[:-1]}')}))"
    )
    version = int(connection.query("SHOW server_version_num")[0][0])
    left = False
    for name in _names(connection.query, prefix):
        left = True
        with contextlib.suppress(Exception):
            force = " WITH (FORCE)" if version >= 130000 else ""
            connection.execute(f"DROP DATABASE IF EXISTS {quoted(name)}{force}")
    return not left and not busy


def _names(query: Any, prefix: str) -> list[str]:
    found = query(
        "SELECT datname::text FROM pg_database"
        f" WHERE starts_with(datname::text, {literal(prefix)}) ORDER BY 1"
    )
    return [str(row[0]) for row in found]
