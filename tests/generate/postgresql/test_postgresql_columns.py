"""Columns added, dropped and altered, with the rows they have."""

from __future__ import annotations

import datetime
import uuid

import pytest
from on_server import both_ways, change
from valued import kept, table

from assay.generate.answers import Answers

DAY = datetime.datetime(2024, 1, 2, 3, 4, 5)
UTC = DAY.replace(tzinfo=datetime.timezone.utc)
ZERO = datetime.datetime(2024, 1, 2)
ID = uuid.UUID(int=7)

CONVERSIONS = [
    ("Text", "Integer", ["1", " 22", None]),
    ("String(10)", "Numeric(8, 2)", ["1", "2.5"]),
    ("String(20)", "Date", ["2024-01-02", None]),
    ("Text", "DateTime", ["2024-01-02 03:04:05"]),
    ("String(36)", "Uuid", [str(ID)]),
    ("Uuid", "CHAR(32)", [ID]),
    ("Text", "postgresql.INET", ["10.0.0.1"]),
    ("Text", "JSON", ['{"a": 1}']),
    ("JSON", "postgresql.JSONB", [{"a": [1, "x"]}]),
    ("Integer", "postgresql.JSONB", [1, 2]),
    ("Integer", "Text", [1, 2]),
    ("Integer", "Boolean", [0, 1]),
    ("Boolean", "SmallInteger", [True, False]),
    ("Date", "DateTime(timezone=True)", [ZERO.date()]),
    ("DateTime", "DateTime(timezone=True)", [DAY]),
    ("DateTime(timezone=True)", "DateTime", [UTC]),
    ("DateTime", "postgresql.TIMESTAMP(precision=3)", [DAY]),
    ("String(200)", "String(20)", ["x" * 20]),
    ("String(20)", "String", ["x"]),
    ("CHAR(5)", "Text", ["abcde"]),
    ("Integer", "BigInteger", [1]),
    ("BigInteger", "SmallInteger", [1]),
    ("Numeric(10, 2)", "Float", [2.5]),
    ("LargeBinary", "Text", [b"abc"]),
    ("Text", "LargeBinary", ["it's % :x"]),
]
AS_IT_IS = {"postgresql.INET", "JSON", "postgresql.JSONB", "CHAR(32)", "LargeBinary"}


@pytest.mark.parametrize(("old", "new", "values"), CONVERSIONS)
def test_values_survive_another_type(postgresql_server, old, new, values):
    apart = ("t.v",) if {old, new} & AS_IT_IS else ()
    kept(
        postgresql_server,
        table(f"Column('v', {old})"),
        table(f"Column('v', {new})"),
        {"v": values},
        derived=apart,
    )


@pytest.mark.parametrize(
    ("old", "new", "values"),
    [
        ("Integer", "ARRAY(Integer)", [1, None]),
        ("Text", "ARRAY(Text)", ["a,b", None]),
        ("ARRAY(Integer)", "Text", [[1, 2], [], None]),
        ("ARRAY(String(9))", "ARRAY(Integer)", [["1", "2"], []]),
        ("ARRAY(Integer)", "JSON", [[1, 2], []]),
        ("postgresql.INT4RANGE", "postgresql.INT8RANGE", ["[1,5)", "empty", "(,3)"]),
        ("postgresql.TSRANGE", "postgresql.TSTZRANGE", ["[2024-01-01,2024-01-02]", "empty", "(,)"]),
        ("postgresql.BIT(8)", "postgresql.BIT(16)", ["00000001"]),
        ("postgresql.MONEY", "Integer", ["$3"]),
        ("DateTime", "Integer", [DAY]),
        ("Integer", "Interval", [60]),
    ],
)
def test_what_other_types_convert(postgresql_server, old, new, values):
    """Their values read another way, so that only the way back is compared: it must be exact."""
    kept(
        postgresql_server,
        table(f"Column('v', {old})"),
        table(f"Column('v', {new})"),
        {"v": values},
        derived=("t.v",),
    )


