"""Locks, rewrites, scans and rows of one statement, as PostgreSQL itself tells them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from assay.dialects import Address, Observation, RowChange
from assay.dialects.postgresql.observing import PostgreSQLObserver

TABLES = (
    "CREATE TABLE u (id serial PRIMARY KEY, n text)",
    "CREATE TABLE t (id serial PRIMARY KEY, u_id int, a int, b varchar(50) CHECK (b <> ''))",
    "INSERT INTO u SELECT i, i::text FROM generate_series(1, 50) i",
    "INSERT INTO t SELECT i, i, i, 'x' FROM generate_series(1, 50) i",
)


class Watched:
    """A database with two tables of fifty rows, and an observer on one connection."""

    def __init__(self, connection: psycopg.Connection[Any], at: Address) -> None:
        self.connection = connection
        self.observer = PostgreSQLObserver(
            lambda sql: connection.execute(sql.encode()).fetchall(), at
        )

    def run(self, *statements: str, autocommit: bool = False) -> list[Observation]:
        """Each statement's observation; in one transaction, that is rolled back."""
        found = []
        if not autocommit:
            self.connection.execute("BEGIN")
        for sql in statements:
            self.observer.before(sql, autocommit=autocommit)
            self.connection.execute(sql.encode())
            found.append(self.observer.after(sql, None))
        if not autocommit:
            self.connection.execute("ROLLBACK")
        return found


@pytest.fixture
def watched(quick_postgresql: str) -> Iterator[Watched]:
    url = make_url(quick_postgresql).set(drivername="postgresql")
    name = f"assay_test_{uuid.uuid4().hex[:12]}"
    at = Address("postgresql", name, url.host, url.port, url.username, url.password)
    with psycopg.connect(url.render_as_string(False), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            target = url.set(database=name).render_as_string(False)
            with psycopg.connect(target, autocommit=True) as connection:
                for sql in TABLES:
                    connection.execute(sql.encode())
                yield Watched(connection, at)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def locks(observed: Observation) -> list[tuple[str, str]]:
    return [(k.relation, k.mode) for k in observed.locks if k.kind == "table"]


def test_locks_and_what_is_held_from_before(watched: Watched) -> None:
    index, key = watched.run(
        "CREATE INDEX ix ON t (a)", "ALTER TABLE t ADD FOREIGN KEY (u_id) REFERENCES u"
    )
    assert locks(index) == [("t", "SHARE")]
    assert index.locks[0].blocks == ("writes",)
    assert set(locks(key)) == {("t", "SHARE ROW EXCLUSIVE"), ("u", "SHARE ROW EXCLUSIVE")}
    assert [(k.relation, k.mode) for k in key.held] == [("t", "SHARE")]
    assert index.transaction == key.transaction
    assert set(key.scanned) == {"t", "u"}


def test_dropping_a_foreign_key_locks_the_parent(watched: Watched) -> None:
    watched.connection.execute("ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (u_id) REFERENCES u")
    (found,) = watched.run("ALTER TABLE t DROP CONSTRAINT fk")
    assert ("u", "ACCESS EXCLUSIVE") in locks(found)


@pytest.mark.parametrize(
    ("statement", "rewritten"),
    [
        ("ALTER TABLE t ALTER COLUMN a TYPE bigint", True),
        ("ALTER TABLE t ADD COLUMN q uuid DEFAULT gen_random_uuid()", True),
        ("ALTER TABLE t ADD COLUMN q timestamptz DEFAULT now()", False),
        ("ALTER TABLE t ADD COLUMN q int DEFAULT 5", False),
        ("ALTER TABLE t ALTER COLUMN b TYPE text", False),
    ],
)
def test_rewrites(watched: Watched, statement: str, rewritten: bool) -> None:
    (found,) = watched.run(statement)
    assert ("t" in found.rewritten) is rewritten
    assert locks(found) == [("t", "ACCESS EXCLUSIVE")]


@pytest.mark.parametrize(
    ("statement", "scanned"),
    [
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", True),
        # one that has a CHECK is read for it, whatever rule books say of widening
        ("ALTER TABLE t ALTER COLUMN b TYPE varchar(100)", True),
        ("ALTER TABLE u ALTER COLUMN n TYPE varchar", False),
        ("ALTER TABLE t ADD COLUMN z int DEFAULT 5 CHECK (z > 0)", True),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", False),
        ("COMMENT ON TABLE t IS 'x'", False),
    ],
)
def test_scans(watched: Watched, statement: str, scanned: bool) -> None:
    (found,) = watched.run(statement)
    assert bool(found.scanned) is scanned
    assert not found.rewritten


def test_rows_whoever_changes_them(watched: Watched) -> None:
    plain, hidden = watched.run(
        "UPDATE t SET a = 1 WHERE id <= 20",
        "DO $$ BEGIN DELETE FROM u WHERE id > 40; INSERT INTO t (id) VALUES (99); END $$",
    )
    assert plain.rows == {"t": RowChange(updated=20)}
    assert hidden.rows == {"t": RowChange(inserted=1), "u": RowChange(deleted=10)}


def test_a_table_that_is_emptied(watched: Watched) -> None:
    (found,) = watched.run("TRUNCATE t")
    assert found.emptied == ("t",)


def test_looking_for_rows_is_not_the_scan_of_the_next_statement(watched: Watched) -> None:
    for statement in ("ALTER TABLE t ALTER a TYPE bigint", "TRUNCATE u"):
        for autocommit in (False, True):
            _, after = watched.run(statement, "COMMENT ON TABLE t IS 'x'", autocommit=autocommit)
            assert after.scanned == {}, statement


def test_what_is_renamed_is_known_by_its_name_before_each_statement(watched: Watched) -> None:
    renames = (
        "ALTER TABLE t RENAME TO v",
        "CREATE SCHEMA side",
        "DO $$ BEGIN ALTER TABLE v SET SCHEMA side; END $$",
    )
    first, _, moved, after = watched.run(*renames, "ALTER TABLE side.v ALTER a TYPE bigint")
    assert first.renamed["t"] == "v"
    assert [k.relation for k in first.locks if k.kind == "table"] == ["t"]
    assert moved.renamed["v"] == "side.v"
    assert [k.relation for k in moved.held if k.kind == "table"] == ["v"]
    assert [k.relation for k in after.held if k.kind == "table"] == ["side.v"]
    assert "side.v" in after.rewritten
    assert not after.renamed


def test_a_table_of_the_revision_itself_is_not_locked(watched: Watched) -> None:
    made, index = watched.run(
        "CREATE TABLE n (id int PRIMARY KEY, u_id int REFERENCES u)", "CREATE INDEX ON n (u_id)"
    )
    assert locks(made) == [("u", "SHARE ROW EXCLUSIVE")]
    assert locks(index) == []
    assert not made.scanned.keys() - {"u"}


@pytest.mark.parametrize(
    ("statement", "mode"),
    [
        ("CREATE INDEX CONCURRENTLY ix ON t (a)", "SHARE UPDATE EXCLUSIVE"),
        ("VACUUM FULL t", "ACCESS EXCLUSIVE"),
        ("UPDATE t SET a = a + 1", "ROW EXCLUSIVE"),
    ],
)
def test_in_autocommit_a_second_connection_sees_it(
    watched: Watched, statement: str, mode: str
) -> None:
    (found,) = watched.run(statement, autocommit=True)
    assert found.transaction is None
    # one that waits for nothing may be over before it is looked at
    assert locks(found) == [("t", mode)] or mode == "ROW EXCLUSIVE"
    assert ("t" in found.rewritten) is statement.startswith("VACUUM")
