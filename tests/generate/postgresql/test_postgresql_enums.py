"""Native enums: labels added anywhere, renamed, removed; whatever is made of the type follows."""

from __future__ import annotations

import pytest
from on_server import both_ways, change
from valued import enum, kept, table

from assay.errors import ProcedureStop
from assay.generate.answers import Answers

AB = {"v": ["a", "b", "a"]}


@pytest.mark.parametrize("labels", [("a", "b", "c"), ("z", "a", "b"), ("b", "a")])
def test_labels_added_and_reordered(postgresql_server, labels):
    old, new = (table(f"Column('v', {enum(*ls)})") for ls in (("a", "b"), labels))
    text = kept(postgresql_server, old, new, AB)
    assert f"op.replace_enum('mood', {list(labels)!r})" in text


def test_a_new_label_is_used_at_once(postgresql_server):
    old = table(f"Column('v', {enum('a', 'b')}, server_default='a', nullable=False)")
    new = table(f"Column('v', {enum('a', 'b', 'c')}, server_default='c', nullable=False)")
    kept(postgresql_server, old, new, AB)
    kept(postgresql_server, new, old, AB)


def test_a_renamed_label_is_data_free(postgresql_server):
    old = table(f"Column('v', {enum('a', 'b')}, server_default='b')")
    new = table(f"Column('v', {enum('a', 'its 5% :B')}, server_default='it''s 5% :B')")
    answers = Answers(values={"t.v": {"b": "its 5% :B"}})
    new = new.replace("it''s", "its")
    change(postgresql_server, old, new, answers)
    text = change(postgresql_server, old, new, answers, rows=False)
    assert "op.rename_enum_value('mood', 'b', 'its 5% :B')" in text
    assert "replace_enum" not in text


def test_removed_labels_become_what_was_said(postgresql_server):
    old, new = table(f"Column('v', {enum('a', 'b', 'c')})"), table(f"Column('v', {enum('a', 'd')})")
    answers = Answers(values={"t.v": {"b": "d", "c": None}})
    change(postgresql_server, old, new, answers, rows=False)
    text = kept(postgresql_server, old, new, {"v": ["a", "b", "b"]}, answers, derived=("t.v",))
    assert "op.replace_enum('mood', ['a', 'd'], values={'b': 'd', 'c': None})" in text
    assert "op.replace_enum('mood', ['a', 'b', 'c'], values={'d': 'b'})" in text


def test_swapped_labels_in_an_array(postgresql_server):
    old = table(f"Column('v', ARRAY({enum('a', 'b')}))")
    new = table(f"Column('v', ARRAY({enum('b', 'a')}))")
    answers = Answers(values={"t.v": {"a": "b", "b": "a"}})
    rows = {"v": [["a", "b"], [], None]}
    kept(postgresql_server, old, new, rows, answers, derived=("t.v",))


def test_a_removed_label_that_no_row_holds_needs_no_answer(postgresql_server):
    old = table(f"Column('v', {enum('a', 'b', 'c')}, server_default='c')")
    new = table(f"Column('v', {enum('a', 'b')}, server_default='a')")
    kept(postgresql_server, old, new, AB)


def test_an_answer_that_names_no_label_is_refused(postgresql_server):
    old, new = table(f"Column('v', {enum('a', 'b')})"), table(f"Column('v', {enum('a')})")
    with pytest.raises(ProcedureStop, match="is no label of mood"):
        change(postgresql_server, old, new, Answers(values={"t.v": {"b": "x"}}))


EVERYTHING = """
Table('k', metadata, Column('v', {e}, primary_key=True))
Table('t', metadata, Column('id', Integer, primary_key=True),
    Column('v', {e}, ForeignKey('k.v'), server_default='b', nullable=False),
    Column('more', ARRAY({e}), server_default='{{a,b}}'),
    Column('n', Integer, Computed("CASE WHEN v = 'a' THEN 1 ELSE 2 END", persisted=True), index=True),
    Column('during', postgresql.INT4RANGE),
    CheckConstraint("v <> 'b' OR id > -2147483648", name='ck_v'),
    postgresql.ExcludeConstraint(('during', '&&'), name='ex', using='gist', where=text("v = 'x'")),
    Index('ix_partial', 'id', postgresql_where=text("v = 'a'")),
    Index('ix_v', 'v'))
"""


def test_everything_that_is_made_of_a_type_follows(postgresql_server):
    old, new = (
        EVERYTHING.format(e=enum("a", "b", "x")),
        EVERYTHING.format(e=enum("x", "y", "b", "a")),
    )
    both_ways(postgresql_server, old, new, rows=False)
    change(postgresql_server, old, new)


def test_views_and_policies_over_a_replaced_type(postgresql_server):
    beside = """
for sql in ("CREATE VIEW w AS SELECT * FROM t WHERE v = 'a'", 'CREATE VIEW w2 AS SELECT id FROM w',
        "CREATE POLICY p ON t USING (v = 'a')"):
    event.listen(metadata, 'after_create', DDL(sql))
"""
    old = table(f"Column('v', {enum('a', 'b')})") + beside
    kept(postgresql_server, old, table(f"Column('v', {enum('a', 'b', 'c')})") + beside, AB)


def test_domains_over_a_replaced_type(postgresql_server):
    source = """
e = Enum({labels}, name='mood', metadata=metadata)
d = postgresql.DOMAIN('calm', e, check="VALUE <> 'b'")
Table('t', metadata, Column('id', Integer, primary_key=True), Column('v', e),
    Column('w', d, server_default='a'), Column('x', ARRAY(d)))
"""
    old, new = source.format(labels="'a', 'b'"), source.format(labels="'z', 'b', 'a'")
    kept(postgresql_server, old, new, {"v": ["a", "b"], "w": ["a", "a"]})


def test_types_come_and_go_with_what_uses_them(postgresql_server):
    plain = table("Column('n', Integer)")
    used = table(f"Column('v', {enum('a', 'b')})", f"Column('w', {enum('a', 'b')})", name="u")
    text, _ = both_ways(postgresql_server, plain, plain + used)
    assert text.count("op.create_enum('mood', ['a', 'b'])") == 1
    column = table("Column('n', Integer)", f"Column('v', ARRAY({enum('a', 'b')}))")
    both_ways(postgresql_server, plain, column)


def test_a_type_of_another_name_is_renamed(postgresql_server):
    old = table(f"Column('v', {enum('a', 'b')}, server_default='a', nullable=False)")
    new = old.replace("'mood'", "'My Mood'")
    text = kept(postgresql_server, old, new, AB)
    assert "op.rename_type('mood', 'My Mood')" in text
    assert "alter_column" not in text


def test_a_type_moves_to_another_schema(postgresql_server):
    other = "Table('o', metadata, Column('id', Integer, primary_key=True), schema='app')\n"
    old = table(f"Column('v', {enum('a', 'b')})") + other
    kept(postgresql_server, old, old.replace("name='mood'", "name='mood', schema='app'"), AB)


@pytest.mark.parametrize("default", ["", ", server_default='a', nullable=False"])
def test_text_becomes_an_enum(postgresql_server, default):
    old = table(f"Column('v', String(10){default})")
    new = table(f"Column('v', {enum('a', 'b')}{default})")
    kept(postgresql_server, old, new, AB)
    kept(postgresql_server, new, old, AB)


def test_text_becomes_labels_as_was_said(postgresql_server):
    old, new = table("Column('v', String(10))"), table(f"Column('v', {enum('a', 'b')})")
    answers = Answers(values={"t.v": {"A": "a", "?": None}})
    kept(postgresql_server, old, new, {"v": ["A", "b"]}, answers)