def test_a_timestamp_is_taken_for_utc(postgresql_server):
    old, new = table("Column('v', DateTime)"), table("Column('v', DateTime(timezone=True))")
    text = change(postgresql_server, old, new)
    assert "postgresql_using=\"v AT TIME ZONE 'UTC'\"" in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("String(10), server_default='7'", "Integer, server_default='8'"),
        ("Integer, server_default='7'", "Text, server_default='it''s 5% :a'"),
        ("Boolean, server_default=false(), nullable=False", "Integer, server_default='0'"),
        ("String(10), server_default='7'", "Integer"),
        ("Integer", "BigInteger, server_default=text('1 + 1'), comment='5% :a'"),
        ("JSON", "postgresql.JSONB, server_default=text(\"'{}'\"), nullable=False"),
    ],
)
def test_defaults_step_aside_for_another_type(postgresql_server, old, new):
    one, other = table(f"Column('v', {old})"), table(f"Column('v', {new})")
    change(postgresql_server, one, other, rows=False)
    change(postgresql_server, other, one, rows=False)


def test_collations_come_and_go(postgresql_server):
    plain = table("Column('v', String(20))")
    both_ways(postgresql_server, plain, table("Column('v', String(20, collation='C'))"))


def test_rows_without_a_value_get_the_default(postgresql_server):
    old = table("Column('v', Integer)")
    new = table("Column('v', Integer, server_default='5', nullable=False)")
    text = kept(postgresql_server, old, new, {"v": [1, None]})
    assert "op.fill_nulls('t', 'v')" in text


def test_rows_without_a_value_get_what_was_said(postgresql_server):
    old, new = table("Column('v', Integer)"), table("Column('v', Integer, nullable=False)")
    answers = Answers(backfill={"t.v": "id * 2"})
    assert "SET v = id * 2" in kept(postgresql_server, old, new, {"v": [1, None]}, answers)


def test_a_new_column_that_demands_a_value(postgresql_server):
    old, new = (
        table("Column('n', Integer)"),
        table("Column('n', Integer)", "Column('v', Uuid, nullable=False)"),
    )
    answers = Answers(backfill={"t.v": "gen_random_uuid()"})
    change(postgresql_server, old, new, answers)
    change(postgresql_server, new, old, answers)


def test_quoted_names_and_awkward_texts(postgresql_server):
    old = "Table('Order', metadata, Column('ID', Integer, primary_key=True), Column('Sel Ect', Text))\n"
    new = """
Table('Order', metadata, Column('ID', BigInteger, primary_key=True),
    Column('Sel Ect', String(40), server_default="it's 100% :a\\\\b", comment="it's 100% :a"),
    Column('Mood Of', Enum('A b', "it's %", name='My Mood'), server_default="it's %"))
"""
    both_ways(postgresql_server, old, new)


def test_constraints_of_types_are_steps_of_their_own(postgresql_server):
    old = table("Column('n', Integer)")
    new = table("Column('n', Integer)", "Column('b', Boolean(create_constraint=True, name='ck_b'))")
    both_ways(postgresql_server, old, new)


def test_types_with_variants_and_decorators(postgresql_server):
    head = """
class Mood(TypeDecorator):
    impl = Enum('a', 'b', name='mood')
    cache_ok = True
"""
    old = head + table("Column('n', Integer)")
    variant = "String(10).with_variant(Enum('c', name='other'), 'postgresql')"
    new = head + table("Column('n', Integer)", "Column('v', Mood)", f"Column('w', {variant})")
    text, _ = both_ways(postgresql_server, old, new)
    assert "tables." not in text


def test_renamed_tables_keep_names_of_sequences(postgresql_server):
    old = table("Column('n', Integer, Identity())")
    new = "Table('u', metadata, Column('uid', BigInteger, primary_key=True), Column('n', Integer, Identity()))\n"  # noqa: E501
    answers = Answers(tables={"t": "u"}, columns={"t.id": "uid"})
    text = change(postgresql_server, old, new, answers)
    assert "op.rename_sequence('t_id_seq', 'u_uid_seq')" in text


def test_a_table_moves_to_another_schema(postgresql_server):
    old = table("Column('n', Integer)")
    new = "Table('t', metadata, Column('id', Integer, primary_key=True), Column('n', Integer), schema='app')\n"  # noqa: E501
    text = change(postgresql_server, old, new, Answers(tables={"t": "app.t"}))
    assert "op.create_schema('app')" in text
    assert "op.move_table('t', 'app')" in text


def test_schemas_come_and_go_with_their_tables(postgresql_server):
    old = table("Column('n', Integer)")
    new = old + "Table('x', metadata, Column('id', Integer, primary_key=True), schema='My App')\n"
    both_ways(postgresql_server, old, new)
