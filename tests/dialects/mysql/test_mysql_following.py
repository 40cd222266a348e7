"""Followed statement by statement, a catalog is what a full read gives, whatever the statements."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from test_mysql_catalog import DIALECT, EVERYTHING, random_statement

from assay.dialects import Address, Follower, Observer
from assay.dialects.mysql.catalog import MySQLState, read_catalog
from assay.dialects.mysql.connecting import Connection
from assay.dialects.mysql.queries import catalog_queries
from assay.dialects.mysql.reading import Rows
from quick import mariadb_server as mariadb_server

WHOLE = catalog_queries(True)["columns"]
"""What only a full read asks."""
SUM = "CRC32"
"""What a refresh asks of everything."""


class Followed:
    """A connection that is observed and followed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.asked: list[str] = []
        self.looked: list[str] = []
        self.observer: Observer = DIALECT.observer(
            self.query, connection.execute, Address("mysql", "followed")
        )
        self.follower: Follower = DIALECT.follower(
            self.query, DIALECT.read_catalog(connection.query), self.observer
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        return self.connection.query(sql)

    def run(self, text: str) -> bool:
        """Whether it changed the catalog. The state must be that of a full read."""
        before = self.follower.state.snapshot
        sent = self.observer.before(text, autocommit=False)
        if sent.startswith(("SELECT", "ANALYZE", "OPTIMIZE", "CHECK", "SHOW")):
            self.connection.query(sent)
        else:
            self.connection.execute(sent)
        self.observer.after(text, None)
        self.asked.clear()
        wrote = self.follower.look(autocommit=False)
        self.looked = list(self.asked)
        self.equal(text)
        assert wrote or self.follower.state.snapshot is before
        return wrote

    def equal(self, text: str) -> None:
        read = DIALECT.read_catalog(self.connection.query).snapshot
        now = self.follower.state.snapshot
        assert set(now.objects) ^ set(read.objects) == set(), text
        assert now == read, text

    def rows(self) -> Rows:
        state = self.follower.state
        assert isinstance(state, MySQLState)
        return state.rows

    @property
    def whole(self) -> bool:
        """Whether everything was asked for by the last look."""
        return any(sql == WHOLE or SUM in sql for sql in self.looked)


@pytest.fixture
def followed(database: Connection) -> Followed:
    for statement in EVERYTHING:
        database.execute(statement)
    database.execute("SET SESSION system_versioning_alter_history = KEEP")
    return Followed(database)


TOUCHING = [
    [
        "ALTER TABLE t ADD COLUMN extra INT DEFAULT 3, ADD KEY kx (extra)",
        "ALTER TABLE t RENAME COLUMN extra TO extra2",
        "ALTER TABLE t MODIFY extra2 BIGINT NOT NULL COMMENT 'x', COMMENT 'y'",
        "CREATE INDEX ix ON t (extra2, nn)",
        "DROP INDEX ix ON t",
        "ALTER TABLE t DROP INDEX ft",
        "ALTER TABLE t DROP CONSTRAINT ckk",
        "ALTER TABLE t ALTER INDEX ign NOT IGNORED",
        "ALTER TABLE t DROP FOREIGN KEY fk1",
        "ALTER TABLE t ADD CONSTRAINT fk9 FOREIGN KEY (p) REFERENCES parent (id)",
        "ALTER TABLE t ENGINE=InnoDB, COMMENT='z'",
        "ALTER TABLE t CONVERT TO CHARACTER SET latin1",
    ],
    [  # foreign keys of other tables follow
        "ALTER TABLE parent RENAME COLUMN id TO number",
        "ALTER TABLE parent CHANGE number a INT UNSIGNED AUTO_INCREMENT, CHANGE a number INT",
        "ALTER TABLE parent CHANGE a number INT UNSIGNED AUTO_INCREMENT, CHANGE number a INT",
        "RENAME TABLE parent TO `the parent`",
        "ALTER TABLE `the parent` RENAME TO parent",
        "RENAME TABLE fk2 TO fk3, parent TO fk2, fk3 TO parent",
        "RENAME TABLE t TO tt",
        "DROP TRIGGER tr",
    ],
    [
        "CREATE TABLE n (id INT UNSIGNED, CONSTRAINT fn FOREIGN KEY (id) REFERENCES parent (id))",
        "CREATE TABLE copy LIKE t",
        "CREATE TABLE made AS SELECT id, n FROM t",
        "CREATE OR REPLACE TABLE made (id INT CHECK (id > 1))",
        "CREATE TRIGGER on_made AFTER INSERT ON made FOR EACH ROW SET @a = 1",
        "CREATE TRIGGER before_tr BEFORE INSERT ON t FOR EACH ROW PRECEDES tr SET NEW.nn = 2",
        "CREATE OR REPLACE TABLE made (id INT)",
        "CREATE OR REPLACE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.nn = 9",
        "DROP TABLE n, made",
        "DROP TABLE copy",
        "DROP TABLE t",
    ],
    [
        "ALTER TABLE part DROP PARTITION pm",
        "ALTER TABLE part ADD PARTITION (PARTITION p9 VALUES LESS THAN (99))",
        "ALTER TABLE part REMOVE PARTITIONING",
        "ALTER TABLE part PARTITION BY HASH (id) PARTITIONS 3",
        "ALTER TABLE sv DROP SYSTEM VERSIONING",
        "ALTER TABLE per DROP CONSTRAINT u, DROP PERIOD FOR app",
        "ALTER SEQUENCE s1 INCREMENT BY 3",
        "CREATE SEQUENCE s2",
        "RENAME TABLE s2 TO s3",
        "DROP SEQUENCE s3",
    ],
    [
        "CREATE VIEW v3 AS SELECT id FROM sv",
        "ALTER VIEW v3 AS SELECT x FROM sv",
        "CREATE OR REPLACE VIEW vw2 AS SELECT 1 AS one",
        "RENAME TABLE v3 TO v4",
        "DROP VIEW v4, vw2",
        "CREATE OR REPLACE FUNCTION fu(a INT) RETURNS VARCHAR(10) DETERMINISTIC RETURN 'y'",
        "ALTER PROCEDURE pr COMMENT 'other'",
        "CREATE PROCEDURE p2(x INT, y TEXT) SELECT 1",
        "DROP PROCEDURE p2",
        "DROP FUNCTION fu",
        "CREATE EVENT e2 ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "ALTER EVENT e2 RENAME TO e3",
        "DROP EVENT e3",
    ],
]


COMING_BACK = [
    [  # a temporary table is shown in its place
        "CREATE TEMPORARY TABLE fk2 (id INT)",
        "ALTER TABLE fk2 ADD COLUMN x INT",
        "CREATE OR REPLACE TABLE fk2 (a INT)",
        "CREATE OR REPLACE TABLE fk2 (b INT)",
        "ALTER TABLE fk2 ADD COLUMN y INT",
        "DROP TABLE fk2",
        "ALTER TABLE fk2 ADD COLUMN z INT",
    ],
    [  # shown as before, with keys that were read since
        "ALTER TABLE fk2 ADD COLUMN x INT",
        "RENAME TABLE parent TO p2",
        "RENAME TABLE p2 TO parent /* and what refers to it: t, fk2 */",
        "RENAME TABLE parent TO p2, fk2 TO fk3, p2 TO parent, fk3 TO fk2",
        "ALTER TABLE fk2 ADD COLUMN y INT",
    ],
    [  # the check of a column keeps its name
        "CREATE TABLE n (a INT CHECK (a > 0), b INT CHECK (b > 0), c JSON)",
        "ALTER TABLE n ADD COLUMN d INT",
        "ALTER TABLE n RENAME COLUMN a TO b, RENAME COLUMN b TO a",
        "ALTER TABLE n RENAME COLUMN a TO x, RENAME COLUMN b TO a",
        "ALTER TABLE n RENAME COLUMN x TO b",
        "ALTER TABLE n RENAME COLUMN c TO e",
        "ALTER TABLE n MODIFY a INT",
    ],
    [
        "CREATE TABLE n (a VARCHAR(20), b INT, KEY k (a(10)), KEY `KEY ``x` (b))",
        "ALTER TABLE n ADD COLUMN c INT FIRST",
        "ALTER TABLE n MODIFY a VARCHAR(10)",
        "ALTER TABLE n MODIFY a VARCHAR(10) CHARACTER SET latin1",
        "ALTER TABLE n ADD PRIMARY KEY (b), ADD CONSTRAINT `CHECK` FOREIGN KEY (b) REFERENCES sv (id)",
        "ALTER TABLE n ADD CONSTRAINT `FOREIGN KEY` CHECK (c > 1), COMMENT 'x'",
        "ALTER TABLE n DROP CONSTRAINT `FOREIGN KEY`",
        "ALTER TABLE n DROP FOREIGN KEY `CHECK`, DROP PRIMARY KEY, COLLATE utf8mb4_bin",
        "ALTER TABLE n ADD FULLTEXT KEY f (a), ADD UNIQUE KEY h (c) USING HASH",
        "ALTER TABLE n DROP KEY f, DROP KEY h, ALTER INDEX k IGNORED",
        "ALTER TABLE n ENGINE=MyISAM",
        "DROP TABLE n",
        "CREATE TABLE n (a INT)",
    ],
]


@pytest.mark.parametrize("statements", COMING_BACK, ids=lambda s: s[0][:40])
def test_what_is_shown_as_before_is_what_it_was(followed: Followed, statements: list[str]) -> None:
    followed.run("SET SESSION foreign_key_checks = 0")
    for text in statements:
        followed.run(text)
        assert not followed.whole, text
        assert followed.rows() == read_catalog(followed.connection.query).rows, text


def test_of_a_table_that_is_known_only_what_moved_is_read(followed: Followed) -> None:
    followed.run("ALTER TABLE fk2 ADD COLUMN x INT")
    for text, read in (
        ("ALTER TABLE fk2 ADD COLUMN y INT", {"columns"}),
        ("CREATE INDEX ix ON fk2 (x)", {"indexes"}),
        ("ALTER TABLE fk2 ADD CONSTRAINT ck CHECK (x > 0)", {"checks"}),
        ("ALTER TABLE fk2 DROP FOREIGN KEY f2", {"key columns", "foreign keys"}),
        ("ALTER TABLE fk2 AUTO_INCREMENT = 7", set()),
    ):
        followed.run(text)
        asked = [
            re.findall(r"SELECT '([a-z ]+)'", sql)
            for sql in followed.looked
            if sql.endswith("TABLE_NAME = 'fk2'")
        ]
        assert {part for parts in asked for part in parts} == read, text


def test_a_name_of_two_lines(database: Connection) -> None:
    database.execute("CREATE TABLE n (a INT, `b\n  KEY ``c` INT)")
    followed = Followed(database)
    for number in range(3):
        assert followed.run(f"ALTER TABLE n MODIFY `b\n  KEY ``c` INT COMMENT '{number}'")


@pytest.mark.parametrize("statements", TOUCHING, ids=lambda s: s[0][:40])
def test_each_statement_is_seen_by_what_it_touched(
    followed: Followed, statements: list[str]
) -> None:
    followed.run("INSERT INTO parent (a) VALUES (1)")
    followed.run("SET SESSION foreign_key_checks = 0")
    for text in statements:
        assert followed.run(text), text
        assert not followed.whole, text
    seen = followed.follower.state
    assert followed.follower.settle() is seen, "something had been missed"


def test_what_is_sent_by_others_than_the_text(followed: Followed, database: Connection) -> None:
    """DDL in procedures, blocks, prepared statements and comments: everything is read."""
    for text in (
        "CREATE PROCEDURE alters() BEGIN ALTER TABLE sv ADD COLUMN by_call INT; CREATE INDEX i ON mm (h);"
        " END",
        "CREATE PROCEDURE makes(name VARCHAR(20)) EXECUTE IMMEDIATE"
        " CONCAT('CREATE TABLE ', name, ' (id INT)')",
    ):
        assert followed.run(text)
    for text in (
        "CALL alters()",
        "CALL makes('hidden')",
        "EXECUTE IMMEDIATE 'ALTER TABLE hidden ADD COLUMN b INT'",
        "BEGIN NOT ATOMIC ALTER TABLE hidden ADD COLUMN c INT; DROP TABLE mm; END",
        "/*!50000 ALTER TABLE hidden ADD COLUMN d INT */",
        "ALTER DATABASE CHARACTER SET latin1",
    ):
        changes = "DATABASE" not in text
        assert followed.run(text) == changes, text
        assert followed.whole, text
    followed.run("PREPARE s FROM 'ALTER TABLE hidden ADD COLUMN e INT'")
    assert followed.run("EXECUTE s")
    database.execute("ALTER TABLE hidden ADD COLUMN f INT")  # nobody tells of it
    assert followed.run("SELECT 1")
    database.execute("ALTER TABLE hidden ADD COLUMN g INT")
    assert followed.run("ALTER TABLE sv ADD COLUMN h INT")
    assert followed.run("/* about */ -- it\n ALTER TABLE sv ADD COLUMN i INT")
    assert not followed.whole


def test_what_changes_no_catalog(followed: Followed) -> None:
    for text in (
        "INSERT INTO parent (a) VALUES (1), (2)",
        "UPDATE parent SET a = 7",
        "DELETE FROM sv",
        "SELECT NEXTVAL(s1)",
        "ANALYZE TABLE parent",
        "TRUNCATE TABLE mm",
        "CREATE TEMPORARY TABLE tmp (id INT)",
        "CREATE TEMPORARY TABLE fk2 (id INT)",
        "ALTER TABLE fk2 ADD COLUMN x INT",
        "ALTER TABLE tmp ADD COLUMN x INT",
        "DROP TEMPORARY TABLE fk2",
        "SET SESSION foreign_key_checks = 0",
        "CREATE TABLE IF NOT EXISTS parent (id INT)",
        "ALTER TABLE parent AUTO_INCREMENT = 500",
        "START TRANSACTION",
        "SAVEPOINT a",
        "ROLLBACK TO SAVEPOINT a",
        "COMMIT",
    ):
        assert not followed.run(text), text
        assert not followed.whole, text


def test_settings_that_texts_are_shown_by(followed: Followed) -> None:
    followed.run("SET SESSION sql_mode = 'ANSI_QUOTES'")
    followed.run('ALTER TABLE "t" ADD COLUMN "k" INT CHECK ("k" > 1)')
    followed.run("SET SESSION sql_mode = ''")
    followed.run("DROP VIEW vw2")


def test_names_that_need_quotes(database: Connection) -> None:
    for text in ("CREATE TABLE `a``b` (id INT PRIMARY KEY)", 'CREATE TABLE `a"b` (id INT)'):
        database.execute(text)
    followed = Followed(database)
    assert followed.run("ALTER TABLE `a``b` ADD COLUMN c INT")
    assert followed.run('ALTER TABLE `a"b` ADD COLUMN c INT')
    followed.run("SET SESSION sql_mode = 'ANSI_QUOTES'")
    assert followed.run('ALTER TABLE "a""b" ADD COLUMN d INT')
    assert not followed.whole
    assert followed.run('RENAME TABLE "a""b" TO "Größe"')
    assert followed.run("ALTER TABLE Größe ADD COLUMN e INT")


def test_a_statement_that_fails_after_a_part_of_it(followed: Followed) -> None:
    with pytest.raises(Exception, match="nonsuch"):
        followed.run("DROP TABLE mm, nonsuch")
    with pytest.raises(Exception, match="nonsuch"):
        followed.run("ALTER TABLE sv DROP COLUMN nonsuch")
    with pytest.raises(Exception, match="syntax"):
        followed.run("ALTER TABLE sv NONSENSE")
    assert followed.run("ALTER TABLE sv ADD COLUMN k INT")
    assert followed.follower.state.snapshot.get("table", "mm") is None


def test_settled_again_what_others_did_is_seen(
    followed: Followed, new_database: Callable[[], Connection], database: Connection
) -> None:
    followed.run("ALTER TABLE sv ADD COLUMN k INT")
    followed.asked.clear()
    seen = followed.follower.state
    assert followed.follower.settle(trusting=True) is seen
    other = new_database()
    [(name,)] = database.query("SELECT DATABASE()")
    other.execute(f"ALTER TABLE `{name}`.mm ADD COLUMN by_other INT")
    assert (
        followed.follower.settle(trusting=True).snapshot.get("column", "mm", "by_other") is not None
    )
    followed.equal("another connection")
    seen = followed.follower.state
    followed.run("ALTER TABLE sv ADD COLUMN l INT")
    followed.asked.clear()
    assert followed.follower.settle(trusting=True) is not seen
    assert not any(SUM in sql for sql in followed.asked), "what others did before is known"
    other.execute(f"ALTER TABLE `{name}`.mm ADD COLUMN once_more INT")
    assert followed.follower.settle(trusting=True).snapshot.get("column", "mm", "once_more")
    followed.equal("another connection, once more")


@pytest.mark.parametrize("seed", range(3))
def test_any_statements(database: Connection, seed: int) -> None:
    rng = random.Random(seed)
    database.execute("SET SESSION foreign_key_checks = 0")
    followed = Followed(database)
    done = 0
    for _ in range(int(os.environ.get("ASSAY_TEST_EXAMPLES", "25")) * 3):
        try:
            done += followed.run(random_statement(rng))
        except AssertionError:
            raise
        except Exception:
            continue
    assert done > 5
    assert followed.follower.settle().snapshot == DIALECT.read_catalog(database.query).snapshot
