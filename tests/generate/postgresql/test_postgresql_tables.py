"""Tables made and dropped with everything in them, and what ``ALTER TABLE`` changes of one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from on_server import both_ways, change

from assay.errors import ProcedureStop
from versions import INCLUDE_OF_KEYS, SQLALCHEMY

OTHER = "Table('other', metadata, Column('id', Integer, primary_key=True))\n"
FULL = """
Table('Order', metadata,
    Column('id', Integer, primary_key=True),
    Column('select', String(20), server_default='it''s 5% :a', comment='5% :b'),
    Column('Group Name', String(20), index=True),
    Column('n', Integer, Identity(start=5, increment=3, always=True)),
    Column('twice', Integer, Computed('id * 2', persisted=True)),
    Column('other_id', ForeignKey('other.id', ondelete='CASCADE'), nullable=False),
    Column('flag', Boolean(create_constraint=True, name='flag_ok')),
    Column('kind', Enum('a', 'b', name='kind_ok', native_enum=False, create_constraint=True)),
    UniqueConstraint('select', 'Group Name', postgresql_include=['id'], deferrable=True),
    CheckConstraint('length("select") < 100 OR "select" LIKE \\'a%\\'', name='ck_length'),
    Index('ix_lower', text('lower("Group Name") DESC'), postgresql_where=text('id > 3')),
    comment='a % b :c')
"""
if SQLALCHEMY < INCLUDE_OF_KEYS:
    FULL = FULL.replace("postgresql_include=['id'], ", "")


def test_a_table_with_everything(postgresql_server):
    both_ways(postgresql_server, OTHER, OTHER + FULL)


@pytest.mark.skipif(not hasattr(sa, "CreateView"), reason="postgresql_with: SQLAlchemy 2.1")
def test_options_of_new_tables(postgresql_server):
    tables = """
Table('fast', metadata, Column('id', Integer, primary_key=True), prefixes=['UNLOGGED'])
Table('full', metadata, Column('id', BigInteger, primary_key=True),
    postgresql_with={'fillfactor': 60, 'autovacuum_enabled': False})
Table('plain', metadata, Column('a', Integer), postgresql_tablespace='pg_default',
    postgresql_using='heap')
"""
    both_ways(postgresql_server, OTHER, OTHER + tables)


@pytest.mark.skipif(not hasattr(sa, "CreateView"), reason="postgresql_with: SQLAlchemy 2.1")
def test_options_of_tables_that_stay(postgresql_server):
    old = """
Table('t1', metadata, Column('id', Integer, primary_key=True){a})
Table('t2', metadata, Column('id', Integer, primary_key=True), Column('t1_id', ForeignKey('t1.id')){a})
Table('t3', metadata, Column('id', Integer, primary_key=True){b})
Table('t4', metadata, Column('id', Integer, primary_key=True){c})
"""
    off = old.format(a="", b="", c=", postgresql_with={'fillfactor': 80}")
    on = old.format(
        a=", prefixes=['UNLOGGED']",
        b=", comment='why % :x'",
        c=", postgresql_with={'fillfactor': 60, 'autovacuum_enabled': False}",
    )
    up, _ = both_ways(postgresql_server, off, on)
    assert "op.set_table_options('t4', {'autovacuum_enabled': 'false', 'fillfactor': '60'})" in up


def test_inheritance(postgresql_server):
    base = """
Table('base', metadata, Column('id', Integer, nullable=False), Column('n', Integer),
    CheckConstraint('n IS NULL OR n > -1000000000', name='ck_n'))
"""
    apart = "Table('sub', metadata, Column('id', Integer, nullable=False), Column('n', Integer))\n"
    child = "Table('sub', metadata, Column('id', Integer, nullable=False), Column('n', Integer), "
    child += "postgresql_inherits='base')\n"
    both_ways(postgresql_server, OTHER, OTHER + base + child, rows=False)
    both_ways(postgresql_server, base + apart, base + child, rows=False)


PARTITIONED = """
t = Table('ev', metadata, Column('id', Integer, primary_key=True), Column('day', Date, primary_key=True),
    {more} postgresql_partition_by='RANGE (day)')
event.listen(t, 'after_create', DDL(
    "CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('1900-01-01') TO ('2100-01-01')"))
"""


def test_partitions_come_and_go_with_their_table(postgresql_server):
    up, _ = both_ways(postgresql_server, OTHER, OTHER + PARTITIONED.format(more=""))
    assert "op.create_partition('ev_1', 'ev', \"FOR VALUES FROM ('1900-01-01')" in up


def test_partitions_follow_their_table(postgresql_server):
    more = "Index('ix_day', 'day'), UniqueConstraint('day', 'id', name='uq'), "
    more += "CheckConstraint('id > -1000000000', name='ck'),"
    up, _ = both_ways(postgresql_server, PARTITIONED.format(more=""), PARTITIONED.format(more=more))
    assert "ev_1" not in up


def test_a_partition_that_the_models_do_not_name_keeps_its_rows(postgresql_server):
    from pairs import Place, run_pair

    old = "metadata = MetaData()\n" + PARTITIONED.format(more="")
    new = old[: old.index("event.listen")]
    outcome = run_pair(Place(postgresql_server), old, new)
    assert "drop_table" not in outcome.text


def test_another_partition_key_is_refused(postgresql_server):
    old = PARTITIONED.format(more="")
    with pytest.raises(ProcedureStop, match="cannot change how it is partitioned"):
        change(postgresql_server, old, old.replace("RANGE (day)", "RANGE (id)").split("event")[0])


def test_what_hangs_on_a_dropped_table_comes_back(postgresql_server):
    table = "Table('t', metadata, Column('id', Integer, primary_key=True), Column('n', Integer))\n"
    function = (
        "event.listen(metadata, 'after_create', DDL('CREATE FUNCTION f() RETURNS trigger "
        "LANGUAGE plpgsql AS $$ begin return new; end $$'))\n"
    )
    more = """
for sql in ('CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()',
        'CREATE POLICY "P one" ON t FOR SELECT TO public USING (n > 3)',
        'CREATE STATISTICS st (dependencies) ON id, n FROM t',
        'ALTER TABLE t ENABLE ROW LEVEL SECURITY'):
    event.listen(metadata, 'after_create', DDL(sql))
"""
    change(postgresql_server, OTHER + table + function + more, OTHER + function, rows=False)
