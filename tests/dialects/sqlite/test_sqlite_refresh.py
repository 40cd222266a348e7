"""Reading again costs what was touched and says the same as reading anew; the catalog mark."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from assay.dialects import load
from assay.dialects.sqlite import objects

DIALECT = load("sqlite")


def query_on(connection: sqlite3.Connection) -> Any:
    return lambda sql: connection.execute(sql).fetchall()


def random_statement(rng: random.Random) -> str:
    table, other = rng.choice("abcd"), rng.choice("abcd")
    column, target = rng.choice("xyz"), rng.choice("xyz")
    return rng.choice(
        [
            f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {column} TEXT, CHECK ({column} > 0))",
            f"CREATE TABLE {table} (id INT PRIMARY KEY, {column} REFERENCES {other})",
            f"DROP TABLE {table}",
            f"ALTER TABLE {table} RENAME TO {other}",
            f"ALTER TABLE {table} RENAME COLUMN {column} TO {target}",
            f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(9) DEFAULT 'q'",
            f"ALTER TABLE {table} DROP COLUMN {column}",
            f"CREATE INDEX i_{table} ON {table} ({column} DESC)",
            f"DROP INDEX i_{table}",
            f"CREATE VIEW v_{table} AS SELECT {column} FROM {table}",
            f"DROP VIEW v_{table}",
            f"CREATE TRIGGER g_{table} AFTER INSERT ON {table} BEGIN DELETE FROM {other}; END",
            f"INSERT INTO {table} ({column}) VALUES ('1')",
            "BEGIN",
            "SAVEPOINT s",
            "ROLLBACK",
            "ROLLBACK TO s",
            "COMMIT",
        ]
    )


@pytest.mark.parametrize("seed", range(12))
def test_sqlite_refresh_equals_reading_anew(seed: int) -> None:
    rng = random.Random(seed)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    query = query_on(connection)
    state = DIALECT.read_catalog(query)
    done = 0
    for _ in range(250):
        before, old, mark = state, state.snapshot, DIALECT.catalog_mark(query)
        statement = random_statement(rng)
        try:
            connection.execute(statement)
        except sqlite3.OperationalError:
            continue
        done += 1
        state = state.refresh(query)
        assert state.snapshot == DIALECT.read_catalog(query).snapshot, statement
        assert before.snapshot is old
        if state.snapshot != old:
            assert DIALECT.catalog_mark(query) != mark, statement
    assert done > 40


def test_sqlite_refresh_reads_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for number in range(20):
        connection.execute(f"CREATE TABLE t{number} (a REFERENCES t0)")
    asked: list[str] = []

    def query(sql: str) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return connection.execute(sql).fetchall()

    state = DIALECT.read_catalog(query)
    asked.clear()
    assert state.refresh(query) is state
    assert len(asked) == 1
    built: list[str] = []
    real = objects.table_objects

    def counting(name: str, *rest: Any) -> Any:
        built.append(name)
        return real(name, *rest)

    monkeypatch.setattr("assay.dialects.sqlite.catalog.table_objects", counting)
    connection.execute("CREATE INDEX i ON t7 (a)")
    assert state.refresh(query).snapshot.get("index", "t7", "i") is not None
    assert built == ["t7"]


def test_sqlite_implied_target_follows_the_other_table() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    query = query_on(connection)
    connection.execute("CREATE TABLE c (p INT CONSTRAINT f REFERENCES p)")

    def target() -> str | None:
        found = state.snapshot.get("foreign key", "c", "f")
        assert found is not None
        return found.get("target columns")

    state = DIALECT.read_catalog(query)
    assert target() is None
    connection.execute("CREATE TABLE p (Id INTEGER PRIMARY KEY)")
    state = state.refresh(query)
    assert target() == "Id"
    connection.execute("ALTER TABLE p RENAME COLUMN Id TO no")
    state = state.refresh(query)
    assert target() == "no"


def test_sqlite_refresh_after_the_file_was_replaced(tmp_path: Path) -> None:
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    for path, sql in ((one, "CREATE TABLE t (a INT)"), (other, "CREATE TABLE t (a TEXT, b)")):
        connection = sqlite3.connect(path)
        connection.execute(sql)
        connection.close()
    connection = sqlite3.connect(one)
    state = DIALECT.read_catalog(query_on(connection))
    connection.close()
    shutil.copyfile(other, one)
    connection = sqlite3.connect(one)
    query = query_on(connection)
    state = state.refresh(query)
    assert state.snapshot == DIALECT.read_catalog(query).snapshot
    assert state.snapshot.get("column", "t", "b") is not None
    connection.close()


def test_sqlite_mark_counts_ddl_and_nothing_else() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    query = query_on(connection)

    def mark() -> int:
        return int(DIALECT.catalog_mark(query))

    def changes(sql: str) -> bool:
        before = mark()
        connection.execute(sql)
        assert mark() >= before
        return mark() > before

    assert changes("CREATE TABLE t (a)")
    start = mark()
    assert not changes("BEGIN")
    assert not changes("INSERT INTO t VALUES (1)")
    assert not changes("UPDATE t SET a = 2")
    assert changes("CREATE TABLE u (a)")
    assert changes("ALTER TABLE u ADD COLUMN b")
    assert changes("CREATE INDEX i ON u (b)")
    assert changes("ALTER TABLE u RENAME TO w")
    assert changes("CREATE VIEW v AS SELECT 1")
    assert not changes("CREATE TEMP TABLE x (a)")
    assert not changes("DELETE FROM t")
    assert changes("DROP TABLE w")
    connection.execute("ROLLBACK")
    assert mark() == start
    # The one statement that counts without a change of the catalog.
    assert changes("VACUUM")


def test_sqlite_type_converters_do_not_disturb() -> None:
    sqlite3.register_converter("TEXT", lambda _b: 1 / 0)
    try:
        connection = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
        connection.execute("CREATE TABLE t (a)")
        found = DIALECT.read_catalog(query_on(connection)).snapshot
        assert found.get("column", "t", "a") is not None
    finally:
        sqlite3.converters.pop("TEXT")
