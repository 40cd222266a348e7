"""Values, names and types that a change on MariaDB must keep."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pairs import Place, run_pair

from assay.generate.answers import Answers

TABLE = "metadata = MetaData()\nTable('t', metadata, Column('id', Integer, primary_key=True), {})\n"


@pytest.fixture
def place(mariadb_server: str) -> Place:
    return Place(mariadb_server.replace("mysql+", "mariadb+", 1))


def test_percent_in_a_renamed_column(place: Place) -> None:
    def rows(metadata: sa.MetaData, connection: sa.Connection) -> None:
        connection.execute(metadata.tables["t"].insert(), [{"id": 1, "a": "x"}])

    old = TABLE.format("Column('a', String(9), unique=True)")
    new = TABLE.format("Column('a %x', String(19), unique=True)")
    outcome = run_pair(place, old, new, Answers(columns={"t.a": "a %x"}), rows=rows)
    assert not outcome.problems, outcome.text


@pytest.mark.parametrize(
    "column",
    [
        "Enum('x', 'y', native_enum=False, create_constraint=True)"
        ".with_variant(String(9), 'mysql', 'mariadb')",
        "Boolean().with_variant(CHAR(1), 'mysql', 'mariadb')",
    ],
)
def test_variant_of_a_type_that_makes_a_check(place: Place, column: str) -> None:
    old, new = "Column('b', Integer)", f"Column('b', Integer), Column('a', {column})"
    outcome = run_pair(place, TABLE.format(old), TABLE.format(new))
    assert not outcome.problems, outcome.text


def test_uuid_becomes_its_digits(place: Place) -> None:
    """``MODIFY`` would make 36 characters of it."""
    old, new = "Column('a', Uuid)", "Column('a', Uuid(native_uuid=False))"
    outcome = run_pair(place, TABLE.format(old), TABLE.format(new))
    assert not outcome.problems, outcome.text


def test_parent_is_dropped_and_its_keys_stay(place: Place) -> None:
    """The downgrade makes it again, with the rows that its children refer to."""
    parent = (
        "Table('p', metadata, Column('id', Integer, primary_key=True), Column('e', Enum('x', 'y'),"
        " nullable=False), Column('j', JSON, nullable=False))\n"
    )
    child = "Table('t', metadata, Column('id', Integer, primary_key=True), {})\n"
    outcome = run_pair(
        place,
        f"metadata = MetaData()\n{parent}" + child.format("Column('a', ForeignKey('p.id'))"),
        "metadata = MetaData()\n" + child.format("Column('a', Integer)"),
    )
    assert not outcome.problems, outcome.text
    assert "insert_missing_parents" in outcome.text
