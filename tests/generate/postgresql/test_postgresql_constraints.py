"""PRIMARY KEY, UNIQUE, CHECK and EXCLUDE on tables that stay, with rows in them."""

from __future__ import annotations

import pytest
from on_server import both_ways, change

from assay.generate.answers import Answers
from versions import INCLUDE_OF_KEYS, NULLS_NOT_DISTINCT, SQLALCHEMY

TABLE = """
Table('{name}', metadata,
    Column('id', Integer, primary_key=True),
    Column('a', String(50)),
    Column('b', String(50)),
    Column('n', Integer),
    Column('r', postgresql.INT4RANGE),
    {more})
"""


def tables(**more: str) -> str:
    return "".join(TABLE.format(name=name, more=text) for name, text in more.items())


def test_checks_come_and_go_with_their_text(postgresql_server):
    texts = {
        "named": "CheckConstraint('n IS NULL OR n > -1000000000', name='ck_n'),",
        "unnamed": "CheckConstraint('n IS NULL OR n > -1000000000'),",
        "in_list": "CheckConstraint(\"a NOT IN ('zz', 'yy')\", name='ck_in'),",
        "nested": "CheckConstraint(\"coalesce(a, '') NOT IN ('zz', 'yy')\", name='ck_in'),",
        "percent": "CheckConstraint(\"a NOT LIKE 'z%z'\", name='Ck Percent'),",
        "colon": "CheckConstraint(\"a <> '\\\\\\\\:x' AND b <> 'it''s'\", name='ck_colon'),",
        "column": "Column('m', Integer, CheckConstraint('m IS NULL OR m > -1000000000')),",
    }
    plain = {k: "Column('m', Integer)," if k == "column" else "" for k in texts}
    up, back = both_ways(postgresql_server, tables(**plain), tables(**texts))
    # as the models write it; what only the database has as the server writes it
    assert "op.create_check_constraint(op.f('ck_in'), 'in_list', \"a NOT IN ('zz', 'yy')\")" in up
    assert "op.f('unnamed_n_check')" in up
    assert "op.create_check_constraint(op.f('ck_in'), 'in_list', \"a NOT IN ('zz', 'yy')\")" in back


def test_a_check_of_another_text_is_made_anew(postgresql_server):
    old = tables(t="CheckConstraint(\"a NOT IN ('zz', 'yy')\", name='ck'),")
    change(postgresql_server, old, old.replace("'yy'", "'yy', 'xx'"))


def test_uniques_with_everything_they_can_have(postgresql_server):
    texts = {
        "plain": "UniqueConstraint('id', 'n'),",
        "deferred": "UniqueConstraint('id', 'n', deferrable=True, initially='DEFERRED'),",
        "commented": "UniqueConstraint('id', name='Uq', comment='it is'),",
    }
    if SQLALCHEMY >= NULLS_NOT_DISTINCT:
        texts["nulls"] = "UniqueConstraint('id', 'n', postgresql_nulls_not_distinct=True),"
    if SQLALCHEMY >= INCLUDE_OF_KEYS:
        texts["included"] = (
            "UniqueConstraint('id', name='U', postgresql_include=['n'], comment='it'),"
        )
    both_ways(postgresql_server, tables(**dict.fromkeys(texts, "")), tables(**texts))


def test_the_order_of_a_keys_columns_counts(postgresql_server):
    old = tables(t="UniqueConstraint('id', 'n', name='uq'),")
    change(postgresql_server, old, old.replace("'id', 'n'", "'n', 'id'"))


def test_exclusions(postgresql_server):
    over = "func.int4range(column('id'), column('id'), literal_column(\"'[]'\"))"
    texts = {
        "plain": "postgresql.ExcludeConstraint(('r', '&&'), name='ex'),",
        "expression": f"postgresql.ExcludeConstraint(({over}, '&&'), name='ex_id', "
        "where=text(\"a <> 'z%'\")),",
        "deferrable": f"postgresql.ExcludeConstraint(({over}, '&&'), deferrable=True),",
    }
    up, _ = both_ways(
        postgresql_server, tables(**dict.fromkeys(texts, "")), tables(**texts), rows=False
    )
    assert "op.create_exclude_constraint(op.f('ex'), 'plain', (sa.column('r'), '&&')" in up


