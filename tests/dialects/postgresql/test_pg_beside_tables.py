"""Tables, views, sequences and enums that are made, renamed and dropped are followed by rendering them."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_catalog_postgresql_refresh import Catalog
from test_pg_plain_tables import Counting
from test_pg_plain_tables import followed as followed

from assay.dialects import plain_ddl
from assay.dialects.postgresql.catalog import PostgreSQLState
from assay.dialects.postgresql.following import PostgreSQLFollower
from assay.dialects.postgresql.place import Places

SETUP = b"""
    CREATE TYPE mood AS ENUM ('a', 'b');
    CREATE TYPE spare AS ENUM ('x');
    COMMENT ON TYPE spare IS 'of spare';
    CREATE TABLE p (id serial PRIMARY KEY, a int, b text DEFAULT 'x', m mood DEFAULT 'a');
    COMMENT ON TABLE p IS 'of p';
    COMMENT ON COLUMN p.b IS 'of b';
    CREATE TABLE q (id int PRIMARY KEY, a int CHECK (a > 0), p_id int CONSTRAINT q_p REFERENCES p);
    CREATE INDEX q_a ON q (a) WHERE a > 1;
    CREATE VIEW v AS SELECT id, a, b FROM p;
    CREATE VIEW w AS SELECT v.a FROM v;
    COMMENT ON VIEW v IS 'of v';
    COMMENT ON COLUMN v.a IS 'of a';
    CREATE SEQUENCE s;
    CREATE TABLE r (id int, a int DEFAULT nextval('s'));
    CREATE DOMAIN d AS int CHECK (VALUE > 0);
    CREATE TABLE o (id int PRIMARY KEY, a d);
    COMMENT ON CONSTRAINT o_pkey ON o IS 'its key';
    CREATE TRIGGER first BEFORE UPDATE ON o FOR EACH ROW
        EXECUTE FUNCTION suppress_redundant_updates_trigger();
"""


class Told(Counting):
    """As by who watches the connection as well, and tells what it knows of a statement."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection, self.catalog = connection, Catalog(connection)
        state = self.catalog.read()
        assert isinstance(state, PostgreSQLState)
        self.places = Places(self.catalog, state.version)
        self.follower = PostgreSQLFollower(self.catalog, state, self.places)
        self.follower.begin()

    def look(self, text: str) -> bool:
        """See what a statement did."""
        self.places.forget()  # psycopg discards what is prepared, at a rollback
        self.places.plain = text if plain_ddl(text) else None
        self.asked = self.places.ask()
        return super().look(text)


QUICK = [
    "CREATE TYPE t AS ENUM ('x', 'y')",
    "CREATE TABLE n (id serial PRIMARY KEY, t t DEFAULT 'x', p_id int REFERENCES p, a int)",
    "COMMENT ON TABLE n IS 'of n'",
    "COMMENT ON COLUMN n.a IS 'of a'",
    "COMMENT ON COLUMN n.a IS 'else'",
    "COMMENT ON COLUMN n.a IS NULL",
    "CREATE INDEX n_a ON n (a)",
    "ALTER TABLE n ALTER COLUMN a TYPE bigint",
    "ALTER TABLE p ADD COLUMN c int",
    "CREATE VIEW nv AS SELECT n.id, n.t FROM n",
    "CREATE OR REPLACE VIEW nv AS SELECT n.id, n.t, n.a FROM n",
    "COMMENT ON VIEW nv IS 'of nv'",
    "ALTER TABLE n RENAME COLUMN t TO tt",
    "ALTER TABLE n RENAME TO nn",
    "ALTER TABLE p RENAME COLUMN id TO number",
    "ALTER TABLE q RENAME COLUMN a TO aa",
    "ALTER TABLE q RENAME CONSTRAINT q_p TO q_pp",
    "ALTER INDEX q_a RENAME TO q_aa",
    "ALTER SEQUENCE s INCREMENT 5",
    "CREATE SEQUENCE z START 7",
    "DROP SEQUENCE z",
    "ALTER TYPE mood ADD VALUE 'c'",
    "COMMENT ON TYPE mood IS 'of mood'",
    "DROP VIEW nv",
    "DROP TABLE nn",
    "DROP TYPE t",
    "DROP TABLE q",
    "DROP VIEW w",
    "DROP TYPE spare",
]


def test_two_questions_for_what_is_made(followed: Counting) -> None:
    for text in QUICK:
        followed.see(text)
        assert followed.prepared() <= 2, text


