"""What SQLite was seen to do: tables that were copied, rows that were changed."""

from __future__ import annotations

import sqlite3

from assay.dialects import Observation, RowChange
from assay.dialects.sqlite.observing import SQLiteObserver


def run(*statements: str) -> list[Observation]:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(
        "CREATE TABLE u (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
        "INSERT INTO t VALUES (1, 2), (2, 3); CREATE TABLE c (t REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO c VALUES (1)"
    )
    observer = SQLiteObserver(lambda sql: connection.execute(sql).fetchall())
    found = []
    for sql in statements:
        rows = connection.execute(observer.before(sql, autocommit=False)).rowcount
        found.append(observer.after(sql, rows if rows >= 0 else None))
    return found


def test_a_copied_table_under_whatever_name() -> None:
    *before, last, column = run(
        "CREATE TABLE copy (id INTEGER PRIMARY KEY, a INTEGER)",
        "INSERT INTO copy SELECT * FROM t",
        "DROP TABLE t",
        "ALTER TABLE copy RENAME TO t",
        "ALTER TABLE t ADD COLUMN b",
    )
    assert all(not each.rewritten for each in before)
    assert last.rewritten == ("t",)
    assert column.rewritten == ()


def test_rows() -> None:
    update, common, quoted = run(
        "UPDATE t SET a = 1 WHERE id = 1",
        "WITH x AS (SELECT 1) DELETE FROM t",
        'INSERT OR REPLACE INTO "t" VALUES (1, 1)',
    )
    assert update.rows == {"t": RowChange(updated=1)}
    assert common.rows == {"t": RowChange(deleted=2), "c": RowChange(deleted=1)}
    assert common.whole == ("t",)
    assert quoted.rows == {"t": RowChange(inserted=1)}


def test_rows_that_the_drop_of_another_table_takes() -> None:
    *_, drop, rename = run(
        "CREATE TABLE copy (id INTEGER PRIMARY KEY, a INTEGER)",
        "INSERT INTO copy SELECT * FROM t",
        "DROP TABLE t",
        "ALTER TABLE copy RENAME TO t",
    )
    assert drop.rows == {"c": RowChange(deleted=1)}
    assert rename.rows == {}


def test_a_renamed_table_is_the_same_one() -> None:
    _, rows, *_, copied = run(
        "ALTER TABLE t RENAME TO v",
        "DELETE FROM v",
        "CREATE TABLE copy (id INTEGER PRIMARY KEY, a INTEGER)",
        "DROP TABLE v",
        "ALTER TABLE copy RENAME TO v",
    )
    assert rows.whole == ("v",)
    assert copied.rewritten == ("v",)
