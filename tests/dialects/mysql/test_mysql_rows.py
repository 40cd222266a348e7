"""Rows on MariaDB: every type, checks, circles, engines without transactions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import make_url

from assay.dialects.mysql import connecting
from assay.prove.rows import count_rows, make_rows
from quick import mariadb_server as mariadb_server

TYPES = [
    "TINYINT", "SMALLINT", "MEDIUMINT UNSIGNED", "INT", "BIGINT UNSIGNED", "BOOL", "DECIMAL(10,2)",
    "DECIMAL(3,3)", "FLOAT", "DOUBLE", "BIT(3)", "CHAR(2)", "VARCHAR(3)", "BINARY(4)",
    "VARBINARY(2)", "TINYTEXT", "TEXT", "LONGTEXT", "TINYBLOB", "BLOB", "ENUM('a','b''c')",
    "SET('x','y')", "DATE", "TIME(3)", "DATETIME(6)", "TIMESTAMP", "YEAR", "JSON", "UUID", "INET6",
    "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "GEOMETRYCOLLECTION", "GEOMETRY",
]  # fmt: skip


@pytest.fixture
def connection(mariadb_server: str, database: connecting.Connection) -> Iterator[Connection]:
    [(name,)] = database.query("SELECT DATABASE()")
    engine = create_engine(make_url(mariadb_server).set(database=str(name)))
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_every_type_gets_a_value(connection: Connection) -> None:
    columns = ", ".join(f"c{number} {typed} NOT NULL" for number, typed in enumerate(TYPES))
    connection.exec_driver_sql(f"CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, {columns})")
    report = make_rows(connection)
    assert report.made == {"t": 3}
    assert not report.skipped
    assert not report.incomplete


def test_checks_keys_and_generated_columns(connection: Connection) -> None:
    for statement in (
        "CREATE TABLE parent (code VARCHAR(9) PRIMARY KEY, n INT NOT NULL CHECK (n BETWEEN 40 AND 50))",
        "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE,"
        " a INT, b INT AS (a + 1) STORED, hidden INT INVISIBLE NOT NULL DEFAULT 3,"
        " up INT, state VARCHAR(9) NOT NULL, CONSTRAINT said CHECK (state IN ('open', 'shut')),"
        " FOREIGN KEY (code) REFERENCES parent (code), FOREIGN KEY (up) REFERENCES child (id))",
    ):
        connection.exec_driver_sql(statement)
    report = make_rows(connection)
    assert report.made == {"parent": 3, "child": 3}
    assert count_rows(connection) == {"parent": 3, "child": 3}


def test_a_circle_is_filled_and_checked(connection: Connection) -> None:
    for statement in (
        "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, b INT NOT NULL)",
        "CREATE TABLE b (id INT AUTO_INCREMENT PRIMARY KEY, a INT NOT NULL,"
        " FOREIGN KEY (a) REFERENCES a (id))",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id)",
    ):
        connection.exec_driver_sql(statement)
    report = make_rows(connection)
    assert set(report.made) | set(report.skipped) == {"a", "b"}
    orphans = "SELECT COUNT(*) FROM a WHERE b NOT IN (SELECT id FROM b)"
    assert connection.exec_driver_sql(orphans).scalar() == 0
    assert connection.exec_driver_sql("SELECT @@foreign_key_checks").scalar() == 1


def test_engines_without_transactions(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE m (id INT PRIMARY KEY, x INT) ENGINE=MEMORY")
    connection.exec_driver_sql("CREATE TABLE r (id INT PRIMARY KEY, x INT) ENGINE=Aria")
    connection.exec_driver_sql("CREATE TABLE t (id INT PRIMARY KEY, x INT NOT NULL)")
    assert make_rows(connection).made == {"m": 3, "r": 3, "t": 3}


def test_what_cannot_be_filled_is_told(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE t (x INT NOT NULL CHECK (x > 5 AND x < 5))")
    report = make_rows(connection)
    assert report.made == {}
    assert "t" in report.skipped
    assert count_rows(connection) == {"t": 0}
