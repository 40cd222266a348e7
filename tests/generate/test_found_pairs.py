"""Pairs of schemas that a random run found not right, small; each stays right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pairs import Place, run_pair

from assay.generate.answers import Answers


@dataclass(frozen=True)
class Found:
    """A pair, the engines it concerned, and the rows of its tables."""

    name: str
    engines: tuple[str, ...]
    old: str
    new: str
    answers: Answers
    rows: dict[str, list[dict[str, Any]]]


FOUND = (
    Found(
        "a label is renamed in a table that is renamed",
        ("sqlite", "postgresql", "mysql"),
        """
metadata = MetaData()
mood = Enum("calm", "it's odd", name="mood", metadata=metadata)
Table("member", metadata, Column("id", Integer, primary_key=True), Column("odd one", mood))
""",
        """
metadata = MetaData()
mood = Enum("calm", "renamed", name="mood", metadata=metadata)
Table("loan", metadata, Column("id", Integer, primary_key=True), Column("odd one", mood))
""",
        Answers(tables={"member": "loan"}, values={"member.odd one": {"it's odd": "renamed"}}),
        {"member": [{"id": 1, "odd one": "it's odd"}, {"id": 2, "odd one": "calm"}]},
    ),
    Found(
        "a label is renamed and nothing else of the catalog differs",
        ("sqlite", "postgresql", "mysql"),
        """
metadata = MetaData()
mood = Enum("calm", "older", name="mood", metadata=metadata)
Table("member", metadata, Column("id", Integer, primary_key=True), Column("mood", mood))
""",
        """
metadata = MetaData()
mood = Enum("calm", "newer", name="mood", metadata=metadata)
Table("member", metadata, Column("id", Integer, primary_key=True), Column("mood", mood))
""",
        Answers(values={"member.mood": {"older": "newer"}}),
        {"member": [{"id": 1, "mood": "older"}, {"id": 2, "mood": "calm"}]},
    ),
    Found(
        "two columns and two tables take each other's names",
        ("sqlite", "postgresql", "mysql"),
        """
metadata = MetaData()
Table("loan", metadata, Column("id", Integer, primary_key=True), Column("a", Integer), Column("b", Date))
Table("book", metadata, Column("id", Integer, primary_key=True), Column("c", Integer))
""",
        """
metadata = MetaData()
Table("book", metadata, Column("id", Integer, primary_key=True), Column("b", Integer), Column("a", Date))
Table("loan", metadata, Column("id", Integer, primary_key=True), Column("c", Integer))
""",
        Answers(tables={"loan": "book", "book": "loan"}, columns={"loan.a": "b", "loan.b": "a"}),
        {"loan": [{"id": 1, "a": 3}], "book": [{"id": 7, "c": 4}]},
    ),
    Found(
        "a table is renamed and its SERIAL key widened",
        ("postgresql", "mysql"),
        """
metadata = MetaData()
Table("loan", metadata, Column("id", Integer, primary_key=True))
""",
        """
metadata = MetaData()
Table("order", metadata, Column("id", BigInteger, primary_key=True))
""",
        Answers(tables={"loan": "order"}),
        {"loan": [{"id": 1}, {"id": 2}]},
    ),
    Found(
        "a table takes the name of one that is dropped",
        ("sqlite", "postgresql", "mysql"),
        """
metadata = MetaData()
Table("loan", metadata, Column("id", Integer, primary_key=True), Column("a", Integer, unique=True))
Table("book", metadata, Column("id", Integer, primary_key=True), Column("a", Integer, unique=True))
""",
        """
metadata = MetaData()
Table("book", metadata, Column("id", Integer, primary_key=True), Column("a", Integer, unique=True))
""",
        Answers(tables={"loan": "book"}, drop=("book",)),
        {"loan": [{"id": 1, "a": 3}]},
    ),
    Found(
        "identities of two tables that take each other's names",
        ("postgresql",),
        """
metadata = MetaData()
Table("loan", metadata, Column("id", Integer, Identity(), primary_key=True), Column("a", Integer))
Table("book", metadata, Column("id", Integer, Identity(), primary_key=True))
""",
        """
metadata = MetaData()
Table("book", metadata, Column("id", Integer, Identity(), primary_key=True), Column("a", Integer))
Table("loan", metadata, Column("id", Integer, Identity(), primary_key=True))
""",
        Answers(tables={"loan": "book", "book": "loan"}),
        {"loan": [{"id": 1, "a": 3}], "book": [{"id": 7}]},
    ),
    Found(
        "a new table takes the names in one that is dropped",
        ("sqlite", "postgresql", "mysql"),
        """
