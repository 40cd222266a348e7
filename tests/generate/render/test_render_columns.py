"""Every column: rendered, evaluated, its DDL is that of the original."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from rendered import ENGINES, context_for, evaluated
from sqlalchemy.schema import conv
from sqlalchemy.sql.elements import quoted_name

from assay.generate.render import render_column, render_constraint
from assay.generate.render.ddl import column_ddl
from assay.project.compat.constructs import copy_column

SEQUENCE = sa.Sequence("numbers")


def defaults():
    yield from ("abc", "", "'quoted'", "it's", "100%", "a:b :c", "back\\slash", "{}", "0", "now()")
    yield from ("line\nnext", "é\t☃", '{"a": "b:c"}', "null")
    yield from map(
        sa.text,
        (
            "0",
            "-1.5",
            "1 + 1",
            "(1 + 1)",
            "now()",
            "CURRENT_TIMESTAMP",
            "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
            "'{}'::jsonb",
            "'x\\:y \\:z'",
            "'100%'",
            "ARRAY[1, 2]::int[]",
            "'it''s'",
            "E'a\\nb'",
            "(datetime('now', 'localtime'))",
            "true",
            "NULL",
        ),
    )
    yield from (sa.true(), sa.false(), sa.null(), sa.literal("x:y%"), sa.literal(3) + 4)
    yield from (sa.func.now(), sa.func.current_timestamp(), sa.func.current_date())
    yield from (sa.func.concat("a%", "b\\c:d"), sa.func.coalesce(None, 3), sa.func.random())
    yield from (sa.cast("5", sa.Integer), sa.literal_column("'5%'"), sa.text(":a").bindparams(a=3))
    yield sa.text("' :a' || '%s'")


def columns():
    for number, default in enumerate(defaults()):
        yield sa.Column(f"d{number}", sa.String(40), server_default=default)
    yield sa.Column("a", sa.Integer)
    yield sa.Column("a", sa.Integer, nullable=False)
    yield sa.Column("a", sa.Integer, key="other", comment="it's 5% of a:b\\")
    yield sa.Column("a", sa.Integer, unique=True, index=True)
    yield sa.Column("a", sa.Integer, sa.ForeignKey("other.id"))
    yield sa.Column("a", sa.Integer, sa.FetchedValue())
    yield sa.Column("a", sa.DateTime, server_onupdate=sa.FetchedValue())
    yield sa.Column("a", sa.Integer, sqlite_on_conflict_not_null="FAIL", nullable=False)
    yield sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0", name="ck_a"))
    yield sa.Column(
        "a",
        sa.Integer,
        sa.CheckConstraint("a % 2 = 0"),
        sa.CheckConstraint("'x\\:y' <> ' \\:z'", name=conv("ck_b")),
        nullable=False,
    )
    yield sa.Column("a", sa.Integer, sa.Computed("b + 1"))
    yield sa.Column("a", sa.Integer, sa.Computed("b % 2 + length(' \\:x')", persisted=True))
    yield sa.Column("a", sa.Integer, sa.Computed(sa.column("b") + sa.literal("x%"), persisted=True))
    yield sa.Column("a", sa.Integer, sa.Identity())
    yield sa.Column("a", sa.BigInteger, sa.Identity(always=True, start=5, increment=-2, cycle=True))
    yield sa.Column("a", sa.Integer, sa.Identity(minvalue=1, maxvalue=9, cache=4, nominvalue=None))
    yield sa.Column("a", sa.Integer, sa.Identity(nominvalue=True, nomaxvalue=True), nullable=True)
    yield sa.Column("a", sa.Boolean(create_constraint=True, name="ck_a"), server_default=sa.true())
    yield sa.Column(quoted_name("MiXed", quote=False), sa.Integer)
    yield sa.Column(quoted_name("plain", quote=True), sa.Integer)
    yield sa.Column("Weird 5% \"name`':x", sa.Integer)
    yield sa.Column("select", sa.Integer)
    for autoincrement in ("auto", True, False, "ignore_fk"):
        yield sa.Column("id", sa.Integer, primary_key=True, autoincrement=autoincrement)
    yield sa.Column("id", sa.String(3), primary_key=True)
    yield sa.Column("id", sa.Integer, primary_key=True, default=lambda: 1)
    yield sa.Column("id", sa.Integer, SEQUENCE, primary_key=True)
    yield sa.Column("id", sa.Integer, primary_key=True, server_default="3")


COLUMNS = list(columns())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("number", range(len(COLUMNS)))
def test_the_same_ddl(number, engine):
    column = copy_column(COLUMNS[number])
    sa.Table("t", sa.MetaData(), column, *others(column))
    context = context_for(engine)
    wanted = column_ddl(column, context.dialect)
    assert wanted is not None
    text = render_column(context, column)
    made = evaluated(text, context)
    assert column_ddl(made, context.dialect, primary_key=column.primary_key) == wanted
    assert not made.primary_key
    assert not made.foreign_keys
    assert (made.unique, made.index) == (None, None)
    assert made.comment == column.comment


def others(column):
    return [] if column.name == "b" else [sa.Column("b", sa.Integer)]


def test_a_sequence_default():
    context = context_for("postgresql")
    column = sa.Column("n", sa.Integer, server_default=SEQUENCE.next_value())
    sa.Table("t", sa.MetaData(), column)
    assert "sa.text(\"nextval('numbers')\")" in render_column(context, column)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (
            sa.Column("age", sa.Integer, sa.CheckConstraint("age >= 0", name="ck_age")),
            "sa.Column('age', sa.Integer(), sa.CheckConstraint('age >= 0', name='ck_age'), "
            "nullable=True)",
        ),
        (
            sa.Column("at", sa.DateTime, server_default=sa.func.now(), nullable=False),
            "sa.Column('at', sa.DateTime(), server_default=sa.func.now(), nullable=False)",
        ),
        (
            sa.Column("v", sa.Integer, sa.Computed("a + b", persisted=True), comment="sum"),
            "sa.Column('v', sa.Integer(), sa.Computed('a + b', persisted=True), nullable=True, "
            "comment='sum')",
        ),
    ],
    ids=["check", "default", "computed"],
)
def test_how_they_read(column, text):
    assert render_column(context_for("postgresql"), column) == text


def test_names_that_a_convention_made_are_final():
    """Run with the same convention, ``op.f`` keeps them from being made twice."""
    convention = {"ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s"}
    table = sa.Table(
        "t",
        sa.MetaData(naming_convention=convention),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("n", sa.Integer, sa.CheckConstraint("n > 0", name="positive")),
        sa.Column("b", sa.Boolean(create_constraint=True, name="bool")),
        sa.CheckConstraint("n < 9", name="small", deferrable=True, initially="DEFERRED"),
    )
    context = context_for("sqlite", table.metadata)
    assert "name=op.f('ck_t_positive')" in render_column(context, table.c.n)
    # the type makes its CHECK again, and the convention its name
    assert "name='bool'" in render_column(context, table.c.b)
    rendered = {render_constraint(context, c) for c in table.constraints}
    assert rendered == {
        None,
        "sa.PrimaryKeyConstraint('id', name=op.f('pk_t'))",
        "sa.CheckConstraint('n < 9', name=op.f('ck_t_small'), deferrable=True, "
        "initially='DEFERRED')",
    }


def test_options_of_a_primary_key():
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk", sqlite_on_conflict="ROLLBACK", deferrable=True),
    )
    assert render_constraint(context_for("sqlite"), table.primary_key) == (
        "sa.PrimaryKeyConstraint('id', name='pk', deferrable=True, sqlite_on_conflict='ROLLBACK')"
    )


def test_the_projects_own_answers_are_used_inside_a_column():
    def own(kind, found, _context):
        if kind == "server_default" and isinstance(found, sa.DefaultClause):
            return "mine.default()"
        return "mine.Type()" if kind == "type" and isinstance(found, sa.Text) else False

    context = context_for("postgresql", render_item=own)
    column = sa.Column("a", sa.Text, server_default="x")
    assert render_column(context, column) == (
        "sa.Column('a', mine.Type(), server_default=mine.default(), nullable=True)"
    )
