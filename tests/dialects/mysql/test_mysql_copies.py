"""The state of a copy is what a full read of it gives, though only what is in doubt is asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from test_mysql_catalog import EVERYTHING, random_statement

from assay.dialects.mysql.catalog import MySQLState, read_catalog
from assay.dialects.mysql.connecting import Connection
from assay.dialects.mysql.content import copy_content
from assay.dialects.mysql.queries import SERVER, sum_queries
from quick import mariadb_server as mariadb_server

Made = Callable[[], Connection]

CERTAIN = [
    "CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY, n VARCHAR(9) DEFAULT 'it''s' COMMENT 'c''x',"
    " u VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_bin, e ENUM('a','b''c') NOT NULL DEFAULT 'a',"
    " ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, j JSON,"
    " d DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), b BIT(3) DEFAULT b'101', m DECIMAL(5,2) DEFAULT -1.5,"
    " inv INT INVISIBLE, UNIQUE KEY u (n), KEY k (n(3), m DESC) COMMENT 'x', KEY i (m) IGNORED)"
    " ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 COMMENT 'it''s'",
    "CREATE TABLE c (id INT, x INT, CONSTRAINT f FOREIGN KEY (id) REFERENCES p (id)"
    " ON DELETE CASCADE ON UPDATE NO ACTION, FOREIGN KEY (x) REFERENCES p (id))",
    "SET SESSION foreign_key_checks = 0",
    "CREATE TABLE before_it (x INT, FOREIGN KEY (x) REFERENCES nowhere (Y))",
    "CREATE TABLE sv (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING",
    "CREATE TABLE la (n VARCHAR(9)) CHARACTER SET latin1",
    "CREATE TABLE bi (n VARCHAR(9)) COLLATE utf8mb4_bin",
    "RENAME TABLE p TO q",
    "ALTER TABLE q RENAME COLUMN id TO number",
]
"""Comes back as it was: nothing is asked."""

ODD = [
    "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
    "CREATE TABLE a (a VARCHAR(9) DEFAULT '\\x', b ENUM('\\a','b') COMMENT 'k\\n', CHECK (a <> '\\z'))",
    "SET SESSION sql_mode = 'ANSI'",
    "CREATE TABLE b (a VARCHAR(9) AS (b || 'x'), b VARCHAR(9) DEFAULT (1 + 2), CHECK (b || 'q' <> 'y'))",
    "SET SESSION sql_mode = '', explicit_defaults_for_timestamp = 0",
    "CREATE TABLE c (a TIMESTAMP, b TIMESTAMP, c TIMESTAMP NULL)",
    "SET SESSION explicit_defaults_for_timestamp = 1",
    "CREATE TABLE d (a TIMESTAMP NOT NULL, b TIMESTAMP)",
    "CREATE TABLE e (a CHAR(3) CHARACTER SET latin1 DEFAULT _latin1'x', b VARCHAR(3) DEFAULT (_utf8'y'))",
    "CREATE TABLE f (a INT, b INT, UNIQUE (b) USING HASH, d UUID DEFAULT UUID()) ENGINE=MyISAM",
    "CREATE TABLE g (a INT) PAGE_COMPRESSED=1",
]

DOUBTED = {
    "tables": ["CREATE TABLE a (id INT) ENGINE=Aria TRANSACTIONAL=0"],
    "checks": [
        "CREATE TABLE a (id INT CHECK (id > 0))",
        "ALTER TABLE a RENAME COLUMN id TO number",
    ],
    "parameters": [
        "ALTER DATABASE CHARACTER SET latin1",
        "CREATE PROCEDURE p(a VARCHAR(3)) SELECT 1",
        "ALTER DATABASE CHARACTER SET utf8mb4",
    ],
}
"""What the server does not make again as it was, by the part of the catalog that shows it."""


def copied(source: Connection, new: Made) -> tuple[MySQLState, Connection]:
    """The catalog of a database, and a copy of it."""
    state = read_catalog(source.query)
    copy = new()
    copy_content(source, name_of(source), copy, name_of(copy), same_server=True)
    return state, copy


def name_of(connection: Connection) -> str:
    return str(connection.query("SELECT CAST(DATABASE() AS CHAR)")[0][0])


def equal(state: MySQLState, copy: Connection) -> None:
    read = read_catalog(copy.query)
    assert state.rows == read.rows
    assert state.snapshot == read.snapshot
    assert state.server == read.server


@pytest.mark.parametrize(
    "made", [EVERYTHING, CERTAIN, ODD, *DOUBTED.values()], ids=lambda s: s[0][:20]
)
def test_a_copy_is_told_as_it_is(database: Connection, new_database: Made, made: list[str]) -> None:
    for statement in made:
        database.execute(statement)
    state, copy = copied(database, new_database)
    equal(state.copied(copy.query), copy)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_source_is(database: Connection, new_database: Made, seed: int) -> None:
    rng = random.Random(seed)
    database.execute("SET SESSION foreign_key_checks = 0")
    told = 0
    for _ in range(8):
        for _ in range(6):
            try:
                database.execute(random_statement(rng))
            except Exception:
                continue
        try:
            state, copy = copied(database, new_database)
        except Exception:  # a foreign key that the server does not make again
            continue
        equal(state.copied(copy.query), copy)
        told += 1
    assert told > 3


def test_what_comes_back_as_it_was_is_not_asked(database: Connection, new_database: Made) -> None:
    for statement in CERTAIN:
        database.execute(statement)
    state, copy = copied(database, new_database)
    asked: list[str] = []

    def query(sql: str) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return copy.query(sql)

    assert state.copied(query).rows is state.rows
    assert asked == [SERVER]


@pytest.mark.parametrize("part", DOUBTED)
def test_what_does_not_is_in_doubt(database: Connection, new_database: Made, part: str) -> None:
    """Each has its reason: without it, the copy would be told as its source."""
    for statement in DOUBTED[part]:
        database.execute(statement)
    state, copy = copied(database, new_database)
    sums = sum_queries(True)[part]
    assert database.query(sums) != copy.query(sums)
    equal(state.copied(copy.query), copy)
