"""Databases on a real MariaDB server, dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from assay.dialects.mysql.connecting import Connection, connect, parse_url


@pytest.fixture
def new_database(mariadb_server: str) -> Iterator[Callable[[], Connection]]:
    """Makes a database and connects to it."""
    target = parse_url(mariadb_server)
    with ExitStack() as stack:
        server = connect(target)
        stack.callback(server.close)

        def make() -> Connection:
            name = f"assay_test_{uuid.uuid4().hex[:12]}"
            server.execute(f"CREATE DATABASE {name}")
            stack.callback(server.execute, f"DROP DATABASE {name}")
            connection = connect(target, name)
            stack.callback(connection.close)
            return connection

        yield make


@pytest.fixture
def database(new_database: Callable[[], Connection]) -> Connection:
    """One connection to a new database."""
    return new_database()


@pytest.fixture
def named(mariadb_server: str) -> Iterator[Any]:
    """A named server for shadows."""
    from assay.dialects.mysql.named import NamedServer
    from assay.dialects.watchdog import Watchdog

    server = NamedServer(mariadb_server, Watchdog())
    yield server
    server.close()
