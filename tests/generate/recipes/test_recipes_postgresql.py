"""Each recipe on a real PostgreSQL server: the safe form leads there and back, and blocks nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_use import accept, in_use

from assay.generate.answers import Answers

PARENTS = 'parents = sa.Table("parents", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'
ROWS = (
    "INSERT INTO parents SELECT i FROM generate_series(1, 3000) i",
    "INSERT INTO items SELECT i, mod(i, 3) + 1, i, 'x' || i FROM generate_series(1, 3000) i",
    "ANALYZE",
)


def items(
    *more: str, a: str = "", name: str = "", key: bool = True, primary: str | None = None
) -> str:
    """The models: ``items`` with a few columns, and what a case adds.

    :param primary: the columns of a key with a name; ``id`` is the key without.
    """
    if primary is not None:
        key, named = False, "" if "name=" in primary else ', name="pk"'
        more = (*more, f"sa.PrimaryKeyConstraint({primary}{named})")
    columns = [
        f'sa.Column("id", sa.Integer, nullable=False, primary_key={key})',
        'sa.Column("parent_id", sa.Integer)',
        f'sa.Column("a", sa.Integer{a})',
        f'sa.Column("name", sa.String(50){name})',
        *more,
    ]
    return PARENTS + f'items = sa.Table("items", metadata, {", ".join(columns)})\n'


CASES = {
    "index": (items(), items('sa.Index("ix_a", "a")'), "CREATE INDEX CONCURRENTLY"),
    "unique index": (
        items(),
        items('sa.Index("ix_a", "a", unique=True, postgresql_where=sa.text("a > 0"))'),
        "CREATE UNIQUE INDEX CONCURRENTLY",
    ),
    "expression index": (
        items(),
        items('sa.Index("ix_l", sa.text("lower(name) DESC"), postgresql_include=["a"])'),
        "CREATE INDEX CONCURRENTLY",
    ),
    "index drop": (items('sa.Index("ix_a", "a")'), items(), "DROP INDEX CONCURRENTLY"),
    "another index": (
        items('sa.Index("ix_a", "a")'),
        items('sa.Index("ix_a", "a", "name")'),
        "ALTER INDEX ix_a RENAME TO ix_a_replaced",
    ),
    "another unique": (
        items('sa.UniqueConstraint("a", name="uq")'),
        items('sa.UniqueConstraint("a", "name", name="uq")'),
        "ALTER INDEX uq RENAME TO uq_replaced",
    ),
    "another primary key": (
        items(a=", nullable=False", primary='"id"'),
        items(a=", nullable=False", primary='"a", "id"'),
        "ALTER TABLE items DROP CONSTRAINT pk, ADD CONSTRAINT pk PRIMARY KEY USING INDEX assay_key_",
    ),
    "a primary key of another name, of a column not filled before": (
        items(primary='"id", name="former"'),
        items(
            'sa.Column("b", sa.BigInteger, nullable=False, server_default="7")', primary='"id", "b"'
        ),
        "ALTER TABLE items DROP CONSTRAINT former, ADD CONSTRAINT pk PRIMARY KEY USING INDEX assay_key_",
    ),
    "another check": (
        items("sa.CheckConstraint('a > -1', name='positive')"),
        items("sa.CheckConstraint('a > 0', name='positive')"),
        "ALTER TABLE items RENAME CONSTRAINT positive TO positive_replaced",
    ),
    "another foreign key": (
        items('sa.ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk")'),
        items('sa.ForeignKeyConstraint(["id"], ["parents.id"], name="fk", ondelete="CASCADE")'),
        "ALTER TABLE items RENAME CONSTRAINT fk TO fk_replaced",
    ),
    "index to unique": (
        items('sa.Index("ix_a", "a")'),
        items('sa.UniqueConstraint("a", name="ix_a")'),
        "UNIQUE USING INDEX",
    ),
    "foreign key": (
        items(),
        items('sa.ForeignKeyConstraint(["id"], ["parents.id"], name="fk", ondelete="CASCADE")'),
        "NOT VALID",
    ),
    "check": (
        items(),
        items("sa.CheckConstraint(\"a > -1000000000 AND name <> ':x %'\", name='positive')"),
        "NOT VALID",
    ),
    "not null": (items(), items(a=", nullable=False"), "VALIDATE CONSTRAINT assay_not_null_"),
    "not null and a default": (
        items(),
        items(a=", nullable=False, server_default='7'"),
        "VALIDATE CONSTRAINT assay_not_null_",
    ),
    "unique": (items(), items('sa.UniqueConstraint("a", name="uq")'), "UNIQUE USING INDEX"),
    "deferrable unique": (
        items(),
        items('sa.UniqueConstraint("a", name="uq", deferrable=True, initially="DEFERRED")'),
        "UNIQUE USING INDEX uq DEFERRABLE INITIALLY DEFERRED",
    ),
    "primary key": (items(key=False), items(), "PRIMARY KEY USING INDEX"),
    "volatile default": (
        items(),
        items(
            'sa.Column("u", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))'
        ),
        "ALTER COLUMN u SET DEFAULT gen_random_uuid()",
    ),
}


def moods(*labels: str, more: str = "") -> str:
    """The models with an enum column."""
    values = ", ".join(map(repr, labels))
    return items(f'sa.Column("mood", sa.Enum({values}, name="mood"){more})')


CASES["enum values"] = (
    moods("b", "d"),
    moods("a", "b", "c", "d", "e", more=", server_default='e'"),
    "ALTER TYPE mood ADD VALUE 'a' BEFORE 'b'",
)


@pytest.mark.parametrize("case", CASES)
def test_the_safe_form_leads_there_and_back_and_blocks_nobody(
    case: str, postgresql_server: str, tmp_path: Path
) -> None:
    old, new, shown = CASES[case]
    fill = Answers(backfill={"items.a": "0"}) if case == "not null" else Answers()
    with in_use(postgresql_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, fill)
        assert any(shown in statement for statement in project.statements), project.statements
        assert project.lock_findings == []
        accept(project)


@pytest.mark.parametrize("case", CASES)
def test_without_it_somebody_waits(case: str, postgresql_server: str, tmp_path: Path) -> None:
    old, new, _ = CASES[case]
    fill = Answers(backfill={"items.a": "0"}) if case == "not null" else Answers()
    with in_use(postgresql_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, fill, over=None)
        assert len(project.texts) == 1
        assert "online" not in project.texts[0]
        assert project.lock_findings != []
