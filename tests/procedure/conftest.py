"""Projects that stand before a change, made once and copied."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.layout import lay_out
from helpers import Laid, copied, on_mysql


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """A SQLite project whose first revision (table ``users``) is applied."""
    root = tmp_path_factory.mktemp("sqlite") / "app"
    lay_out(root)
    project = Laid(root)
    project.tests_are("true")
    project.column('Column("nick", String(50))')
    project.change("create users", code=0)
    return project


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    """A new SQLite project, nothing generated yet."""
    lay_out(tmp_path / "app")
    return Laid(tmp_path / "app")


@pytest.fixture
def app(begun: Laid, tmp_path: Path) -> Laid:
    """A SQLite project with ``users`` in its database, two rows in it."""
    project = copied(begun, tmp_path / "app")
    project.people("Ann", "Bob")
    return project


@pytest.fixture(scope="session")
def begun_postgresql(
    postgresql_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laid]:
    """The same on PostgreSQL; its database is a template for others."""
    name = f"assay_t_{uuid.uuid4().hex[:10]}"
    _on_server(postgresql_server, f"CREATE DATABASE {name}")
    try:
        url = f"{postgresql_server.rpartition('/')[0]}/{name}"
        root = tmp_path_factory.mktemp("postgresql") / "app"
        lay_out(root, url=url)
        project = Laid(root, url)
        project.tests_are("true")
        project.column('Column("nick", String(50))')
        project.change("create users", code=0)
        yield project
    finally:
        _on_server(postgresql_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def app_postgresql(
    begun_postgresql: Laid, postgresql_server: str, tmp_path: Path
) -> Iterator[Laid]:
    """A PostgreSQL project with ``users`` in its database, two rows in it."""
    name = f"assay_t_{uuid.uuid4().hex[:10]}"
    template = begun_postgresql.url.rpartition("/")[2]
    _on_server(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        project = copied(begun_postgresql, tmp_path / "app")
        project.url = f"{postgresql_server.rpartition('/')[0]}/{name}"
        project.edit("alembic.ini", template, name)
        project.people("Ann", "Bob")
        yield project
    finally:
        _on_server(postgresql_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def app_mysql(mariadb_server: str, tmp_path: Path) -> Iterator[Laid]:
    """A MariaDB project with ``users`` in its database, two rows in it."""
    name = f"assay_t_{uuid.uuid4().hex[:10]}"
    with on_mysql(mariadb_server) as server:
        # not the server's own defaults: shadows must take those of the real database
        server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        try:
            url = f"{mariadb_server.rpartition('/')[0]}/{name}"
            lay_out(tmp_path / "app", url=url)
            project = Laid(tmp_path / "app", url)
            project.tests_are("true")
            project.column('Column("nick", String(50))')
            project.change("create users", code=0)
            project.people("Ann", "Bob")
            yield project
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name}")


def _on_server(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(statement.encode())
