"""Views of the models: never tables, made and dropped in the order they need."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from on_server import both_ways, change

pytestmark = pytest.mark.skipif(not hasattr(sa, "CreateView"), reason="CreateView: SQLAlchemy 2.1")

BASE = """
from sqlalchemy import CreateView
t = Table('t', metadata, Column('id', Integer, primary_key=True), Column('a', String(50)),
    Column('n', Integer))
"""
VIEWS = """
z = CreateView(select(t.c.id, t.c.a).where(t.c.a.not_in(['x', 'y%'])), 'z_below', metadata=metadata)
a = CreateView(select(z.table.c.id), 'a_above', metadata=metadata)
"""


def test_views_come_and_go_in_their_order(postgresql_server):
    up = change(postgresql_server, BASE, BASE + VIEWS)
    assert "create_table" not in up
    assert up.index("'z_below',") < up.index("'a_above',")
    change(postgresql_server, BASE + VIEWS, BASE + VIEWS.split("a =")[0])


def test_a_changed_view_takes_those_over_it_along(postgresql_server):
    up = change(postgresql_server, BASE + VIEWS, BASE + VIEWS.replace("'y%'", "'z:z'"))
    assert up.index("drop_view('a_above')") < up.index("drop_view('z_below')")


def test_materialized_views(postgresql_server):
    view = "m = CreateView(select(t.c.id), 'm', metadata=metadata, materialized=True)\n"
    indexed = view + "Index('ix_m', m.table.c.id, unique=True)\n"
    change(postgresql_server, BASE, BASE + indexed)
    change(postgresql_server, BASE + indexed, BASE + indexed.replace("t.c.id)", "t.c.id, t.c.n)"))
    both_ways(postgresql_server, BASE + view, BASE + view.replace(", materialized=True", ""))


def test_a_view_made_by_hand_is_left_alone(postgresql_server):
    from pairs import Place, run_pair

    made = "event.listen(metadata, 'after_create', DDL('CREATE VIEW v AS SELECT id FROM t'))\n"
    table = (
        "metadata = MetaData()\nTable('t', metadata, Column('id', Integer, primary_key=True){})\n"
    )
    outcome = run_pair(
        Place(postgresql_server),
        table.format("") + made,
        table.format(", Index('ix', 'id')"),
    )
    assert "view" not in outcome.text


def test_a_view_made_by_hand_over_one_that_changes_is_made_again(postgresql_server):
    hand = "event.listen(metadata, 'after_create', DDL('CREATE VIEW hand AS SELECT id FROM {}'))\n"
    old = BASE + VIEWS + hand.format("z_below")
    up = change(postgresql_server, old, old.replace("'y%'", "'z'"))
    assert up.index("drop_view('hand')") < up.index("drop_view('z_below')")


def test_a_view_made_by_hand_goes_with_the_table_it_reads(postgresql_server):
    hand = (
        "event.listen(metadata, 'after_create', DDL('CREATE VIEW hand AS SELECT id FROM gone'))\n"
    )
    gone = "Table('gone', metadata, Column('id', Integer, primary_key=True))\n"
    up = change(postgresql_server, BASE + gone + hand, BASE)
    assert up.index("drop_view('hand')") < up.index("drop_table('gone')")
