"""Statements of PostgreSQL that run outside of the revision's transaction: each is seen as it is alone."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError

from assay.catalog import compare
from assay.dialects import Address, load
from assay.project.project import execute_on, query_on
from assay.trace import Trace
from assay.trace.recorder import Recorder, recording
from review.case import Case, reviewed

DIALECT = load("postgresql")
SETUP = """
    CREATE TYPE mood AS ENUM ('a', 'b');
    CREATE TABLE p (id serial PRIMARY KEY, a int, b text DEFAULT 'x', m mood);
    CREATE TABLE q (id int PRIMARY KEY, p_id int REFERENCES p, a int);
    CREATE INDEX q_a ON q (a);
    COMMENT ON INDEX q_a IS 'of a';
    CREATE VIEW v AS SELECT id, a FROM p;
    INSERT INTO p (a) VALUES (1), (2);
    INSERT INTO q VALUES (1, 1, 1), (2, 2, 2);
"""


@pytest.fixture(scope="module")
def template(quick_postgresql: str) -> Iterator[str]:
    """A database to be copied, and its server's URL with ``{}`` for the name of another."""
    name = f"assay_test_{uuid.uuid4().hex[:12]}"
    url = make_url(quick_postgresql).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(False), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        with psycopg.connect(url.set(database=name).render_as_string(False)) as connection:
            connection.execute(SETUP.encode())
        yield url.set(database=name).render_as_string(False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def followed(template: str) -> Iterator[tuple[Connection, Recorder, str]]:
    """A connection in autocommit to a copy of the template, and who records it."""
    url = make_url(template)
    name = f"{url.database}_{uuid.uuid4().hex[:8]}"
    own = url.set(database=name)
    at = Address("postgresql", name, url.host, url.port, url.username, url.password)
    with psycopg.connect(
        url.set(database="postgres").render_as_string(False), autocommit=True
    ) as s:
        s.execute(f"CREATE DATABASE {name} TEMPLATE {url.database}".encode())
        engine = create_engine(own.set(drivername="postgresql+psycopg"), poolclass=pool.NullPool)
        try:
            with engine.connect() as plain:
                connection = plain.execution_options(isolation_level="AUTOCOMMIT")
                query = query_on(connection)
                state = DIALECT.read_catalog(query)
                observer = DIALECT.observer(query, execute_on(connection), at)
                follower = DIALECT.follower(query, state, observer)
                try:
                    with recording(connection, __file__, DIALECT, follower, observer) as recorder:
                        yield connection, recorder, own.render_as_string(False)
                finally:
                    observer.close()
        finally:
            s.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def assert_seen(recorder: Recorder, url: str, what: object) -> None:
    """What is known is what another connection reads."""
    with psycopg.connect(url) as other:
        now = DIALECT.read_catalog(lambda sql: other.execute(sql.encode()).fetchall())
    assert recorder.follower is not None
    assert compare(now.snapshot, recorder.follower.state.snapshot) == (), what


def _statement(random: Random) -> str:
    table, other, column = random.choice("pqr"), random.choice("rs"), random.choice("abc")
    number = random.randrange(5)
    concurrently = random.choice(("CONCURRENTLY", ""))
    return random.choice(
        (
            f"CREATE INDEX {concurrently} i{number} ON {table} ({column})",
            f"CREATE UNIQUE INDEX CONCURRENTLY u{number} ON {table} ({column})",
            f"CREATE INDEX CONCURRENTLY q_a ON {table} (lower({column}::text))",
            f"DROP INDEX {concurrently} i{number}",
            "DROP INDEX CONCURRENTLY q_a",
            f"REINDEX TABLE {concurrently} {table}",
            f"ALTER INDEX i{number} RENAME TO i{number + 1}",
            f"ALTER TABLE {table} ADD COLUMN {column} int",
            f"ALTER TABLE {table} DROP COLUMN {column} CASCADE",
            f"ALTER TABLE {table} ADD CONSTRAINT k{number} CHECK ({column} IS NOT NULL) NOT VALID",
            f"ALTER TABLE {table} ADD CONSTRAINT k{number} UNIQUE USING INDEX u{number}",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT k{number}",
            f"ALTER TABLE {table} RENAME TO {other}",
            f"CREATE TABLE {other} (id serial PRIMARY KEY, a int REFERENCES p)",
            f"CREATE TABLE {other} (id int GENERATED ALWAYS AS IDENTITY, {column} text)",
            f"DROP TABLE {other}",
            f"COMMENT ON TABLE {table} IS '{random.random()}'",
            f"ALTER TYPE mood ADD VALUE 'v{number}'",
            "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NEW; END $$",
            f"CREATE TRIGGER g{number} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION f()",
            f"UPDATE {table} SET a = a + 1",
            f"DO $$ BEGIN ALTER TABLE {table} ADD z int; COMMIT; DROP VIEW v CASCADE; END $$",
            f"VACUUM FULL {table}",
            "SET lock_timeout = '3s'",
            f"GRANT SELECT ON {table} TO PUBLIC",
            "SELECT 1 / 0",
        )
    )


@settings(
    max_examples=int(os.environ.get("ASSAY_TEST_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 12))
def test_any_statements(template: str, seed: int, length: int) -> None:
    random = Random(seed)
    with followed(template) as (connection, recorder, url):
        done = []
        for _ in range(length):
            text = _statement(random)
            try:
                connection.exec_driver_sql(text)
            except DBAPIError:
                continue
            done.append(text)
            assert_seen(recorder, url, done)
        assert recorder.follower is not None
        recorder.follower.settle(trusting=True)
        assert_seen(recorder, url, done)
        for statement in recorder.statements:
            assert statement.autocommit
            assert statement.observed.transaction is None
            assert not statement.observed.held


def test_nobody_else_is_trusted(template: str) -> None:
    """What others do meanwhile is found at the end, or read at once."""
    with followed(template) as (connection, recorder, url):
        connection.exec_driver_sql("CREATE INDEX CONCURRENTLY i ON p (a)")
        with psycopg.connect(url) as other:
            other.execute("ALTER TABLE q ADD COLUMN others int")
        connection.exec_driver_sql("ALTER TABLE p ADD COLUMN own int")
        assert recorder.follower is not None
        recorder.follower.settle(trusting=True)
        assert_seen(recorder, url, "beside")


def traced(folder: Path, url: str, body: str) -> Trace:
    up = "with op.get_context().autocommit_block():\n    " + body.strip().replace("\n", "\n    ")
    case = Case("", "postgresql", SETUP, up, up, up)
    with reviewed(folder / "project", case, "bad", url) as (review,):
        trace: Trace = review.trace
        return trace


def test_locks_are_those_of_the_statement_alone(tmp_path: Path, postgresql_server: str) -> None:
    body = """
op.execute("ALTER TABLE q ADD CONSTRAINT k CHECK (a > -100) NOT VALID")
op.execute("ALTER TABLE q VALIDATE CONSTRAINT k")
op.execute("DROP INDEX CONCURRENTLY q_a")
op.execute("ALTER TABLE q DROP CONSTRAINT q_p_id_fkey")
op.execute("ALTER TABLE q RENAME TO z")
"""
    trace = traced(tmp_path, postgresql_server, body)
    found = [
        sorted((k.relation, k.mode) for k in s.observed.locks if k.kind == "table")
        for s in trace.statements
    ]
    assert found == [
        [("q", "ACCESS EXCLUSIVE")],
        [("q", "SHARE UPDATE EXCLUSIVE")],
        [("q", "SHARE UPDATE EXCLUSIVE")],
        [("p", "ACCESS EXCLUSIVE"), ("q", "ACCESS EXCLUSIVE")],
        [("q", "ACCESS EXCLUSIVE")],
    ]
    assert all(s.autocommit and not s.observed.held for s in trace.statements)
    changes = [compare(s.before, s.after) for s in trace.statements[:4] if s.before and s.after]
    assert [len(change) for change in changes] == [1, 1, 1, 1]
    assert trace.unattributed == ()


def test_transactions_are_numbered_without_ours(tmp_path: Path, postgresql_server: str) -> None:
    up = """
        op.execute("ALTER TABLE p ADD COLUMN one int")
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE p ADD COLUMN two int")
            op.execute("ALTER TABLE p ADD COLUMN three int")
        op.execute("ALTER TABLE p ADD COLUMN four int")
    """
    case = Case("", "postgresql", SETUP, up, up, up)
    with reviewed(tmp_path / "project", case, "bad", postgresql_server) as (review,):
        statements = review.trace.statements
    assert [s.observed.transaction for s in statements] == [1, None, None, 2]


def test_what_fails_fails_as_it_would(tmp_path: Path, postgresql_server: str) -> None:
    """Also what a COMMIT would raise; the connection can be used after it."""
    body = """
op.execute("ALTER TABLE q DROP CONSTRAINT q_p_id_fkey")
op.execute("ALTER TABLE q ADD FOREIGN KEY (p_id) REFERENCES p DEFERRABLE INITIALLY DEFERRED")
for text in ("UPDATE q SET p_id = 99", "ALTER TABLE gone ADD a int", "LOCK TABLE p"):
    try:
        op.execute(text)
    except sa.exc.DBAPIError as error:
        op.execute("COMMENT ON TABLE p IS '" + type(error).__name__ + "'")
op.execute("UPDATE q SET a = 7")
"""
    trace = traced(tmp_path, postgresql_server, body)
    assert trace.failure is None
    said = [s.sql.split("'")[1] for s in trace.statements if s.sql.startswith("COMMENT")]
    assert said == ["IntegrityError", "ProgrammingError", "InternalError"]
    failed = [s.sql for s in trace.statements if s.failure]
    assert failed == ["UPDATE q SET p_id = 99", "ALTER TABLE gone ADD a int", "LOCK TABLE p"]
    assert trace.unattributed == ()
