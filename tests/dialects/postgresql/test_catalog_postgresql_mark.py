"""The mark moves with the catalog, and with nothing else."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from assay.dialects import load

DIALECT = load("postgresql")


SETUP = """
CREATE TABLE d (id serial PRIMARY KEY, t text);
CREATE TYPE e AS ENUM ('a');
CREATE SEQUENCE free
"""

pytestmark = pytest.mark.usefixtures("prepared")


def mark(connection: psycopg.Connection[Any]) -> str:
    return DIALECT.catalog_mark(lambda q: connection.execute(q.encode()).fetchall())


DATA = [
    "SELECT 1",
    "INSERT INTO d (t) SELECT 'x' FROM generate_series(1, 100)",
    "UPDATE d SET t = 'y'",
    "DELETE FROM d WHERE id < 5",
    "SELECT nextval('free')",
    "SELECT lo_create(0)",
    "SET LOCAL search_path = public",
    "NOTIFY x",
    "SAVEPOINT s",
    "ANALYZE d",
    "CREATE TEMPORARY TABLE t (id serial PRIMARY KEY, t text)",
    "CREATE INDEX ON t (t)",
    "ALTER TABLE t ADD COLUMN z int DEFAULT 3",
    "COMMENT ON TABLE t IS 'x'",
    "ANALYZE t",
    "DROP TABLE t",
    "SELECT * INTO TEMPORARY t2 FROM d",
    "DO $$ BEGIN INSERT INTO d (t) VALUES ('z'); END $$",
]


def test_data_and_temporary_tables_do_not_move_it(connection: psycopg.Connection[Any]) -> None:
    before = mark(connection)
    for text in DATA:
        connection.execute(text.encode())
        assert mark(connection) == before, text


def test_temporary_tables_do_not_hide_a_change(connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE TEMPORARY TABLE t (id int)")
    before = mark(connection)
    connection.execute("DROP TABLE t; DROP TABLE d")
    assert mark(connection) != before


CHANGES = [
    "CREATE TABLE n (id int)",
    "DROP TABLE d",
    "ALTER TABLE d ADD COLUMN n int",
    "ALTER TABLE d DROP COLUMN t",
    "ALTER TABLE d RENAME COLUMN t TO u",
    "ALTER TABLE d ALTER t SET NOT NULL",
    "ALTER TABLE d ALTER t SET DEFAULT 'x'",
    "ALTER TABLE d ALTER t SET STATISTICS 4",
    "ALTER TABLE d ADD CHECK (id > 0)",
    "ALTER TABLE d ADD FOREIGN KEY (id) REFERENCES d",
    "ALTER TABLE d ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON d",
    "CREATE INDEX ON d (t)",
    "DROP INDEX IF EXISTS x; ALTER INDEX d_pkey RENAME TO k",
    "CREATE VIEW v AS SELECT 1 AS x",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TYPE e ADD VALUE 'b'",
    "ALTER TYPE e RENAME TO e2",
    "CREATE TYPE e3 AS ENUM ()",
    "CREATE DOMAIN dm AS int",
    "CREATE SCHEMA s",
    "COMMENT ON TABLE d IS 'x'",
    "ALTER SEQUENCE free OWNED BY d.id",
    "ALTER SEQUENCE d_id_seq OWNED BY NONE",
    "ALTER SEQUENCE free INCREMENT 4",
    "CREATE STATISTICS st ON id, t FROM d",
    "GRANT SELECT ON d TO PUBLIC",
    "CREATE PUBLICATION pb FOR TABLE d",
    "CREATE COLLATION co FROM \"C\"",
    "DO $$ BEGIN EXECUTE 'CREATE TABLE n (id int)'; END $$",
    "SAVEPOINT s; CREATE TABLE n (id int); RELEASE SAVEPOINT s",
]  # fmt: skip


@pytest.mark.parametrize("text", CHANGES)
def test_every_change_moves_it(connection: psycopg.Connection[Any], text: str) -> None:
    before = mark(connection)
    connection.execute(text.encode())
    assert mark(connection) != before
