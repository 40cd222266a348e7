"""Rows with far keys on SQLite and PostgreSQL: a copy, a row that nobody refers to, or none."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from assay.prove.far_keys import FAR, make_far_rows
from assay.prove.rows import make_rows

TABLES = (
    "CREATE TABLE plain (id INTEGER PRIMARY KEY, note VARCHAR(20))",
    "CREATE TABLE bare (note VARCHAR(20), id INTEGER NOT NULL)",
    "CREATE TABLE parts (id INTEGER PRIMARY KEY, code VARCHAR(20) UNIQUE)",
    "CREATE TABLE uses (id INTEGER PRIMARY KEY, part_id INTEGER REFERENCES parts (id))",
    "CREATE TABLE taken (id INTEGER PRIMARY KEY, code VARCHAR(20) UNIQUE)",
    "CREATE TABLE takers (taken_id INTEGER PRIMARY KEY REFERENCES taken (id))",
    "CREATE TABLE named (name VARCHAR(20) PRIMARY KEY)",
    "CREATE TABLE pairs (one INTEGER, two INTEGER, PRIMARY KEY (one, two))",
    "CREATE TABLE small (id SMALLINT PRIMARY KEY)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    name = f"far_{uuid.uuid4().hex[:12]}"
    url = f"sqlite:///{tmp_path / 'shadow.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        if request.param == "postgresql":
            # nothing is committed
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
            connection.exec_driver_sql(f"SET LOCAL search_path = {name}")
        yield connection
    engine.dispose()


def test_each_table_gets_one_if_it_can(connection: sa.Connection) -> None:
    for sql in TABLES:
        connection.exec_driver_sql(sql)
    labels = {name: made for name, made in make_rows(connection).made.items() if made}
    found = make_far_rows(connection, labels)
    # a copy, a row moved; what all rows refer to, text, pairs and what is too small have none
    assert {name.rpartition(".")[2]: held for name, held in found.items()} == {
        "plain": 4,
        "bare": 4,
        "parts": 3,
        "uses": 4,
    }
    for table in ("plain", "parts"):
        keys = [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM {table} ORDER BY id")]
        assert keys[-1] > FAR
        assert keys[-2] < FAR
    lost = "SELECT count(*) FROM uses WHERE part_id NOT IN (SELECT id FROM parts)"
    assert connection.exec_driver_sql(lost).scalar() == 0


def test_only_tables_that_are_asked_for(connection: sa.Connection) -> None:
    connection.exec_driver_sql(TABLES[0])
    make_rows(connection)
    assert make_far_rows(connection, ["uses"]) == {}
    assert connection.exec_driver_sql("SELECT max(id) FROM plain").scalar() == 3
