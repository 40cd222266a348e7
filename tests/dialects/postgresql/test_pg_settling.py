"""Settled once more later, a catalog is not read again: only where nobody else can have written it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from test_catalog_postgresql_refresh import Catalog, equal

from assay.dialects import load
from assay.dialects.postgresql.place import ended_since

DIALECT = load("postgresql")
Connection = psycopg.Connection[Any]


@pytest.mark.parametrize(
    ("before", "now", "ended"),
    [
        ("10:10:", "10:10:", set()),
        ("10:10:", "12:12:", {10, 11}),
        ("10:13:10,12", "12:14:12", {10, 13}),
        ("10:10:", "10:12:10", {11}),
    ],
)
def test_transactions_that_ended(before: str, now: str, ended: set[int]) -> None:
    assert ended_since(before, now) == ended


def _committed(connection: Connection, _url: str) -> None:
    connection.commit()


def _rolled_back(connection: Connection, _url: str) -> None:
    connection.rollback()


def _beside_another(connection: Connection, url: str) -> None:
    connection.commit()
    with psycopg.connect(url) as other:
        other.execute("CREATE TABLE others (id int)")


@pytest.mark.parametrize("end", [_committed, _rolled_back, _beside_another])
def test_settled_it_is_the_catalog(database: str, end: Callable[[Connection, str], None]) -> None:
    with psycopg.connect(database) as connection:
        catalog = Catalog(connection)
        connection.execute("DROP TABLE IF EXISTS a, others")
        connection.execute("CREATE TABLE a (id int)")
        connection.commit()
        follower = DIALECT.follower(catalog, catalog.read())
        connection.rollback()
        follower.begin()
        connection.execute("ALTER TABLE a ADD COLUMN b int")
        assert follower.look(autocommit=False)
        connection.execute("SAVEPOINT s")
        connection.execute("ALTER TABLE a ADD COLUMN c int")  # and nobody looks
        follower.end()
        end(connection, database)
        equal(follower.settle(trusting=True), catalog, end)


def test_what_nobody_ended_is_read(database: str) -> None:
    with psycopg.connect(database) as connection:
        catalog = Catalog(connection)
        connection.execute("DROP TABLE IF EXISTS a, others")
        connection.execute("CREATE TABLE a (id int)")
        connection.commit()
        follower = DIALECT.follower(catalog, catalog.read())
        connection.rollback()
        follower.begin()
        connection.execute("ALTER TABLE a ADD COLUMN b int")
        assert follower.look(autocommit=False)
        connection.execute("ALTER TABLE a ADD COLUMN c int")
        connection.commit()
        equal(follower.settle(trusting=True), catalog, "not seen")