def test_what_was_made_is_left_alone(prepared: str) -> None:
    """Of forty tables one is looked at, until a statement may reach more."""
    with psycopg.connect(prepared) as connection:
        followed = Told(connection)
        for number in range(40):
            followed.see(
                f"CREATE TABLE n{number} (id serial PRIMARY KEY, a int, p_id int REFERENCES p)"
            )
            followed.see(f"CREATE INDEX i{number} ON n{number} (a)")
        for text in (
            "COMMENT ON COLUMN n7.a IS 'x'",
            "DROP INDEX i9",
            "ALTER TABLE n9 ADD FOREIGN KEY (a) REFERENCES n3",
            "ALTER TABLE n9 DROP COLUMN id",
            "ALTER TABLE n3 RENAME TO n99",
            "ALTER TABLE n99 RENAME COLUMN id TO number",
            "ALTER TABLE p RENAME COLUMN a TO aa",
            'DROP TABLE "n5"',
            f"CREATE TABLE {'n' * 70} (id int)",
            f"COMMENT ON TABLE {'n' * 71} IS 'cut'",
            "DROP SEQUENCE s CASCADE",
            "CREATE VIEW nv AS SELECT n8.a, n7.id FROM n8, n7",
            "DROP TABLE n7 CASCADE",
        ):
            followed.see(text)
            if "CASCADE" not in text and "nnn" not in text:
                assert followed.asked.few, text
                assert len(followed.asked.skipped) > 60, text
            else:
                assert not followed.asked.skipped, text
        followed.see("DROP TABLE n11, n12")
        connection.rollback()


BEYOND = [
    ["ALTER TYPE mood RENAME VALUE 'a' TO 'z'", "ALTER TYPE mood RENAME TO moods"],
    ["ALTER VIEW v RENAME TO vv", "DROP VIEW vv CASCADE"],
    ["ALTER VIEW v RENAME COLUMN a TO aa", "ALTER VIEW v ALTER COLUMN b SET DEFAULT 'd'"],
    ["ALTER SEQUENCE s RENAME TO ss", "ALTER SEQUENCE ss OWNED BY r.a", "DROP TABLE r"],
    ["DO $$ BEGIN ALTER TABLE p ADD c int; ALTER SEQUENCE s OWNED BY r.a; END $$"],
    ["DO $$ BEGIN CREATE TABLE n (id int); CREATE DOMAIN e AS int; END $$", "CREATE TABLE m (a e)"],
    ["DO $$ BEGIN CREATE TABLE n (id int); DROP TABLE o; DROP DOMAIN d; END $$"],
    ["CREATE TABLE n (id int)", "DROP TABLE p CASCADE", "DROP TYPE mood CASCADE"],
    ["ALTER TABLE o RENAME TO oo", "ALTER TABLE oo RENAME COLUMN a TO b"],
    ["COMMENT ON COLUMN p.b IS 'of b'", "COMMENT ON CONSTRAINT o_pkey ON o IS NULL"],
    ["COMMENT ON DOMAIN d IS 'x'", "COMMENT ON SEQUENCE s IS 'x'", "COMMENT ON INDEX q_a IS 'x'"],
    ["DO $$ BEGIN COMMENT ON TABLE q IS 'x'; COMMENT ON DOMAIN d IS 'y'; END $$"],
    ["CREATE TABLE n (id int) PARTITION BY RANGE (id)", "DROP TABLE n"],
    [
        "CREATE TABLE n (LIKE p INCLUDING ALL)",
        "ALTER TABLE n INHERIT p",
        "ALTER TABLE p RENAME TO x",
    ],
    ["CREATE TABLE n (id int GENERATED ALWAYS AS IDENTITY, a int GENERATED ALWAYS AS (1) STORED)"],
    ["CREATE MATERIALIZED VIEW n AS SELECT a FROM p", "ALTER TABLE p RENAME COLUMN a TO aa"],
    ["CREATE TYPE c AS (a int)", "CREATE TABLE n (c c)", "DROP TABLE n", "DROP TYPE c"],
    ["CREATE TABLE n AS SELECT * FROM p", "DROP TABLE q"],
    ["CREATE SCHEMA e", "CREATE TABLE e.n (id serial)", "ALTER TABLE e.n SET SCHEMA public"],
    ["CREATE RULE x AS ON INSERT TO q DO INSTEAD NOTHING", "ALTER TABLE q RENAME COLUMN a TO aa"],
    [
        "CREATE FUNCTION f() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT a FROM q; END",
        "ALTER TABLE q RENAME COLUMN a TO aa",
        "ALTER TABLE q RENAME TO qq",
    ],
    ["CREATE PUBLICATION x FOR TABLE q", "ALTER TABLE q RENAME TO qq"],
    ["CREATE TABLE n (p p)", "ALTER TABLE p RENAME TO pp"],
    ["SAVEPOINT x", "CREATE TABLE n (id serial)", "ROLLBACK TO x", "CREATE TABLE m (id serial)"],
    ["SAVEPOINT x", "ALTER TABLE p RENAME TO pp", "ROLLBACK TO x", "ALTER TABLE p ADD c int"],
    ["SELECT * FROM v", "ALTER TABLE q ADD c int", "DO $$ BEGIN DROP VIEW w; END $$"],
    ["ALTER TABLE p DROP COLUMN a CASCADE", "ALTER TABLE p DROP COLUMN b"],
]


