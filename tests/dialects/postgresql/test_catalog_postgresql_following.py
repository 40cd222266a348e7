"""Followed statement by statement, a catalog is what a full read gives, whatever the statements."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_catalog_postgresql_refresh import SETUP as SETUP
from test_catalog_postgresql_refresh import Catalog, equal, run_one

from assay.dialects import load
from assay.dialects.base import Follower

DIALECT = load("postgresql")


class Followed:
    """A connection whose statements are followed, in one transaction after the set-up."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection, self.catalog = connection, Catalog(connection)
        self.follower: Follower = DIALECT.follower(self.catalog, self.catalog.read())
        self.follower.begin()

    def run(self, *statements: str) -> list[bool]:
        """Run each; whether each wrote the catalog. The state must be that of a full read."""
        wrote = []
        for text in statements:
            self.connection.execute(text.encode())
            wrote.append(self.follower.look(autocommit=False))
            equal(self.follower.state, self.catalog, text)
        return wrote


@pytest.fixture
def followed(prepared: str) -> Iterator[Followed]:
    with psycopg.connect(prepared) as connection:
        yield Followed(connection)
        connection.rollback()


CASES = [
    ["ALTER TABLE a RENAME COLUMN y TO yy", "ALTER TABLE a RENAME TO aa"],
    ["ALTER TYPE t1 RENAME VALUE 'a' TO 'q'", "ALTER TYPE t1 ADD VALUE 'z'"],
    [
        "ALTER TYPE t1 RENAME TO t9",
        "ALTER TYPE s1.t1 RENAME TO t8",
        "ALTER TYPE s1.t8 SET SCHEMA s2",
    ],
    ["DO $$ BEGIN ALTER TABLE a ADD k int; ALTER TABLE c ADD k int; DROP VIEW v1; END $$"],
    ["DROP TABLE a CASCADE", "DROP FUNCTION f2() CASCADE", "DROP TYPE t2 CASCADE"],
    ["COMMENT ON TABLE a IS 'x'", "COMMENT ON COLUMN a.y IS 'x'", "COMMENT ON INDEX n1 IS 'x'"],
    ["COMMENT ON CONSTRAINT n1 ON a IS 'x'", "COMMENT ON TRIGGER n1 ON c IS 'x'"],
    ["COMMENT ON POLICY n1 ON a IS 'x'", "COMMENT ON RULE n1 ON b IS 'x'"],
    ["COMMENT ON TYPE t1 IS 'x'", "COMMENT ON TYPE a IS 'x'", "COMMENT ON SCHEMA public IS 'x'"],
    ["COMMENT ON FUNCTION f1(int) IS 'x'", "COMMENT ON CONSTRAINT n1 ON DOMAIN t2 IS 'x'"],
    ["COMMENT ON STATISTICS n3 IS 'x'", "ALTER STATISTICS n3 RENAME TO n4"],
    ["ALTER STATISTICS n3 SET STATISTICS 7"],
    [
        "DROP POLICY n1 ON a",
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY",
        "ALTER POLICY n2 ON b RENAME TO p",
    ],
    ["ALTER SEQUENCE q2 OWNED BY NONE", "ALTER SEQUENCE q1 OWNED BY a.id", "DROP SEQUENCE q2"],
    ["CREATE TABLE p (LIKE c)", "ALTER TABLE c ATTACH PARTITION p FOR VALUES FROM (9) TO (19)"],
    ["ALTER TABLE c DETACH PARTITION s1.c", "ALTER TABLE s1.a NO INHERIT a"],
    ["CREATE TABLE n (id serial PRIMARY KEY, a int REFERENCES a)", "DROP TABLE n"],
    ["ALTER DOMAIN t2 SET DEFAULT 'k'", "ALTER DOMAIN t2 DROP CONSTRAINT n1"],
    ["CREATE DOMAIN d AS int", "ALTER DOMAIN d ADD CHECK (VALUE > 0)"],
    ["ALTER FUNCTION f1(int) RENAME TO f9", "DROP FUNCTION f9(int) CASCADE"],
    ["ALTER SCHEMA s1 RENAME TO s9", "DROP SCHEMA s9 CASCADE", "CREATE SCHEMA s9"],
    ["ALTER COLLATION n1 RENAME TO n9", "ALTER PUBLICATION n1 ADD TABLE b", "DROP PUBLICATION n1"],
    [
        "ALTER INDEX n1 RENAME TO n9",
        "ALTER INDEX n9 ALTER COLUMN 1 SET STATISTICS 9",
        "DROP INDEX n9",
    ],
    ["ALTER TABLE a DISABLE TRIGGER ALL", "ALTER TRIGGER n2 ON a RENAME TO n9"],
    ["ALTER TABLE a SET (toast.autovacuum_enabled = off)", "ALTER TABLE a SET SCHEMA s2"],
    [
        "ALTER VIEW v1 RENAME TO v9",
        "CREATE OR REPLACE VIEW v9 AS SELECT 1 AS id, 'x'::t2 AS y, 'a'::t1 AS x",
    ],
    ["UPDATE pg_attribute SET attstattarget = 9 WHERE attrelid = 'a'::regclass AND attnum > 0"],
    # as before, beside what is locked
    [
        "DO $$ BEGIN ALTER TABLE c ADD k int; UPDATE pg_attribute SET attstattarget = 9"
        " WHERE attrelid = 'a'::regclass AND attnum > 0; END $$"
    ],
    ["DO $$ BEGIN ALTER TABLE c ADD k int; ALTER STATISTICS n3 RENAME TO n4; END $$"],
    [
        "SAVEPOINT p",
        "ALTER TABLE a ADD k int",
        "ROLLBACK TO p",
        "ALTER TABLE c ADD k int",
        "RELEASE p",
    ],
    ["SAVEPOINT p", "CREATE TYPE e AS ENUM ('x')", "ROLLBACK TO p"],
    [
        "SAVEPOINT p",
        "ALTER TABLE a ADD k int",
        "SAVEPOINT q",
        "ALTER TABLE a ADD l int",
        "ROLLBACK TO p",
    ],
    ["SAVEPOINT p", "ALTER TABLE a ADD k int", "ROLLBACK TO p; ALTER TABLE a ADD k text"],
    ["SAVEPOINT p", "ALTER TABLE a ADD k int", "RELEASE p", "ALTER TABLE a DROP k"],
    [
        "DO $$ BEGIN ALTER TABLE a ADD k int; BEGIN ALTER TABLE c ADD k int; RAISE 'no';"
        " EXCEPTION WHEN OTHERS THEN NULL; END; END $$"
    ],
    ["CREATE EXTENSION pgcrypto", "DROP EXTENSION pgcrypto"],
    ["CREATE ROLE assay_followed", "DROP ROLE assay_followed"],
]


