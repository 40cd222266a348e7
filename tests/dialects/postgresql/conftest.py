"""A database for the tests of one file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url


@pytest.fixture(scope="module")
def database(quick_postgresql: str) -> Iterator[str]:
    url = make_url(quick_postgresql).set(drivername="postgresql")
    name = f"assay_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url.render_as_string(False), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name).render_as_string(False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def prepared(database: str, request: pytest.FixtureRequest) -> str:
    """The database, with what the file's ``SETUP`` makes."""
    with psycopg.connect(database) as connection:
        connection.execute(request.module.SETUP)
    return database


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the database; what is done on it is rolled back."""
    with psycopg.connect(database) as opened:
        yield opened
        opened.rollback()
