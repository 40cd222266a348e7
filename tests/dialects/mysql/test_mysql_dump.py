"""A dump makes what it was made of, and dumps of the servers' own programs are understood."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest
from sqlalchemy.engine import make_url

from assay.catalog import compare
from assay.dialects import load
from assay.dialects.mysql import dump
from assay.dialects.mysql.connecting import Connection
from quick import mariadb_server as mariadb_server

DIALECT = load("mysql")
CONTENT = [
    "CREATE SEQUENCE sq START WITH 7",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
    "CREATE TABLE z_parent (id INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(20) DEFAULT 'a;''b'"
    " COMMENT 'it''s -- no comment', CONSTRAINT c CHECK (t <> 'a\\';b'))",
    "CREATE TABLE a_child (id INT DEFAULT NEXTVAL(sq), pid INT,"
    " FOREIGN KEY (pid) REFERENCES z_parent (id))",
    "CREATE VIEW z_first AS SELECT 'x;y' AS x",
    "CREATE VIEW a_second AS SELECT * FROM z_first",
    "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC BEGIN"
    " DECLARE n INT DEFAULT 0; WHILE n < a DO SET n = n + 1; END WHILE;"
    " IF a > 1 THEN RETURN 1; ELSE RETURN CASE a WHEN 1 THEN 2 ELSE 3 END; END IF; END",
    "CREATE PROCEDURE pp() SELECT 'begin'",
    "CREATE TRIGGER tr BEFORE INSERT ON z_parent FOR EACH ROW BEGIN"
    " CASE NEW.t WHEN 'a' THEN SET NEW.t = 'b'; ELSE BEGIN END; END CASE; SET NEW.t = 'c'; END",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT 1; SELECT 2; END",
]


def lay(connection: Connection, text: str) -> None:
    with dump.session_kept(connection.query):
        for _, statement in dump.statements(text):
            kept = dump.kept(statement)
            if kept is not None:
                connection.execute(kept)


def without_version_table(connection: Connection) -> Connection:
    connection.execute("DROP TABLE alembic_version")
    return connection


def same(one: Connection, other: Connection) -> None:
    first, second = (DIALECT.read_catalog(each.query).snapshot for each in (one, other))
    assert compare(first, second) == ()
    assert first.objects


def test_a_dump_makes_what_it_was_made_of(new_database: Callable[[], Connection]) -> None:
    source, target = new_database(), new_database()
    for statement in CONTENT:
        source.execute(statement)
    mode = target.query("SELECT @@sql_mode, @@foreign_key_checks")
    text = dump.dump_schema(source.query, "", (None, "alembic_version"))
    assert "DEFINER=" not in text
    lay(target, text)
    same(without_version_table(source), target)
    assert target.query("SELECT @@sql_mode, @@foreign_key_checks") == mode


def test_a_dump_of_the_clients_program(
    new_database: Callable[[], Connection], mariadb_server: str
) -> None:
    program = shutil.which("mariadb-dump") or shutil.which("mysqldump")
    if program is None:
        pytest.skip("no mariadb-dump here")
    source, target = new_database(), new_database()
    for statement in CONTENT:
        source.execute(statement)
    without_version_table(source)
    # the program writes the database's name into that default
    source.execute("ALTER TABLE a_child ALTER COLUMN id DROP DEFAULT")
    [(name,)] = source.query("SELECT DATABASE()")
    at = make_url(mariadb_server)
    text = subprocess.run(
        [
            *(program, f"--host={at.host}", f"--port={at.port or 3306}", f"--user={at.username}"),
            *("--no-data", "--routines", "--events", "--triggers", str(name)),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lay(target, text)
    same(source, target)


def test_lines_and_delimiters() -> None:
    text = (
        "-- comment; here\n# another;\nCREATE TABLE a (x INT); /*!50001 CREATE VIEW v AS\n"
        "SELECT 1 */;\nDELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN\n"
        "SET @a = 'x;;y'; END ;;\nDELIMITER ;\nCREATE TABLE b (x INT)"
    )
    found = [(line, " ".join(statement.split())) for line, statement in dump.statements(text)]
    assert found == [
        (3, "CREATE TABLE a (x INT)"),
        (3, "CREATE VIEW v AS SELECT 1"),
        (6, "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 'x;;y'; END"),
        (9, "CREATE TABLE b (x INT)"),
    ]
