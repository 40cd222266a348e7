"""A few plain tables are followed by rendering them; what is beyond that is seen all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_catalog_postgresql_following import DIALECT, Followed
from test_catalog_postgresql_refresh import equal

SETUP = b"""
    CREATE TABLE p (id int PRIMARY KEY, a int, b text DEFAULT 'x');
    CREATE TABLE q (id int PRIMARY KEY, a int, b text, p_id int CONSTRAINT q_p REFERENCES p);
    CREATE TABLE r (id int, a int NOT NULL, b varchar(9));
    CREATE INDEX r_a ON r (a);
    CREATE TABLE s (LIKE r);
    COMMENT ON TABLE s IS 'of s';
    COMMENT ON COLUMN s.a IS 'of a';
    CREATE TABLE u (id int CONSTRAINT u_key PRIMARY KEY, a int CHECK (a > 0), b text);
    CREATE INDEX u_b ON u (b);
    COMMENT ON TABLE u IS 'of u';
    COMMENT ON CONSTRAINT u_key ON u IS 'its key';
    COMMENT ON INDEX u_b IS 'of b';
    CREATE TRIGGER first BEFORE UPDATE ON u FOR EACH ROW
        EXECUTE FUNCTION suppress_redundant_updates_trigger();
    CREATE POLICY o ON u USING (a > 1);
    CREATE STATISTICS z ON id, a FROM u;
