"""Generated columns, domains, and what must step aside while a column's type changes."""

from __future__ import annotations

import pytest
from on_server import both_ways, change
from valued import kept, table

BASE = "Column('a', Integer)"


def computed(expression: str, more: str = "", kind: str = "Integer") -> str:
    """A generated column."""
    return f"Column('g', {kind}, Computed({expression!r}, persisted=True){more})"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (computed("a + 1", ", index=True"), computed("a + 2", ", index=True")),
        (computed("a + 1"), computed("a + 1", ", nullable=False, comment='x'")),
        (computed("a + 1"), computed("a + 1", kind="BigInteger")),
        (computed("a + 1", ", unique=True"), "Column('g', Integer, unique=True)"),
        (computed("a"), "Column('g', BigInteger, nullable=False, server_default='4', comment='c')"),
    ],
)
def test_generated_columns_change(postgresql_server, old, new):
    one, other = table(BASE, old), table(BASE, new)
    derived = ("t.g",) if "a + 2" in new else ()
    kept(postgresql_server, one, other, {"a": [1, 2, 3]}, derived=derived)
    change(postgresql_server, other, one, rows=False)


def test_generated_columns_come_and_go_with_what_they_are_computed_from(postgresql_server):
    new = table(
        BASE,
        "Column('b', String(20), nullable=False, server_default='x')",
        computed("b || ' 100% :x'", ", unique=True, nullable=False", "Text"),
    )
    both_ways(postgresql_server, table(BASE), new, rows=False)
    change(postgresql_server, new, table(BASE), rows=False)


def test_a_generated_column_keeps_its_values_when_it_becomes_plain(postgresql_server):
    text = change(
        postgresql_server, table(BASE, computed("1")), table(BASE, "Column('g', Integer)")
    )
    assert "op.drop_expression('t', 'g')" in text


HANGING = """
for sql in ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        'CREATE VIEW w AS SELECT id, a FROM t', 'CREATE VIEW w2 AS SELECT count(a) AS n FROM w',
        'CREATE MATERIALIZED VIEW m AS SELECT a FROM t', 'CREATE INDEX m_a ON m (a)',
        'CREATE TRIGGER tg BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 3) EXECUTE FUNCTION f()',
        'CREATE POLICY p ON t USING (a > 3)'):
    event.listen(metadata, 'after_create', DDL(sql))
"""


def test_what_hangs_on_a_column_steps_aside(postgresql_server):
    generated = computed("a * 2", ", index=True")
    old = table(BASE, generated) + HANGING
    text = kept(
        postgresql_server, old, old.replace(BASE, "Column('a', BigInteger)"), {"a": [1, None]}
    )
    assert "op.drop_view('w2')" in text
    text = change(
        postgresql_server,
        table(BASE, "Column('n', Integer)") + HANGING,
        table(BASE, "Column('n', BigInteger)") + HANGING,
        rows=False,
    )
    assert "view" not in text


POSITIVE = "postgresql.DOMAIN('positive', Integer, check='VALUE > 0')"


@pytest.mark.parametrize(
    "new",
    [
        POSITIVE.replace("> 0", ">= 0"),
        POSITIVE.replace("> 0'", "> 0', constraint_name='is_positive'"),
        POSITIVE.replace("> 0'", "> 0', not_null=True, default=text('3')"),
        POSITIVE.replace("Integer", "BigInteger"),
        POSITIVE.replace("'positive'", "'My Domain'"),
        "Integer",
        "String(20)",
    ],
)
def test_domains_change(postgresql_server, new):
    old = table(f"Column('v', {POSITIVE})")
    kept(postgresql_server, old, table(f"Column('v', {new})"), {"v": [1, 22]})
    kept(postgresql_server, table(f"Column('v', {new})"), old, {"v": [_as(new, 1), _as(new, 22)]})


def _as(kind: str, value: int) -> int | str:
    return str(value) if kind.startswith("String") else value


def test_domains_come_and_go_with_what_uses_them(postgresql_server):
    plain = table("Column('n', Integer)")
    text, _ = both_ways(
        postgresql_server, plain, plain + table(f"Column('v', {POSITIVE})", name="u"), rows=False
    )
    assert "op.create_domain('positive', 'integer'" in text
    default = f"Column('v', {POSITIVE}, server_default='4', nullable=False)"
    both_ways(postgresql_server, plain, table("Column('n', Integer)", default))
