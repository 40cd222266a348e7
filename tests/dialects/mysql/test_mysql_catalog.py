"""What the catalog says of each kind of object, and that nothing else changes it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from assay.catalog import CatalogObject
from assay.dialects import load
from assay.dialects.mysql.connecting import Connection
from quick import mariadb_server as mariadb_server

DIALECT = load("mysql")

EVERYTHING = [
    "CREATE SEQUENCE s1 START WITH 5 INCREMENT BY 2 CACHE 10 CYCLE",
    "CREATE TABLE parent (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20),"
    " UNIQUE KEY uq (a, b)) COMMENT 'it''s' ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
    "CREATE TABLE t (id BIGINT NOT NULL AUTO_INCREMENT, p INT UNSIGNED,"
    " n VARCHAR(50) DEFAULT 'x''y' COMMENT 'c''x',"
    " u VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL,"
    " e ENUM('a','b''c') NOT NULL DEFAULT 'a',"
    " ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
    " d DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),"
    " g INT AS (p + 1) STORED, v INT GENERATED ALWAYS AS (p + 2) VIRTUAL, inv INT INVISIBLE,"
    " j JSON, ck INT CHECK (ck > 0), sq INT DEFAULT NEXTVAL(s1), b BIT(3) DEFAULT b'101',"
    " ex INT DEFAULT (1 + 2), nn INT NOT NULL,"
    " PRIMARY KEY (id), UNIQUE KEY uqn (n), KEY k1 (n(10), p DESC),"
    " KEY k2 (u) USING BTREE COMMENT 'idx', FULLTEXT KEY ft (n), KEY ign (p) IGNORED,"
    " CONSTRAINT fk1 FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE,"
    " CONSTRAINT ckk CHECK (p > 0 AND n <> 'a''b'), CONSTRAINT `odd name` CHECK (p < 10))",
    "CREATE TABLE fk2 (a INT UNSIGNED, CONSTRAINT f2 FOREIGN KEY (a) REFERENCES parent (id)"
    " ON DELETE NO ACTION ON UPDATE RESTRICT)",
    "CREATE TABLE part (id INT NOT NULL, d INT NOT NULL, PRIMARY KEY (id, d))"
    " PARTITION BY RANGE (d) (PARTITION p0 VALUES LESS THAN (10) COMMENT 'x',"
    " PARTITION pm VALUES LESS THAN MAXVALUE)",
    "CREATE TABLE sv (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING",
    "CREATE TABLE per (id INT, a DATE, b DATE, PERIOD FOR app (a, b),"
    " UNIQUE KEY u (id, app WITHOUT OVERLAPS))",
    "CREATE TABLE mm (h INT, KEY hh (h) USING HASH) ENGINE=MEMORY MAX_ROWS=100",
    "CREATE TABLE sp (g POINT NOT NULL, SPATIAL KEY gg (g))",
    "CREATE VIEW vw AS SELECT t.id, n, 'x`y' AS q FROM t WHERE p > 1",
    "CREATE VIEW vw2 AS SELECT * FROM vw WITH CASCADED CHECK OPTION",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.nn = 1",
    "CREATE PROCEDURE pr(IN a INT, OUT b VARCHAR(10)) COMMENT 'x' BEGIN SELECT 1; END",
    "CREATE FUNCTION fu(a INT) RETURNS VARCHAR(10) DETERMINISTIC BEGIN RETURN 'x'; END",
    "CREATE EVENT ev ON SCHEDULE EVERY 1 HOUR DO SELECT 1",
]

SAID: list[tuple[str, tuple[str, ...], dict[str, str | None]]] = [
    ("table", ("parent",), {"engine": "InnoDB", "comment": "it's", "row format": "COMPRESSED"}),
    ("table", ("parent",), {"options": "key_block_size=8", "partitioning": None}),
    ("table", ("sv",), {"options": "with system versioning"}),
    ("table", ("per",), {"options": "period for app (a, b)"}),
    ("table", ("mm",), {"engine": "MEMORY", "options": "max_rows=100"}),
    (
        "table",
        ("part",),
        {
            "partitioning": "PARTITION BY RANGE (`d`) (PARTITION `p0` VALUES LESS THAN (10)"
            " COMMENT = 'x' ENGINE = InnoDB, PARTITION `pm` VALUES LESS THAN MAXVALUE"
            " ENGINE = InnoDB)"
        },
    ),
    ("column", ("t", "id"), {"type": "bigint(20)", "not null": "true", "autoincrement": "yes"}),
    ("column", ("t", "n"), {"default": "'x''y'", "comment": "c'x", "not null": "false"}),
    ("column", ("t", "u"), {"charset": "latin1", "collation": "latin1_bin", "default": None}),
    ("column", ("t", "e"), {"type": "enum('a','b''c')", "default": "'a'"}),
    ("column", ("t", "ts"), {"default": "current_timestamp()", "on update": "current_timestamp()"}),
    ("column", ("t", "d"), {"on update": "current_timestamp(6)"}),
    ("column", ("t", "g"), {"generated": "`p` + 1", "generated kind": "stored"}),
    ("column", ("t", "v"), {"generated kind": "virtual"}),
    ("column", ("t", "inv"), {"invisible": "yes"}),
    ("column", ("t", "j"), {"type": "longtext", "check": "json_valid(`j`)"}),
    ("column", ("t", "ck"), {"check": "`ck` > 0"}),
    ("column", ("t", "sq"), {"default": "nextval(`s1`)"}),
    ("column", ("t", "b"), {"default": "b'101'"}),
    ("column", ("t", "ex"), {"default": "(1 + 2)"}),
    ("column", ("t", "nn"), {"default": None}),
    ("primary key", ("part", "PRIMARY"), {"columns": "id, d"}),
    ("unique", ("t", "uqn"), {"columns": "n", "type": "BTREE"}),
    ("unique", ("per", "u"), {"columns": "id, b, a WITHOUT OVERLAPS"}),
    ("index", ("t", "k1"), {"columns": "n(10), p DESC", "comment": None, "ignored": None}),
    ("index", ("t", "k2"), {"comment": "idx"}),
    ("index", ("t", "ft"), {"type": "FULLTEXT"}),
    ("index", ("t", "ign"), {"ignored": "yes"}),
    ("index", ("mm", "hh"), {"type": "HASH"}),
    ("index", ("sp", "gg"), {"columns": "g", "type": "SPATIAL"}),
    ("foreign key", ("t", "fk1"), {"columns": "p", "target": "parent", "target columns": "id"}),
    ("foreign key", ("t", "fk1"), {"on delete": "CASCADE", "on update": None, "match": None}),
    ("foreign key", ("fk2", "f2"), {"on delete": "NO ACTION", "on update": None}),
    ("check", ("t", "odd name"), {"check": "`p` < 10", "enforced": None}),
    ("sequence", ("s1",), {"start": "5", "increment": "2", "cache": "10", "cycle": "yes"}),
    ("view", ("vw2",), {"check option": "CASCADED"}),
    ("trigger", ("t", "tr"), {"timing": "BEFORE", "event": "INSERT"}),
    ("procedure", ("pr",), {"comment": "x", "definition": "BEGIN SELECT 1; END"}),
    ("function", ("fu",), {"parameters": "a int(11)", "deterministic": "yes"}),
    ("event", ("ev",), {"schedule": "EVERY 1 HOUR"}),
]


def objects(connection: Connection) -> tuple[CatalogObject, ...]:
    return DIALECT.read_catalog(connection.query).snapshot.objects


def test_every_kind_of_object(database: Connection) -> None:
    for statement in EVERYTHING:
        database.execute(statement)
    snapshot = DIALECT.read_catalog(database.query).snapshot
    for kind, key, said in SAID:
        found = snapshot.get(kind, *key)
        assert found is not None, (kind, key)
        assert {name: found.get(name) for name in said} == said, (kind, key)
    view = snapshot.get("view", "vw")
    assert view is not None
    assert view.get("definition") == (
        "select `t`.`id` AS `id`,`t`.`n` AS `n`,'x`y' AS `q` from `t` where `t`.`p` > 1"
    )


def test_two_databases_made_alike_are_equal(new_database: Callable[[], Connection]) -> None:
    one, other = new_database(), new_database()
    for statement in EVERYTHING:
        one.execute(statement)
        other.execute(statement)
    assert objects(one) == objects(other)


def test_a_table_named_as_its_database(database: Connection) -> None:
    [(name,)] = database.query("SELECT DATABASE()")
    database.execute(f"CREATE TABLE `{name}` (id INT)")
    database.execute(f"CREATE VIEW v AS SELECT id FROM `{name}`")
    view = DIALECT.read_catalog(database.query).snapshot.get("view", "v")
    assert view is not None
    assert view.get("definition") == f"select `{name}`.`id` AS `id` from `{name}`"


DATA = [
    "INSERT INTO parent (a) VALUES (1), (2)",
    "UPDATE parent SET a = 7",
    "DELETE FROM parent",
    "SELECT NEXTVAL(s1)",
    "ANALYZE TABLE parent",
    "CREATE TEMPORARY TABLE tmp (id INT)",
    "CREATE TEMPORARY TABLE parent (id INT)",
    "SET SESSION sql_mode = ''",
    "CREATE TABLE IF NOT EXISTS parent (id INT)",
    "ALTER TABLE parent AUTO_INCREMENT = 500",
]
DDL = [
    "ALTER TABLE parent ADD COLUMN z INT",
    "ALTER TABLE parent ALTER COLUMN a SET DEFAULT 3",
    "ALTER TABLE parent COMMENT 'other'",
    "ALTER TABLE parent MODIFY b VARCHAR(20) COMMENT 'said'",
    "ALTER TABLE parent ADD CONSTRAINT c CHECK (a > 0)",
    "ALTER TABLE t DROP CONSTRAINT ckk",
    "ALTER TABLE t ALTER INDEX ign NOT IGNORED",
    "ALTER TABLE part ADD PARTITION (PARTITION p9 VALUES LESS THAN (99))",
    "ALTER TABLE sp DROP INDEX gg",
    "ALTER SEQUENCE s1 INCREMENT BY 3",
    "ALTER VIEW vw2 AS SELECT 1",
    "DROP TRIGGER tr",
    "CREATE OR REPLACE FUNCTION fu(a INT) RETURNS VARCHAR(10) DETERMINISTIC RETURN 'y'",
    "ALTER EVENT ev COMMENT 'said'",
    "DROP TABLE mm",
    "CREATE TABLE made (id INT)",
]


def test_the_mark_moves_with_the_catalog_and_with_nothing_else(database: Connection) -> None:
    made = [s for s in EVERYTHING if "ADD PARTITION" not in s]
    for statement in made:
        database.execute(statement.replace(", PARTITION pm VALUES LESS THAN MAXVALUE", ""))
    mark = DIALECT.catalog_mark(database.query)
    for statement in DATA:
        (database.query if statement.startswith(("SELECT", "ANA")) else database.execute)(statement)
        assert DIALECT.catalog_mark(database.query) == mark, statement
    database.execute("DROP TEMPORARY TABLE parent")
    for statement in DDL:
        database.execute(statement)
        now = DIALECT.catalog_mark(database.query)
        assert now != mark, statement
        mark = now


def random_statement(rng: random.Random) -> str:
    table, other, column = rng.choice("abcd"), rng.choice("abcd"), rng.choice("xyz")
    return rng.choice(
        [
            f"CREATE TABLE {table} (id INT PRIMARY KEY, {column} INT CHECK ({column} > 0))",
            f"CREATE TABLE {table} (id INT PRIMARY KEY, {column} INT REFERENCES {other} (id))",
            f"CREATE TABLE {table} (id INT, FULLTEXT KEY f ({column}), {column} TEXT)",
            f"DROP TABLE {table}",
            f"RENAME TABLE {table} TO {other}",
            f"ALTER TABLE {table} RENAME COLUMN {column} TO {rng.choice('xyz')}",
            f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(9) DEFAULT 'q'",
            f"ALTER TABLE {table} DROP COLUMN {column}",
            f"ALTER TABLE {table} PARTITION BY HASH (id) PARTITIONS {rng.randint(1, 3)}",
            f"CREATE INDEX i_{table} ON {table} ({column} DESC)",
            f"DROP INDEX i_{table} ON {table}",
            f"CREATE VIEW v_{table} AS SELECT {column} FROM {table}",
            f"DROP VIEW v_{table}",
            f"CREATE TRIGGER g_{table} AFTER INSERT ON {table} FOR EACH ROW SET @a = 1",
            f"INSERT INTO {table} ({column}) VALUES ('1')",
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_refreshed_is_read_anew(database: Connection, seed: int) -> None:
    rng = random.Random(seed)
    state: Any = DIALECT.read_catalog(database.query)
    changed = 0
    for _ in range(60):
        try:
            database.execute(random_statement(rng))
        except Exception:
            continue
        before, state = state, state.refresh(database.query)
        changed += before is not state
        assert state.snapshot == DIALECT.read_catalog(database.query).snapshot
    assert changed > 5