@pytest.mark.parametrize("statements", CASES, ids=lambda s: s[0][:40])
def test_each_statement_is_seen(followed: Followed, statements: list[str]) -> None:
    wrote = followed.run(*statements)
    assert any(wrote)
    seen = followed.follower.state.snapshot
    assert followed.follower.settle().snapshot is seen, "something had been missed"


def test_what_writes_no_catalog_is_no_change(followed: Followed) -> None:
    before = followed.follower.state
    wrote = followed.run(
        "INSERT INTO c SELECT 1, 2",
        "UPDATE c SET x = 3",
        "SELECT * FROM a FOR UPDATE",
        "LOCK TABLE b",
        "SET LOCAL search_path = s1",
        "CREATE TEMPORARY TABLE t (id serial PRIMARY KEY, x text)",
        "CREATE INDEX ON t (x)",
        "DROP TABLE t",
        "SELECT nextval('public.q1')",
        "SAVEPOINT p",
        "RELEASE p",
    )
    assert not any(wrote)
    assert followed.follower.state.snapshot == before.snapshot


def test_what_no_snapshot_tells_is_a_change(followed: Followed) -> None:
    before = followed.follower.state.snapshot
    wrote = followed.run(
        "TRUNCATE a CASCADE",
        "GRANT SELECT ON c TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    )
    assert all(wrote)
    assert followed.follower.state.snapshot == before


def test_the_next_transaction(prepared: str) -> None:
    """Counted from its own beginning; one that ended unseen makes nothing wrong."""
    with psycopg.connect(prepared) as connection:
        followed = Followed(connection)
        followed.run("CREATE TABLE z (id int)")
        connection.rollback()
        followed.run("CREATE TABLE y (id int)")
        connection.commit()
        try:
            assert followed.follower.settle().snapshot == followed.catalog.read().snapshot
            connection.rollback()
            followed.follower.begin()
            assert followed.run("ALTER TABLE y ADD a int", "SELECT 1") == [True, False]
        finally:
            connection.rollback()
            connection.execute("DROP TABLE y")
            connection.commit()


def test_autocommit(prepared: str) -> None:
    with psycopg.connect(prepared, autocommit=True) as connection:
        connection.execute("CREATE TABLE z (id int)")
        try:
            catalog = Catalog(connection)
            follower = DIALECT.follower(catalog, catalog.read())
            connection.execute("CREATE INDEX CONCURRENTLY iz ON z (id)")
            assert follower.look(autocommit=True)
            equal(follower.state, catalog, "index")
            connection.execute("SELECT 1")
            assert not follower.look(autocommit=True)
        finally:
            connection.execute("DROP TABLE z")


@settings(
    max_examples=int(os.environ.get("ASSAY_TEST_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 25))
def test_any_statements(prepared: str, seed: int, length: int) -> None:
    random = Random(seed)
    with psycopg.connect(prepared) as connection:
        followed = Followed(connection)
        done: list[str] = []
        for step in range(length):
            done += run_one(connection, random, f"p{step}")
            followed.follower.look(autocommit=False)
            equal(followed.follower.state, followed.catalog, done)
            if done and random.random() < 0.15:
                connection.execute(f"ROLLBACK TO SAVEPOINT p{step}")
                done[-1] += " -- rolled back"
                followed.follower.look(autocommit=False)
                equal(followed.follower.state, followed.catalog, done)
        connection.rollback()