def test_what_differs_in_its_name_only_is_renamed(postgresql_server):
    body = """
Table('org', metadata, Column('id', Integer, primary_key=True), Column('code', String(20), unique=True))
Table('acct', metadata, Column('id', Integer, primary_key=True),
    Column('u', Integer, unique=True, index=True), Column('o', ForeignKey('org.id')),
    Column('f', Boolean(create_constraint=True, name='f_ok')),
    CheckConstraint('u IS NULL OR u > -1000000000', name='u_ok'))
"""
    convention = """
metadata = MetaData(naming_convention={
    'ix': 'ix_%(column_0_label)s', 'uq': 'uq_%(table_name)s_%(column_0_name)s',
    'ck': 'ck_%(table_name)s_%(constraint_name)s', 'pk': 'pk_%(table_name)s',
    'fk': 'fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s'})
"""
    up, back = both_ways(postgresql_server, body, convention + body)
    for text in (up, back):
        assert "op.rename_constraint(" in text
        assert "create_" not in text
        assert "drop_" not in text


def test_comments_alone(postgresql_server):
    old = tables(t="UniqueConstraint('id', 'n', name='uq', comment='one'),")
    for new in (old.replace("one", "two: 100%"), old.replace(", comment='one'", "")):
        up = change(postgresql_server, old, new)
        assert "op.comment_on('constraint', 'uq'," in up
        assert "drop_constraint" not in up


KEYED = """
Table('p', metadata, Column('a', Integer, nullable=False), Column('b', Integer, nullable=False),
    {keys})
Table('k', metadata, Column('id', Integer, primary_key=True), Column('pa', ForeignKey('p.a')))
"""


with_include = pytest.mark.skipif(SQLALCHEMY < INCLUDE_OF_KEYS, reason="SQLAlchemy 2.0.41")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("UniqueConstraint('a', name='ua')", "Index('ua', 'a', unique=True)", "ua"),
        (
            "PrimaryKeyConstraint('a')",
            "PrimaryKeyConstraint('a', 'b'), Index('u', 'a', unique=True)",
            "p_pkey",
        ),
        pytest.param(
            "UniqueConstraint('a', name='ua')",
            "UniqueConstraint('a', name='ua', postgresql_include=['b'])",
            "ua",
            marks=with_include,
        ),
        pytest.param(
            "PrimaryKeyConstraint('a')",
            "PrimaryKeyConstraint('a', postgresql_include=['b'])",
            "p_pkey",
            marks=with_include,
        ),
    ],
)
def test_foreign_keys_step_aside_for_the_key_they_need(postgresql_server, old, new, name):
    up = change(postgresql_server, KEYED.format(keys=old), KEYED.format(keys=new))
    dropped = up.index("op.drop_constraint(op.f('k_pa_fkey')")
    assert dropped < up.index(f"op.drop_constraint(op.f('{name}'")


def test_a_renamed_key_keeps_its_foreign_keys(postgresql_server):
    up = change(
        postgresql_server,
        KEYED.format(keys="PrimaryKeyConstraint('a')"),
        KEYED.format(keys="PrimaryKeyConstraint('a', name='pk_p')"),
    )
    assert "k_pa_fkey" not in up


def test_rows_get_the_values_that_the_new_check_allows(postgresql_server):
    old = (
        "Table('acct', metadata, Column('id', Integer, primary_key=True), Column('mood', "
        "Enum('a', 'b', 'c', name='mood', native_enum=False, create_constraint=True)))"
    )
    new = old.replace("'c', name", "'d', name")
    up = change(postgresql_server, old, new, Answers(values={"acct.mood": {"c": "d"}}))
    assert "op.map_values('acct', 'mood', {'c': 'd'})" in up
    assert "op.map_values('acct', 'mood', {'d': 'c'})" in up


def test_values_that_were_there_before_are_not_changed_back(postgresql_server):
    old = (
        "Table('acct', metadata, Column('id', Integer, primary_key=True), Column('mood', "
        "Enum('a', 'b', 'c', name='mood', native_enum=False, create_constraint=True)))"
    )
    new = old.replace("'b', 'c', name", "'b', name")
    up = change(postgresql_server, old, new, Answers(values={"acct.mood": {"c": "b"}}))
    assert up.count("op.map_values(") == 1
