"""What MariaDB was seen to do: the form that was taken runs, once."""

from __future__ import annotations

import pytest

from assay.dialects import Observation, RowChange
from assay.dialects.mysql.connecting import Connection
from assay.dialects.mysql.observing import MySQLObserver
from quick import mariadb_server as mariadb_server

BOTH = ("reads", "writes")


@pytest.fixture
def filled(database: Connection) -> Connection:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b INT)")
    database.execute("INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 1)")
    return database


def run(connection: Connection, *statements: str) -> list[Observation]:
    observer = MySQLObserver(connection.query, connection.execute)
    found = []
    for sql in statements:
        connection.execute(observer.before(sql, autocommit=False))
        found.append(observer.after(sql, 2))
    return found


@pytest.mark.parametrize(
    ("statement", "algorithm", "blocks", "rewritten"),
    [
        ("ALTER TABLE t ADD COLUMN c INT", "INSTANT", (), ()),
        ("CREATE INDEX ix ON t (b)", "INPLACE", (), ()),
        ("ALTER TABLE `t` MODIFY b BIGINT", "COPY", ("writes",), ("t",)),
        ("ALTER TABLE t ADD c INT, ALGORITHM=COPY, LOCK=EXCLUSIVE", "COPY", BOTH, ("t",)),
        ("ALTER TABLE t ENGINE=Aria", "COPY", ("writes",), ("t",)),
        ("ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2", "COPY", ("writes",), ("t",)),
    ],
)
def test_the_form_of_a_statement(
    filled: Connection,
    statement: str,
    algorithm: str,
    blocks: tuple[str, ...],
    rewritten: tuple[str, ...],
) -> None:
    (found,) = run(filled, statement)
    assert found.form is not None
    assert found.form.algorithm == algorithm
    assert [(k.relation, k.blocks) for k in found.locks] == [("t", blocks)]
    assert found.rewritten == rewritten


def test_ddl_commits_and_data_does_not(filled: Connection) -> None:
    first, second, third = run(
        filled, "UPDATE t SET b = 2", "ALTER TABLE t ADD COLUMN c INT", "DELETE FROM t"
    )
    assert first.rows == {"t": RowChange(updated=2)}
    assert first.transaction == second.transaction
    assert third.transaction != second.transaction
    assert third.rows == {"t": RowChange(deleted=2)}


def test_a_table_of_the_revision_itself_is_not_locked(filled: Connection) -> None:
    made, altered = run(filled, "CREATE TABLE n (id INT)", "ALTER TABLE n ADD COLUMN c INT")
    assert made.locks == altered.locks == ()


@pytest.mark.parametrize(
    "rename",
    ["RENAME TABLE t TO `v`", "ALTER TABLE t RENAME AS v", "ALTER TABLE t ADD d INT, RENAME TO v"],
)
def test_a_renamed_table_is_the_same_one(filled: Connection, rename: str) -> None:
    _, column, index, altered, emptied = run(
        filled,
        rename,
        "ALTER TABLE v RENAME COLUMN a TO c",
        "CREATE INDEX ix ON v (b)",
        "ALTER TABLE v MODIFY b BIGINT",
        "TRUNCATE v",
    )
    assert [one.form.algorithm for one in (column, index, altered) if one.form] == [
        *("INSTANT", "INPLACE", "COPY")
    ]
    assert altered.rewritten == ("v",)
    assert emptied.emptied == ("v",)


def test_a_table_that_is_emptied(filled: Connection) -> None:
    (found,) = run(filled, "TRUNCATE TABLE t")
    assert found.emptied == ("t",)


def test_rows_that_a_cascade_takes(filled: Connection) -> None:
    filled.execute(
        "CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id) ON DELETE CASCADE)"
    )
    filled.execute("INSERT INTO c VALUES (1)")
    (found,) = run(filled, "DELETE FROM t")
    assert found.rows == {"t": RowChange(deleted=2), "c": RowChange(deleted=1)}
    assert found.whole == ("t",)


def test_rows_of_the_revision_itself_count(filled: Connection) -> None:
    _, update, delete = run(
        filled,
        "INSERT INTO t VALUES (3, 'z', 1), (4, 'z', 1)",
        "UPDATE t SET b = 2 WHERE id < 3",
        "DELETE FROM t WHERE id < 3",
    )
    assert update.whole == delete.whole == delete.emptied == ()


def test_the_time_that_a_statement_would_wait_for_a_lock(filled: Connection) -> None:
    first, _, second = run(
        filled,
        "ALTER TABLE t ADD COLUMN c INT",
        "SET lock_wait_timeout = 7",
        "ALTER TABLE t ADD COLUMN d INT",
    )
    assert first.lock_timeout != 7
    assert second.lock_timeout == 7
