"""Indexes on tables and materialized views that stay."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from on_server import both_ways, change
from pairs import Place, models

from assay.project.compat.constructs import indexes_in_transaction
from versions import NULLS_NOT_DISTINCT, SQLALCHEMY

TABLE = """
Table('{name}', metadata,
    Column('id', Integer, primary_key=True),
    Column('a', String(50)),
    Column('b', String(50)),
    Column('n', Integer),
    Column('j', postgresql.JSONB),
    Column('Odd One', Integer),
    {more})
"""
INDEXES = {
    "plain": "Index('ix_plain', 'a', 'Odd One')",
    "one": "Index('ix_unique', 'id', 'n', unique=True, postgresql_nulls_not_distinct=True)"
    if SQLALCHEMY >= NULLS_NOT_DISTINCT
    else "Index('ix_unique', 'id', 'n', unique=True)",
    "expression": "Index('Ix Odd', text('lower(a) varchar_pattern_ops DESC'), 'n', "
    "postgresql_include=['b'], postgresql_where=text(\"a NOT IN ('x', 'y') AND b NOT LIKE 'q%'\"),"
    " postgresql_with={'fillfactor': 50})",
    "colon": "Index('ix_colon', text(\"(a || '\\\\\\\\:x%y')\"))",
    "collated": "Index('ix_c', text('a COLLATE \"C\" DESC NULLS LAST'), text('(n + 1)'))",
    "operators": "Index('ix_j', 'j', postgresql_using='gin', "
    "postgresql_ops={'j': 'jsonb_path_ops'})",
    "brin": "Index('ix_brin', 'n', postgresql_using='brin', postgresql_with={'pages_per_range': 8})",
}


def tables(indexes: dict[str, str]) -> str:
    return "".join(TABLE.format(name=name, more=text) for name, text in indexes.items())


def test_indexes_come_and_go_with_everything_they_can_have(postgresql_server):
    up, _ = both_ways(postgresql_server, tables(dict.fromkeys(INDEXES, "")), tables(INDEXES))
    assert "op.create_index(op.f('ix_plain'), 'plain', ['a', 'Odd One'], unique=False)" in up


def test_a_changed_index_is_made_anew(postgresql_server):
    old = {**dict.fromkeys(INDEXES, "Index('i1', 'a'), Index('i2', 'b')")}
    old = {k: v.replace("i1", f"i1_{k}").replace("i2", f"i2_{k}") for k, v in old.items()}
    new = {
        "plain": "Index('i1_plain', 'b'), Index('i2_plain', 'a')",
        "one": "Index('i1_one', 'a', unique=False), Index('i2_one', 'b', 'id', unique=True)",
        "expression": "Index('i1_expression', text('lower(a)')), Index('i2_expression', 'b', "
        "postgresql_where=text('n > 3'))",
        "colon": "Index('i1_colon', text('a DESC')), Index('i2_colon', 'b', "
        "postgresql_include=['n'])",
        "collated": "Index('i1_collated', 'a', postgresql_using='hash'), "
        "Index('i2_collated', 'b', postgresql_ops={'b': 'varchar_pattern_ops'})",
        "operators": "Index('i1_operators', 'a', postgresql_with={'fillfactor': 70}), "
        "Index('i2_operators', text('b COLLATE \"C\"'))",
        "brin": "Index('i1_brin', 'a', 'b'), Index('i2_brin', text('b NULLS FIRST'))",
    }
    both_ways(postgresql_server, tables(old), tables(new))


def test_an_index_of_another_name_is_renamed(postgresql_server):
    old = tables({"t": "Index('ix_a', text('lower(a)'), postgresql_where=text('n > 3'))"})
    up = change(postgresql_server, old, old.replace("ix_a", "ix_t_a"))
    assert "op.rename_index('t', 'ix_a', 'ix_t_a')" in up
    assert "create_index" not in up


@pytest.mark.skipif(not hasattr(sa, "CreateView"), reason="CreateView: SQLAlchemy 2.1")
def test_indexes_of_a_materialized_view(postgresql_server):
    view = """
from sqlalchemy import CreateView
t = metadata.tables['t']
mv = CreateView(select(t.c.id, t.c.a), 'mv', metadata=metadata, materialized=True)
"""
    base = tables({"t": ""})
    both_ways(
        postgresql_server,
        base + view,
        base + view + "Index('ix_mv', mv.table.c.id, unique=True)\n",
    )


def test_models_that_build_indexes_concurrently_are_built_in_a_transaction(postgresql_server):
    found = models("metadata = MetaData()\n" + tables({"t": "Index('i', 'a')"}))
    (index,) = found.tables["t"].indexes
    index.dialect_options["postgresql"]["concurrently"] = True
    with Place(postgresql_server).database() as engine, engine.begin() as connection:
        with indexes_in_transaction(connection.dialect):
            found.create_all(connection)
        assert [i["name"] for i in sa.inspect(connection).get_indexes("t")] == ["i"]
