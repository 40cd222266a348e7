"""What MariaDB was seen to do: the form that was taken runs, once."""

from __future__ import annotations

import pytest

from assay.dialects import Observation, RowChange
from assay.dialects.mysql.connecting import Connection
from assay.dialects.mysql.observing import MySQLObserver


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


def test_a_table_that_is_emptied(filled: Connection) -> None:
    (found,) = run(filled, "TRUNCATE TABLE t")
    assert found.emptied == ("t",)
