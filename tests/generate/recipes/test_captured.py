"""Recipes on operations as a revision file has them, not as a plan makes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops

from assay.catalog import Snapshot
from assay.dialects import load
from assay.generate.recipes import Situation, safe_form
from assay.project.project import query_on

TABLES = (
    "CREATE TABLE p (id int PRIMARY KEY)",
    "CREATE TABLE t (id int PRIMARY KEY, a int)",
    "INSERT INTO t SELECT i, i FROM generate_series(1, 100) i",
)
ADDED: dict[str, Any] = {
    "references": lambda: sa.Column("x", sa.Integer, sa.ForeignKey("p.id", ondelete="CASCADE")),
    "named reference": lambda: sa.Column("x", sa.Integer, sa.ForeignKey("p.id", name="mine")),
    "check": lambda: sa.Column("x", sa.Integer, sa.CheckConstraint("x > 0"), server_default="5"),
    "index": lambda: sa.Column("x", sa.Integer, index=True),
    "volatile": lambda: sa.Column("x", sa.Uuid, server_default=sa.text("gen_random_uuid()")),
}


@pytest.fixture
def two(postgresql_server: str) -> Iterator[tuple[sa.Engine, sa.Engine]]:
    """Two databases with the same tables."""
    admin = sa.create_engine(postgresql_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    names = [f"assay_t_{uuid.uuid4().hex[:10]}" for _ in range(2)]
    with admin.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = sa.make_url(postgresql_server)
    engines = [sa.create_engine(url.set(database=n), poolclass=sa.NullPool) for n in names]
    for engine in engines:
        with engine.begin() as connection:
            for statement in TABLES:
                connection.exec_driver_sql(statement)
    try:
        yield engines[0], engines[1]
    finally:
        with admin.connect() as connection:
            for name in names:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def catalog(engine: sa.Engine) -> Snapshot:
    with engine.connect() as connection:
        return load("postgresql").read_catalog(query_on(connection)).snapshot


def situation(before: Snapshot, **more: Any) -> Situation:
    tables = frozenset(o.key for o in before.of_kind("table"))
    return Situation("postgresql", (15, 0), before, tables, "public", **more)


def run(engine: sa.Engine, made: list[ops.MigrateOperation]) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), context.autocommit_block():
            operations = Operations(context)
            for one in made:
                operations.invoke(one)


@pytest.mark.parametrize("case", ADDED)
def test_a_column_with_all_that_is_in_it(case: str, two: tuple[sa.Engine, sa.Engine]) -> None:
    plain, online = two
    on = situation(catalog(online), rewrites=lambda _column: case == "volatile")
    found = safe_form(ops.AddColumnOp("t", ADDED[case]()), on)
    assert found is not None
    run(online, found)
    run(plain, [ops.AddColumnOp("t", ADDED[case]())])
    assert catalog(online).objects == catalog(plain).objects
    # and again, as after a run that died
    run(online, safe_form(ops.AddColumnOp("t", ADDED[case]()), on) or [])
    assert catalog(online).objects == catalog(plain).objects


@pytest.mark.parametrize(
    "condition",
    [
        sa.column("a") != 5,
        sa.text("a::text <> 'b:c %'"),
        "a::text <> 'b%'",
        sa.column("a").in_([7]),
    ],
    ids=["expression", "text", "string", "list"],
)
def test_a_check_however_its_condition_is_said(
    condition: Any, two: tuple[sa.Engine, sa.Engine]
) -> None:
    plain, online = two
    for engine in two:
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE t SET a = 7")
    op = ops.CreateCheckConstraintOp("c", "t", condition)
    found = safe_form(op, situation(catalog(online)))
    assert found is not None
    run(online, found)
    run(plain, [op])
    assert catalog(online).objects == catalog(plain).objects


@pytest.mark.parametrize(
    "column",
    [
        sa.Column("x", sa.Integer),
        sa.Column("x", sa.Integer, server_default="5", nullable=False),
        sa.Column("x", sa.DateTime, server_default=sa.text("now()")),
        sa.Column("x", sa.Integer, sa.Identity()),
        sa.Column("x", sa.Integer, sa.Computed("a + 1", persisted=True)),
    ],
    ids=["nothing", "constant", "now", "identity", "generated"],
)
def test_what_stays_plain(column: sa.Column[Any], two: tuple[sa.Engine, sa.Engine]) -> None:
    on = situation(catalog(two[0]))
    assert safe_form(ops.AddColumnOp("t", column), on) is None


def test_a_table_that_is_not_in_use_stays_plain(two: tuple[sa.Engine, sa.Engine]) -> None:
    on = situation(catalog(two[0]))
    index = ops.CreateIndexOp("ix", "t", ["a"])
    assert safe_form(index, on) is not None
    made = ops.CreateIndexOp("ix", "new_one", ["a"])
    assert safe_form(made, on) is None


def test_a_partitioned_table_takes_no_such_form(two: tuple[sa.Engine, sa.Engine]) -> None:
    with two[0].begin() as connection:
        connection.exec_driver_sql("CREATE TABLE many (id int, at int) PARTITION BY RANGE (at)")
    on = situation(catalog(two[0]))
    assert safe_form(ops.CreateIndexOp("ix", "many", ["at"]), on) is None
    assert safe_form(ops.CreateForeignKeyOp("fk", "many", "p", ["id"], ["id"]), on) is None
    with two[0].connect() as connection, pytest.raises(sa.exc.DBAPIError, match="partitioned"):
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
            "CREATE INDEX CONCURRENTLY ix ON many (at)"
        )


def test_before_postgresql_12_a_check_proves_nothing(two: tuple[sa.Engine, sa.Engine]) -> None:
    from dataclasses import replace

    on = situation(catalog(two[0]))
    op = ops.AlterColumnOp("t", "a", modify_nullable=False)
    assert safe_form(op, on) is not None
    assert safe_form(op, replace(on, version=(11, 22))) is None
