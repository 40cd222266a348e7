"""Foreign keys: made, dropped, changed, and the order that they force on everything else."""

from __future__ import annotations

from on_server import both_ways, change

from versions import ON_DELETE_OF_COLUMNS, SQLALCHEMY

ORG = "Table('org', metadata, Column('id', Integer, primary_key=True), Column('code', String(20)){})\n"
CHILD = """
Table('kid', metadata, Column('id', Integer, primary_key=True), Column('o', Integer){})
"""


def test_everything_a_foreign_key_can_have(postgresql_server):
    parent = (
        "Table('p', metadata, Column('a', Integer, primary_key=True, autoincrement=False), "
        "Column('b', Integer, primary_key=True, autoincrement=False))\n"
    )
    child = (
        "Table('k', metadata, Column('id', Integer, primary_key=True), Column('a', Integer), "
        "Column('b', Integer){})\n"
    )
    forms = [
        "ondelete='CASCADE', onupdate='SET DEFAULT'",
        "match='FULL', deferrable=True, initially='DEFERRED'",
        "ondelete='SET NULL', name='Fk Odd', comment='why'",
    ]
    if SQLALCHEMY >= ON_DELETE_OF_COLUMNS:
        forms.append("ondelete='SET NULL (b)'")
    bare = parent + child.format("")
    for form in forms:
        key = f", ForeignKeyConstraint(['a', 'b'], ['p.a', 'p.b'], {form})"
        both_ways(postgresql_server, bare, parent + child.format(key), rows=False)


def test_a_changed_foreign_key_is_made_anew_and_a_renamed_one_is_not(postgresql_server):
    old = ORG.format("") + CHILD.format(", ForeignKeyConstraint(['o'], ['org.id'], name='fk')")
    up = change(postgresql_server, old, old.replace("name='fk'", "name='fk', ondelete='CASCADE'"))
    assert "ondelete='CASCADE'" in up
    up = change(postgresql_server, old, old.replace("name='fk'", "name='fk_kid_org'"))
    assert "op.rename_constraint('kid', 'fk', 'fk_kid_org')" in up
    assert "create_foreign_key" not in up


def test_a_new_table_that_refers_to_a_new_unique(postgresql_server):
    kid = (
        "Table('a_kid', metadata, Column('id', Integer, primary_key=True), "
        "Column('code', ForeignKey('org.code')))\n"
    )
    new = ORG.format(", UniqueConstraint('code', name='uq_code')") + kid
    up, _ = both_ways(postgresql_server, ORG.format(""), new)
    assert up.index("create_unique_constraint") < up.index("create_foreign_key")


CYCLE = """
Table('x', metadata, Column('id', Integer, primary_key=True),
    Column('y_id', Integer, ForeignKey('y.id', name='fk_xy', use_alter=True)))
Table('y', metadata, Column('id', Integer, primary_key=True),
    Column('x_id', Integer, ForeignKey('x.id', name='fk_yx')),
    Column('self_id', Integer, ForeignKey('y.id')))
"""


def test_cycles_are_made_and_dropped(postgresql_server):
    both_ways(postgresql_server, ORG.format(""), ORG.format("") + CYCLE)


def test_rows_that_refer_to_a_dropped_table_find_it_again(postgresql_server):
    old = (
        "Table('org', metadata, Column('id', Integer, primary_key=True), "
        "Column('name', String(20), nullable=False), Column('since', Date))\n"
    ) + CHILD.format(", ForeignKeyConstraint(['o'], ['org.id'])")
    up = change(postgresql_server, old, CHILD.format(""))
    assert "op.insert_missing_parents('org', ['id'], 'kid', ['o']" in up


def test_schemas(postgresql_server):
    schema = "event.listen(metadata, 'before_create', DDL('CREATE SCHEMA IF NOT EXISTS app'))\n"
    tables = (
        "Table('t1', metadata, Column('id', Integer, primary_key=True))\n"
        "Table('t2', metadata, Column('id', Integer, primary_key=True), "
        "Column('t1_id', Integer{}), schema='app')\n"
    )
    both_ways(
        postgresql_server,
        schema + tables.format(""),
        schema + tables.format(", ForeignKey('t1.id', name='fk_t2_t1')"),
        rows=False,
    )
