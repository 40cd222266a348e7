"""Followed statement by statement, a catalog is what a full read gives, whatever the statements."""

from __future__ import annotations

import random
import sqlite3
from typing import Any

import pytest
from test_sqlite_refresh import DIALECT, random_statement

from assay.dialects import Address, Follower, Observer


class Followed:
    """A connection that is observed and followed."""

    def __init__(self, *setup: str) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for text in setup:
            self.connection.execute(text)
        self.asked: list[str] = []
        self.looked: list[str] = []
        self.observer: Observer = DIALECT.observer(
            self.query, lambda _: None, Address("sqlite", ":memory:")
        )
        self.follower: Follower = DIALECT.follower(
            self.query, DIALECT.read_catalog(self.query), self.observer
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        return self.connection.execute(sql).fetchall()

    def run(self, text: str) -> bool:
        """Whether it changed the catalog. The state must be that of a full read."""
        before = self.follower.state.snapshot
        self.connection.execute(self.observer.before(text, autocommit=False))
        self.observer.after(text, None)
        self.asked.clear()
        wrote = self.follower.look(autocommit=False)
        self.looked = list(self.asked)
        now = self.follower.state.snapshot
        assert now == DIALECT.read_catalog(self.query).snapshot, text
        assert wrote or now is before
        return wrote


@pytest.mark.parametrize("seed", range(12))
def test_any_statements(seed: int) -> None:
    rng = random.Random(seed)
    followed = Followed()
    done = 0
    for _ in range(250):
        text = random_statement(rng)
        try:
            followed.run(text)
        except sqlite3.OperationalError:
            continue
        done += 1
    assert done > 40
    assert followed.follower.settle().snapshot == DIALECT.read_catalog(followed.query).snapshot


def test_the_schema_table_is_read_where_its_cookie_moved() -> None:
    followed = Followed("CREATE TABLE t (a)")
    followed.run("INSERT INTO t VALUES (1)")
    for text in ("INSERT INTO t VALUES (2)", "UPDATE t SET a = 3", "SELECT a FROM t"):
        assert not followed.run(text)
        assert not followed.looked, text
    assert followed.run("ALTER TABLE t ADD b")


def test_a_rollback_and_another_statement_come_to_the_same_cookie() -> None:
    followed = Followed("CREATE TABLE t (a)")
    followed.run("BEGIN")
    assert followed.run("ALTER TABLE t ADD b")
    followed.connection.execute("ROLLBACK")  # nobody tells of it
    assert followed.run("ALTER TABLE t ADD c")
    assert followed.follower.state.snapshot.get("column", "t", "b") is None


def test_what_ran_before_a_statement_without_being_told_of() -> None:
    followed = Followed("CREATE TABLE t (a)")
    followed.run("SELECT 1")
    followed.connection.execute("CREATE INDEX i ON t (a)")
    assert followed.run("SELECT 1")
    followed.connection.execute("DROP INDEX i")
    assert followed.follower.settle().snapshot == DIALECT.read_catalog(followed.query).snapshot