@pytest.mark.parametrize("statements", BEYOND, ids=lambda s: s[0][:40])
def test_what_is_beyond_is_seen(followed: Counting, statements: list[str]) -> None:
    for text in statements:
        followed.see(text)


def _statement(random: Random) -> str:
    table, other = random.choice("pqrnmklgh"), random.choice("pqnmklgh")
    column, to = random.choice("abc"), random.choice("abcz")
    view, name, number = random.choice("vwxy"), random.choice("ste"), random.randrange(9)
    return random.choice(
        (
            f"CREATE TABLE {other} (id serial PRIMARY KEY, a int, b text, m {random.choice(('mood', 'e'))})",
            f"CREATE TABLE {other} (id int, {column} int REFERENCES {table})",
            f"CREATE TABLE {other} (id int PRIMARY KEY, {column} int REFERENCES p)",
            f"CREATE TABLE {other} (LIKE {table} INCLUDING ALL)",
            f"ALTER TABLE {table} INHERIT {other}",
            f"DROP TABLE {table} {random.choice(('', 'CASCADE'))}",
            f"ALTER TABLE {table} RENAME TO {other}",
            f"ALTER TABLE {table} RENAME COLUMN {column} TO {to}",
            f"ALTER TABLE {table} ADD COLUMN {column} {random.choice(('serial', 'text', 'mood', 'd'))}",
            f"ALTER TABLE {table} DROP COLUMN {column} {random.choice(('', 'CASCADE'))}",
            f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {random.choice(('bigint', 'text'))}",
            f"ALTER TABLE {table} ADD CONSTRAINT k{number} CHECK ({column} IS NOT NULL)",
            f"CREATE INDEX i{number} ON {table} ({column})",
            f"CREATE OR REPLACE VIEW {view} AS SELECT {column}, id FROM {table}",
            f"DROP VIEW {view} {random.choice(('', 'CASCADE'))}",
            f"ALTER VIEW {view} RENAME TO y",
            f"CREATE TYPE {random.choice(('e', 'f'))} AS ENUM ('a', 'x{number}')",
            f"DROP TYPE {random.choice(('e', 'f', 'mood'))} {random.choice(('', 'CASCADE'))}",
            f"ALTER TYPE mood ADD VALUE 'v{number}'",
            f"ALTER TYPE mood RENAME VALUE 'a' TO 'v{number}'",
            f"CREATE SEQUENCE {name} START {number}",
            f"ALTER SEQUENCE {name} INCREMENT {number + 1}",
            f"ALTER SEQUENCE {name} OWNED BY {table}.{column}",
            f"DROP SEQUENCE {name} CASCADE",
            f"COMMENT ON TABLE {table} IS '{number}'",
            f"COMMENT ON COLUMN {table}.{column} IS {random.choice(('NULL', repr(str(number))))}",
            f"COMMENT ON VIEW {view} IS '{number}'",
            f"COMMENT ON TYPE mood IS '{number}'",
            f"COMMENT ON DOMAIN d IS '{random.random()}'",
            f"CREATE DOMAIN g{number} AS int",
            "ALTER DOMAIN d DROP CONSTRAINT IF EXISTS d_check",
            f"UPDATE {table} SET {column} = {column}",
            f"SELECT count(*) FROM {view}",
            f"GRANT SELECT ON {table} TO PUBLIC",
            f"DO $$ BEGIN ALTER TABLE {table} ADD z int; DROP VIEW {view} CASCADE; END $$",
        )
    )


@settings(
    max_examples=int(os.environ.get("ASSAY_TEST_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 25), told=st.booleans())
def test_any_statements(prepared: str, seed: int, length: int, told: bool) -> None:
    random = Random(seed)
    with psycopg.connect(prepared) as connection:
        followed = Told(connection) if told else Counting(connection)
        for _ in range(length):
            text = _statement(random)
            if followed.takes(text):
                followed.see(text)
        connection.rollback()