"""


@pytest.fixture
def followed(prepared: str) -> Iterator[Counting]:
    with psycopg.connect(prepared) as connection:
        yield Counting(connection)
        connection.rollback()


class Counting(Followed):
    """Holds what was seen against a full read and the mark of the catalog."""

    def see(self, text: str) -> None:
        """Run a statement, look, and hold both answers against those that take longer."""
        mark = DIALECT.catalog_mark(self.catalog)
        self.connection.execute(text.encode())
        wrote = self.look(text)
        assert wrote == (DIALECT.catalog_mark(self.catalog) != mark), text
        equal(self.follower.state, self.catalog, text)

    def takes(self, text: str) -> bool:
        """Whether the server takes a statement; it is not done."""
        self.connection.execute("SAVEPOINT o")
        try:
            self.connection.execute(text.encode())
        except psycopg.Error:
            return False
        finally:
            self.connection.execute("ROLLBACK TO o")
            self.connection.execute("RELEASE o")
        return True

    def look(self, _text: str) -> bool:
        """See what a statement did."""
        return self.follower.look(autocommit=False)

    def prepared(self) -> int:
        """Statements prepared on the connection: one as long as all tables were plain."""
        found = self.connection.execute("SELECT name FROM pg_prepared_statements").fetchall()
        return sum(name.startswith("assay_") for (name,) in found)


def test_one_question_for_what_most_revisions_do(followed: Counting) -> None:
    for text in (
        "ALTER TABLE p ADD COLUMN c varchar(20) DEFAULT 'n' NOT NULL",
        "UPDATE p SET c = b",
        "ALTER TABLE p ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE r ALTER COLUMN b TYPE varchar(200)",
        "ALTER TABLE p ALTER COLUMN b DROP DEFAULT",
        "ALTER TABLE r ADD CONSTRAINT r_p FOREIGN KEY (a) REFERENCES p (id)",
        "ALTER TABLE r ADD CONSTRAINT r_b UNIQUE (b)",
        "ALTER TABLE r ADD CONSTRAINT r_c CHECK (a > 0) NOT VALID",
        "ALTER TABLE r VALIDATE CONSTRAINT r_c",
        "ALTER TABLE r ADD PRIMARY KEY (id)",
        "CREATE INDEX q_b ON q (lower(b)) WHERE a > 1",
        "DROP INDEX r_a",
        "ALTER TABLE q DROP CONSTRAINT q_p",
        "ALTER TABLE q DROP COLUMN p_id",
        "ALTER TABLE s ALTER COLUMN a DROP NOT NULL",
        "ALTER TABLE s ADD COLUMN c int",
        "ALTER TABLE u ADD COLUMN c int",
        "ALTER TABLE u ALTER COLUMN a SET DEFAULT 3",
        "CREATE INDEX u_c ON u (c)",
        "DROP INDEX u_c",
    ):
        followed.see(text)
        assert followed.prepared() == 1, text


BEYOND = [
    ["ALTER TABLE u ADD FOREIGN KEY (a) REFERENCES p", "ALTER TABLE u DISABLE TRIGGER first"],
    ["DROP INDEX u_b", "DROP TRIGGER first ON u", "DROP POLICY o ON u", "DROP STATISTICS z"],
    ["ALTER INDEX u_key SET (fillfactor = 50)", "ALTER INDEX u_key RESET (fillfactor)"],
    ["ALTER TABLE u CLUSTER ON u_key", "ALTER TABLE u SET WITHOUT CLUSTER"],
    ["ALTER TABLE u DROP CONSTRAINT u_key, ADD CONSTRAINT u_key PRIMARY KEY (id)"],
    ["ALTER TABLE u DROP COLUMN b", "ALTER TABLE u DROP COLUMN a CASCADE", "DROP TABLE u"],
    [
        "CREATE TRIGGER two BEFORE UPDATE ON u FOR EACH STATEMENT"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ],
    [
        "ALTER TABLE s ADD UNIQUE (a)",
        "COMMENT ON COLUMN s.a IS NULL",
        "ALTER TABLE s DROP COLUMN a",
    ],
    ["ALTER TABLE p ALTER COLUMN a TYPE bigint", "ALTER TABLE p ADD COLUMN c int"],
    ["ALTER TABLE r ADD COLUMN twice int GENERATED ALWAYS AS (a * 2) STORED"],
    ["ALTER TABLE p RENAME COLUMN id TO number"],
    ["ALTER TABLE p RENAME TO pp"],
    ["ALTER TABLE p DROP COLUMN a, ADD COLUMN z int"],
    ["COMMENT ON TABLE p IS 'x'", "ALTER TABLE p ADD COLUMN c int", "COMMENT ON TABLE p IS NULL"],
    ["COMMENT ON INDEX r_a IS 'x'", "COMMENT ON CONSTRAINT q_p ON q IS 'x'"],
    ["ALTER TABLE p DISABLE TRIGGER ALL", "ALTER TABLE p ENABLE TRIGGER ALL"],
    ["ALTER TABLE p ADD COLUMN c int", "TRUNCATE p, q", "GRANT SELECT ON p TO PUBLIC"],
    ["ALTER TABLE p ADD COLUMN c int", "CREATE TEMPORARY TABLE t AS SELECT * FROM p"],
    [
        "ALTER TABLE p ADD COLUMN c int",
        "UPDATE p SET c = 1",
        "CREATE TEMPORARY TABLE t (id int)",
        "ALTER TABLE t ADD COLUMN x int",
        "GRANT SELECT ON p TO PUBLIC",
        "ALTER TABLE q ADD COLUMN y int",
        "DROP TABLE t",
    ],
    ["ALTER TABLE q ADD FOREIGN KEY (a) REFERENCES p", "CREATE TEMPORARY TABLE t (id int)"],
    [
        "ALTER TABLE p ADD COLUMN n serial",
        "ALTER TABLE p ADD COLUMN m int GENERATED BY DEFAULT AS IDENTITY",
    ],
    [
        'ALTER TABLE p ADD COLUMN c text COLLATE "C"',
        "ALTER TABLE p ALTER COLUMN b SET STORAGE EXTERNAL",
    ],
    ["ALTER TABLE p SET (fillfactor = 70)", "ALTER TABLE p SET (toast.autovacuum_enabled = off)"],
    [
        "ALTER TABLE r CLUSTER ON r_a",
        "ALTER TABLE r REPLICA IDENTITY FULL",
        "CREATE STATISTICS x ON id, a FROM r",
    ],
    [
        "ALTER TABLE p ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY o ON p",
        "ALTER TABLE p ADD COLUMN c int",
    ],
    [
        "CREATE VIEW v AS SELECT id, a FROM p",
        "ALTER TABLE p ADD COLUMN c int",
        "DROP TABLE p CASCADE",
    ],
    ["ALTER TABLE s INHERIT r", "ALTER TABLE r ADD COLUMN c int", "ALTER TABLE s NO INHERIT r"],
    [
        "CREATE INDEX s_x ON s ((a + 1))",
        "ALTER INDEX s_x ALTER COLUMN 1 SET STATISTICS 9",
        "ALTER INDEX s_x SET (fillfactor = 50)",
    ],
    [
        "SAVEPOINT o",
        "ALTER TABLE p ADD COLUMN c int",
        "ROLLBACK TO o",
        "ALTER TABLE p ADD COLUMN d int",
        "ROLLBACK TO o",
    ],
    [
        "DO $$ BEGIN ALTER TABLE p ADD c int; ALTER TABLE q ADD c int; GRANT SELECT ON s TO PUBLIC; END $$"
    ],
    [
        "ALTER TABLE p ADD COLUMN c int",
        "UPDATE pg_attribute SET attstattarget = 9 WHERE attrelid = 's'::regclass AND attnum > 0",
    ],
    ["CREATE TABLE n (id serial PRIMARY KEY, p_id int REFERENCES p)", "DROP TABLE n"],
    [
        "CREATE TRIGGER t BEFORE UPDATE ON p FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "DROP TRIGGER t ON p",
    ],
]


@pytest.mark.parametrize("statements", BEYOND, ids=lambda s: s[0][:40])
def test_what_is_beyond_is_seen(followed: Counting, statements: list[str]) -> None:
    for text in statements:
        followed.see(text)


def test_many_tables(followed: Counting) -> None:
    names = [f"m{number}" for number in range(25)]
    followed.see("; ".join(f"CREATE TABLE {name} (id int, a text)" for name in names))
    followed.connection.commit()
    try:
        assert followed.follower.settle().snapshot == followed.catalog.read().snapshot
        followed.connection.rollback()
        followed.follower.begin()
        for name in names:
            followed.see(f"ALTER TABLE {name} ADD COLUMN b int")
        followed.see("ALTER TABLE m3 DROP COLUMN b")
    finally:
        followed.connection.rollback()
        followed.connection.execute(f"DROP TABLE {', '.join(names)}".encode())
        followed.connection.commit()


def _statement(random: Random) -> str:
    table, column = random.choice("pqrsu"), random.choice(("a", "b", "c", "d"))
    name, number = f"n{random.randrange(4)}", random.randrange(9)
    return random.choice(
        (
            f"ALTER TABLE {table} ADD COLUMN {column} {random.choice(('int', 'text', 'varchar(7)'))}",
            f"ALTER TABLE {table} DROP COLUMN {column}",
            f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({number + 10})",
            f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT '{number}'",
            f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT",
            f"ALTER TABLE {table} ALTER COLUMN {column} {random.choice(('SET', 'DROP'))} NOT NULL",
            f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {number}",
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL)",
            f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({column})",
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (a) REFERENCES p",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            f"CREATE INDEX {name} ON {table} ({column})",
            f"DROP INDEX {name}",
            f"ALTER INDEX {name} RENAME TO n9",
            f"ALTER TABLE {table} RENAME COLUMN {column} TO {random.choice('abcd')}",
            f"ALTER TABLE {table} {random.choice(('DISABLE', 'ENABLE'))} TRIGGER ALL",
            f"COMMENT ON COLUMN {table}.{column} IS '{number}'",
            f"COMMENT ON TABLE {table} IS NULL",
            f"ALTER TABLE {table} {random.choice(('DISABLE', 'ENABLE'))} TRIGGER USER",
            f"ALTER INDEX u_key {random.choice(('SET (fillfactor = 60)', 'RESET (fillfactor)'))}",
            "ALTER TABLE u CLUSTER ON u_key",
            "ALTER TABLE u DROP CONSTRAINT u_key",
            "ALTER TABLE u ADD CONSTRAINT u_key PRIMARY KEY (id)",
            f"UPDATE {table} SET {column} = {column}",
            f"INSERT INTO {table} (id, a) VALUES ({number}, {number})",
            f"TRUNCATE {table} CASCADE",
            f"GRANT SELECT ON {table} TO PUBLIC",
            f"REVOKE SELECT ON {table} FROM PUBLIC",
            f"CREATE TEMPORARY TABLE t{number} AS SELECT * FROM {table}",
            f"DROP TABLE IF EXISTS t{number}",
        )
    )


@settings(
    max_examples=int(os.environ.get("ASSAY_TEST_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 25))
def test_any_statements(prepared: str, seed: int, length: int) -> None:
    random = Random(seed)
    with psycopg.connect(prepared) as connection:
        followed = Counting(connection)
        for _ in range(length):
            text = _statement(random)
            if followed.takes(text):
                followed.see(text)
        connection.rollback()
