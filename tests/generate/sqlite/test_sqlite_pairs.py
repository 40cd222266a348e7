"""Changes of SQLite tables, there and back, rows kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from pairs import Place, run_pair
from sqlalchemy.dialects import sqlite

from assay.errors import UsageError
from assay.generate.answers import Answers

TABLE = "metadata = MetaData()\nTable('t', metadata, Column('id', Integer, primary_key=True), {})\n"


def both(old: str, new: str) -> tuple[str, str]:
    """Two versions of one table."""
    return TABLE.format(old), TABLE.format(new)


KNOWS_STRICT = any(
    "strict" in given for kind, given in sqlite.dialect.construct_arguments if kind is sa.Table
)

TRIGGER = """
event.listen(metadata, 'after_create', DDL(
    "CREATE TRIGGER log_t AFTER UPDATE ON t BEGIN SELECT 'a;b :c %%d'; END"))
event.listen(metadata, 'after_create', DDL("CREATE VIEW v AS SELECT id, a FROM t"))
"""

CASES = {
    "other_objects_stay": tuple(
        TABLE.format(
            f"Column('a', {kind}), Column('b', Text(collation='NOCASE')), "
            "Index('ix_b', text('b DESC')), Index('ix_lower', text('lower(a)')), "
            "Index('ix_part', 'a', sqlite_where=text(\"a <> ':x%'\")), "
            "CheckConstraint(\"a <> '%:x'\"), UniqueConstraint('a', 'b'), sqlite_autoincrement=True"
        )
        + TRIGGER
        for kind in ("String(20)", "String(40)")
    ),
    "strict_and_without_rowid": both(
        "Column('a', Integer), sqlite_strict=True",
        "Column('a', Integer), sqlite_strict=True, sqlite_with_rowid=False",
    ),
    "autoincrement_off": both(
        "Column('a', Integer), sqlite_autoincrement=True", "Column('a', Integer)"
    ),
    "named_and_unnamed": both(
        "Column('a', Integer, unique=True), CheckConstraint('a > 0')",
        "Column('a', Integer), UniqueConstraint('a', name='u'), CheckConstraint('a > 0', name='c')",
    ),
    "default_expression": both(
        "Column('a', Integer)", "Column('a', Integer, server_default=text('(1 + 2)'))"
    ),
    "default_texts": both(
        "Column('a', Text)",
        "Column('a', Text, server_default=\"it's 50% :x\"), Column('b', Text, server_default='{\"k\": [1]}')",
    ),
    "current_timestamp_not_null": both(
        "Column('a', Integer)",
        "Column('a', Integer), Column('b', DateTime, nullable=False, server_default=func.now())",
    ),
    "generated_virtual_added": both(
        "Column('a', Integer)", "Column('a', Integer), Column('g', Integer, Computed('a * 2'))"
    ),
    "generated_expression_changed": both(
        "Column('a', Integer), Column('g', Integer, Computed('a * 2', persisted=True)), Index('ix_g', 'g')",
        "Column('a', Integer), Column('g', Integer, Computed('a * 3', persisted=True)), Index('ix_g', 'g')",
    ),
    "generated_to_plain": both(
        "Column('a', Integer), Column('g', Integer, Computed('a * 2', persisted=True))",
        "Column('a', Integer), Column('g', Integer)",
    ),
    "date_and_time": both(
        "Column('a', Date), Column('b', DateTime)", "Column('a', DateTime), Column('b', Date)"
    ),
    "boolean_with_check": both(
        "Column('a', Boolean)", "Column('a', Boolean(create_constraint=True, name='ck_bool'))"
    ),
    "conflict_clauses": both(
        "Column('a', Integer)",
        "Column('a', Integer, sqlite_on_conflict_not_null='IGNORE', server_default='1', nullable=False), "
        "UniqueConstraint('id', 'a', sqlite_on_conflict='REPLACE')",
    ),
    "odd_names": both(
        "Column('Select', Integer), Column('a b', Text), Index('Ix', 'a b')",
        "Column('Select', BigInteger), Column('a b', Text), Column('per%cent', Text), Index('Ix', 'a b')",
    ),
    "dropped_not_null": both("Column('a', Integer, nullable=False)", "Column('b', Integer)"),
    "dropped_indexed": both(
        "Column('a', Integer, index=True), Column('b', Integer), Index('ix_ab', 'a', 'b')",
        "Column('b', Integer)",
    ),
    "foreign_key_cycle_made": (
        "metadata = MetaData()\nTable('t', metadata, Column('id', Integer, primary_key=True))\n",
        """
