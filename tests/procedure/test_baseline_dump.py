"""Taking a dump apart, and what it leaves behind in a session."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from assay.dialects.postgresql.dump import kept, session_kept
from assay.project.project import query_on
from assay.shadow.dump import dumper, execute_plain, script, statements


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a text DEFAULT 'C:\\')",
        "CREATE TABLE t (a text DEFAULT E'it\\'s;')",
        "CREATE TABLE t (a text[] DEFAULT ARRAY['a]'::text, ';'])",
        "CREATE RULE r AS ON DELETE TO v DO INSTEAD (DELETE FROM a; DELETE FROM b;)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE 1 WHEN 2 "
        "THEN 3 END; END",
        "CREATE OR REPLACE FUNCTION f() RETURNS int AS $a$ BEGIN; ' $$ END $a$ LANGUAGE plpgsql",
        "CREATE TABLE begin_atomic (a$b$ int, c int /* ; */)",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT 1; END",
        "CREATE VIEW v AS SELECT 1 -- one; two",
    ],
)
def test_one_statement_stays_one(statement: str) -> None:
    text = script([statement, "SELECT 1"])
    assert [found for _, found in statements(text)] == [statement, "SELECT 1"]


def test_lines_and_what_is_left_out() -> None:
    text = "-- a heading, it's one\n\\restrict key\n\nSELECT 1;\n;\n/* ; */\nSELECT '\n\\x';\n"
    assert list(statements(text)) == [(4, "SELECT 1"), (7, "SELECT '\n\\x'")]


def test_noise_of_pg_dump() -> None:
    assert kept("SET transaction_timeout = 0") is None
    assert kept("SET check_function_bodies = false") is not None
    assert kept("CREATE SCHEMA public") == "CREATE SCHEMA IF NOT EXISTS public"


def test_an_engine_without_dumps() -> None:
    assert dumper("oracle") is None
    assert dumper("sqlite") is not None


def test_the_session_is_what_it_was(postgresql_server: str) -> None:
    engine = create_engine(postgresql_server)
    with engine.connect() as connection:
        query = query_on(connection)
        execute_plain(connection, "SET search_path = pg_temp, public")
        execute_plain(connection, "SET work_mem = '5MB'")
        names = "('search_path', 'work_mem', 'check_function_bodies', 'lock_timeout')"
        looked = f"SELECT name, setting FROM pg_settings WHERE name IN {names} ORDER BY name"
        before = query(looked)
        with session_kept(query):
            execute_plain(connection, "SELECT pg_catalog.set_config('search_path', '', false)")
            execute_plain(connection, "SET check_function_bodies = false")
            execute_plain(connection, "SET lock_timeout = '7s'")
            execute_plain(connection, "RESET work_mem")
            assert query(looked) != before
        assert query(looked) == before
    engine.dispose()