metadata = MetaData()
Table("author", metadata, Column("id", Integer, primary_key=True))
Table("book", metadata, Column("id", Integer), Column("a", ForeignKey("author.id", name="fk")),
      PrimaryKeyConstraint("id", name="pk"), UniqueConstraint("a", name="uq"), Index("ix", "id", "a"))
""",
        """
metadata = MetaData()
Table("author", metadata, Column("id", Integer, primary_key=True))
Table("loan", metadata, Column("id", Integer), Column("a", ForeignKey("author.id", name="fk")),
      PrimaryKeyConstraint("id", name="pk"), UniqueConstraint("a", name="uq"), Index("ix", "id", "a"))
""",
        Answers(drop=("book",)),
        {"author": [{"id": 1}], "book": [{"id": 1, "a": 1}]},
    ),
    Found(
        "two indexes of two tables take each other's names",
        ("sqlite", "postgresql", "mysql"),
        """
metadata = MetaData()
Table("loan", metadata, Column("id", Integer, primary_key=True), Column("a", Integer), Index("ix", "a"))
Table("book", metadata, Column("id", Integer, primary_key=True), Column("b", Integer), Index("iy", "b"))
""",
        """
metadata = MetaData()
Table("loan", metadata, Column("id", Integer, primary_key=True), Column("a", Integer), Index("iy", "a"))
Table("book", metadata, Column("id", Integer, primary_key=True), Column("b", Integer), Index("ix", "b"))
""",
        Answers(),
        {"loan": [{"id": 1, "a": 1}]},
    ),
    Found(
        "the models begin to have a naming convention",
        ("sqlite", "postgresql", "mysql"),
        """
metadata = MetaData()
Table("author", metadata, Column("id", Integer, primary_key=True),
      Column("a", Boolean(create_constraint=True)))
Table("book", metadata, Column("id", Integer, primary_key=True), Column("a", ForeignKey("author.id")),
      Column("b", Integer, index=True, unique=True), CheckConstraint("b > 0"))
""",
        """
metadata = MetaData(naming_convention={
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"})
Table("author", metadata, Column("id", Integer, primary_key=True),
      Column("a", Boolean(create_constraint=True, name="flag")))
Table("book", metadata, Column("id", Integer, primary_key=True), Column("a", ForeignKey("author.id")),
      Column("b", Integer, index=True, unique=True), CheckConstraint("b > 0", name="plus"))
""",
        Answers(),
        {"author": [{"id": 1}], "book": [{"id": 1, "a": 1, "b": 2}]},
    ),
    Found(
        "the only table of a schema moves out of it",
        ("postgresql",),
        """
metadata = MetaData()
Table("book", metadata, Column("id", Integer, primary_key=True), schema="side")
""",
        """
metadata = MetaData()
Table("book", metadata, Column("id", Integer, primary_key=True))
""",
        Answers(tables={"side.book": "book"}),
        {"side.book": [{"id": 1}]},
    ),
    Found(
        "columns are filled in a table with a deferred foreign key",
        ("postgresql",),
        """
metadata = MetaData()
Table("book", metadata, Column("id", Integer, primary_key=True), Column("after", Integer),
      Column("gone", Integer, nullable=False), Column("lost", Integer, nullable=False),
      ForeignKeyConstraint(["after"], ["book.id"], deferrable=True, initially="DEFERRED"))
""",
        """
metadata = MetaData()
Table("book", metadata, Column("id", Integer, primary_key=True), Column("after", Integer),
      Column("a", Integer, nullable=False), Column("b", Integer, nullable=False),
      ForeignKeyConstraint(["after"], ["book.id"], deferrable=True, initially="DEFERRED"))
""",
        Answers(backfill={f"book.{c}": "id" for c in ("a", "b", "gone", "lost")}),
        {"book": [{"id": 1, "after": 1, "gone": 1, "lost": 1}]},
    ),
)
CASES = [(found, engine) for found in FOUND for engine in found.engines]


@pytest.mark.parametrize(
    ("found", "engine"), CASES, ids=[f"{found.name}-{engine}" for found, engine in CASES]
)
def test_found(found: Found, engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    fixtures = {"postgresql": "postgresql_server", "mysql": "mariadb_server"}
    fixture = fixtures.get(engine)
    place = Place(request.getfixturevalue(fixture) if fixture else tmp_path)

    def fill(metadata: sa.MetaData, connection: sa.Connection) -> None:
        for table, rows in found.rows.items():
            connection.execute(metadata.tables[table].insert(), rows)

    assert run_pair(place, found.old, found.new, found.answers, rows=fill).problems == []