metadata = MetaData()
Table('t', metadata, Column('id', Integer, primary_key=True))
Table('x', metadata, Column('id', Integer, primary_key=True),
      Column('y_id', ForeignKey('y.id', use_alter=True, name='fk_x_y')))
Table('y', metadata, Column('id', Integer, primary_key=True), Column('x_id', ForeignKey('x.id')))
""",
    ),
    "child_of_a_new_key": (
        "metadata = MetaData()\nTable('t', metadata, Column('id', Integer, primary_key=True))\n",
        """
metadata = MetaData()
Table('t', metadata, Column('id', Integer, primary_key=True), Column('code', String(5), unique=True))
Table('c', metadata, Column('id', Integer, primary_key=True), Column('t_code', ForeignKey('t.code')))
""",
    ),
    "self_reference_with_options": both(
        "Column('p', Integer)",
        "Column('p', Integer, ForeignKey('t.id', ondelete='SET NULL', deferrable=True, "
        "initially='DEFERRED', name='fk_p'))",
    ),
    "naming_convention": (
        """
metadata = MetaData()
Table('p', metadata, Column('id', Integer, primary_key=True), Column('n', String(9), unique=True))
Table('t', metadata, Column('id', Integer, primary_key=True), Column('p_id', ForeignKey('p.id'), index=True))
""",
        """
metadata = MetaData(naming_convention={'pk': 'pk_%(table_name)s', 'uq': 'uq_%(table_name)s_%(column_0_name)s',
    'ix': 'i_%(column_0_label)s', 'fk': 'fk_%(table_name)s_%(column_0_name)s'})
Table('p', metadata, Column('id', Integer, primary_key=True), Column('n', String(9), unique=True))
Table('t', metadata, Column('id', Integer, primary_key=True), Column('p_id', ForeignKey('p.id'), index=True))
""",
    ),
    "composite_key": both(
        "Column('a', Integer, primary_key=True), Column('b', Text)",
        "Column('a', Integer, nullable=False), Column('b', Text)",
    ),
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Databases in a folder."""
    return Place(tmp_path)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("back", [False, True], ids=["forth", "back"])
def test_there_and_back(place: Place, name: str, back: bool) -> None:
    if "strict" in name and not KNOWS_STRICT:
        pytest.skip("this SQLAlchemy has no sqlite_strict")
    old, new = reversed(CASES[name]) if back else CASES[name]
    outcome = run_pair(place, old, new, Answers(backfill={"t.a": "7", "t.b": "8"}))
    assert outcome.problems == [], outcome.text


def test_renamed_and_altered(place: Place) -> None:
    old = """
metadata = MetaData()
Table('author', metadata, Column('id', Integer, primary_key=True),
    Column('name', String(20), CheckConstraint("name <> ''"), index=True))
Table('book', metadata, Column('id', Integer, primary_key=True), Column('a_id', ForeignKey('author.id')))
"""
    new = """
metadata = MetaData()
Table('writer', metadata, Column('id', Integer, primary_key=True),
    Column('full_name', String(50), CheckConstraint("full_name <> ''"), index=True, nullable=False))
Table('book', metadata, Column('id', Integer, primary_key=True), Column('a_id', ForeignKey('writer.id')))
"""
    answers = Answers(
        tables={"author": "writer"},
        columns={"author.name": "full_name"},
        backfill={"writer.full_name": "'nobody'"},
    )
    outcome = run_pair(place, old, new, answers)
    assert outcome.problems == [], outcome.text


def test_values_of_a_checked_enum(place: Place) -> None:
    old, new = both(
        "Column('s', Enum('a', 'b', 'old', native_enum=False, create_constraint=True, name='ck_s'))",
        "Column('s', Enum('a', 'b', 'new', native_enum=False, create_constraint=True, name='ck_s'))",
    )
    outcome = run_pair(place, old, new, Answers(values={"t.s": {"old": "new"}}))
    assert outcome.problems == [], outcome.text


def test_a_strict_table_that_only_the_database_has(place: Place) -> None:
    """An older SQLAlchemy cannot write it again, and STRICT is not lost in silence."""
    kept = "metadata = MetaData()\nTable('z', metadata, Column('id', Integer, primary_key=True))\n"
    made = "DDL('CREATE TABLE s (id INTEGER PRIMARY KEY) STRICT')"
    strict = kept + f"event.listen(metadata, 'after_create', {made})\n"
    if not KNOWS_STRICT:
        with pytest.raises(UsageError, match="Table s is STRICT") as stopped:
            run_pair(place, strict, kept)
        assert "2.0.37" in (stopped.value.next_step or "")
        return
    outcome = run_pair(place, strict, kept)
    assert outcome.problems == [], outcome.text
    assert "sqlite_strict=True" in outcome.text
