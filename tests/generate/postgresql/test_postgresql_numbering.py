"""SERIAL, identities and sequences: rows keep their numbers, and new rows get new ones."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from on_server import both_ways, change
from pairs import Place
from valued import table

SERIAL = "Table('t', metadata, Column('id', {}, primary_key=True), Column('n', Integer))\n"
KINDS = {
    "plain": "Integer, autoincrement=False",
    "serial": "Integer",
    "bigserial": "BigInteger",
    "smallserial": "SmallInteger",
    "identity": "Integer, Identity()",
    "always": "BigInteger, Identity(always=True, start=3, increment=2, cache=5)",
}


@pytest.mark.parametrize("old", list(KINDS))
@pytest.mark.parametrize("new", ["plain", "bigserial", "identity", "always"])
def test_how_a_key_is_numbered(postgresql_server, old, new):
    if old != new:
        change(
            postgresql_server,
            SERIAL.format(KINDS[old]),
            SERIAL.format(KINDS[new]),
            rows="always" not in (old, new),
        )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Integer, nullable=False", "Integer, Identity(always=True, start=5)"),
        ("Integer, Identity()", "Integer, Identity(always=True)"),
        ("Integer, Identity(start=3)", "Integer, Identity(start=9, increment=10, cycle=True)"),
        ("Integer, Identity()", "Integer, Identity(start=40, minvalue=30, maxvalue=90)"),
        ("Integer, Identity()", "BigInteger, Identity()"),
        ("Integer, Identity(maxvalue=99)", "Integer"),
    ],
)
def test_identities_change(postgresql_server, old, new):
    both_ways(
        postgresql_server, table(f"Column('n', {old})"), table(f"Column('n', {new})"), rows=False
    )


@pytest.mark.parametrize(
    "kind", ["BigInteger, Identity(start=7)", "Integer, Identity(always=True)"]
)
def test_identity_columns_come_and_go(postgresql_server, kind):
    old = table("Column('x', Integer)")
    both_ways(postgresql_server, old, table("Column('x', Integer)", f"Column('n', {kind})"))


def test_numbered_keys_come_and_go(postgresql_server):
    both_ways(
        postgresql_server,
        "Table('t', metadata, Column('n', Integer))\n",
        SERIAL.format("Integer"),
    )


@pytest.mark.parametrize(
    "options",
    [
        "start=10, increment=5, minvalue=3, maxvalue=1000, cache=7, cycle=True",
        "increment=-1",
        "data_type=Integer",
        "start=4",
    ],
)
def test_sequences_change_come_and_go(postgresql_server, options):
    head = table("Column('n', Integer)")
    plain = head + "Sequence('s', metadata=metadata)\n"
    changed = head + f"Sequence('s', {options}, metadata=metadata)\n"
    both_ways(postgresql_server, plain, changed)
    both_ways(postgresql_server, head, changed)


def test_a_sequence_of_another_name_is_renamed(postgresql_server):
    old = table("Column('n', Integer)") + "Sequence('s', start=4, metadata=metadata)\n"
    text = change(postgresql_server, old, old.replace("'s'", "'My S'"))
    assert "op.rename_sequence('s', 'My S')" in text


def test_a_sequence_is_there_before_the_default_that_uses_it(postgresql_server):
    head = "s = Sequence('s', metadata=metadata)\n"
    column = "Column('n', Integer, s, server_default=s.next_value())"
    old = table("Column('n', Integer)")
    change(postgresql_server, old, head + table(column))
    change(postgresql_server, head + table(column), old)


STATEMENTS = {
    "add_identity": ("id integer NOT NULL", lambda op: op.add_identity("t", "id")),
    "own_sequence": (
        "id integer NOT NULL DEFAULT nextval('s')",
        lambda op: op.own_sequence("s", "t", "id"),
    ),
}


@pytest.mark.parametrize("name", list(STATEMENTS))
@pytest.mark.parametrize(("held", "next_one"), [([3, 41], 42), ([-7], 1), ([], 1)])
def test_numbers_go_on_after_those_that_rows_have(postgresql_server, name, held, next_one):
    import assay.operations  # noqa: F401

    column, operation = STATEMENTS[name]
    with Place(postgresql_server).database() as engine, engine.begin() as connection:
        connection.exec_driver_sql("CREATE SEQUENCE s")
        connection.exec_driver_sql(f"CREATE TABLE t ({column}, n integer)")
        for value in held:
            connection.execute(sa.text("INSERT INTO t VALUES (:v)"), {"v": value})
        with Operations.context(MigrationContext.configure(connection)) as operations:
            operation(operations)
        made = connection.exec_driver_sql("INSERT INTO t (n) VALUES (0) RETURNING id").scalar()
        assert made == next_one
