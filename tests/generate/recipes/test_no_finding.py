"""Whatever generation writes online, reviewed again, shows no finding: not of locks, nor of anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_use import accept, in_use

from assay.generate.answers import Answers

PARENTS = (
    'parents = sa.Table("parents", metadata, sa.Column("id", sa.BigInteger, primary_key=True))\n'
)
ROWS = (
    "INSERT INTO parents VALUES (1), (2), (3)",
    "INSERT INTO items (id, parent_id, a, name) VALUES (1, 1, 1, 'x'), (2, 2, 2, 'y'), (3, 3, 3, 'z')",
)
GIVEN = {
    # whoever runs the old code and inserts no value for it fails, whatever the form: a person says
    "not null": "items.a",
    "not null with backfill": "items.b",
    "another primary key": "items.name",
}
# the server has no form of it in which rows are looked at while others write
ON_MARIADB = {case: ["locks/check-blocks"] for case in ("check", "another check")}
ON_SQLITE = {
    # each of these copies the table, while the file is locked: the server has nothing else
    **{
        case: ["locks/rewrite"]
        for case in ("check", "foreign key", "not null", "primary key", "unique")
    },
    "not null with backfill": ["locks/every-row-updated", "locks/rewrite"],
}


def items(*more: str, a: str = "", name: str = "", key: bool = True) -> str:
    """The models: each table has a ``bigint`` key, the foreign key's column an index."""
    columns = [
        f'sa.Column("id", sa.BigInteger, nullable=False, primary_key={key}, autoincrement=False)',
        'sa.Column("parent_id", sa.BigInteger, index=True)',
        f'sa.Column("a", sa.Integer{a})',
        f'sa.Column("name", sa.String(50){name})',
        *more,
    ]
    return PARENTS + f'items = sa.Table("items", metadata, {", ".join(columns)})\n'


FOREIGN_KEY = 'sa.ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk")'
INDEX = 'sa.Index("ix_a", "a")'
CHECK = "sa.CheckConstraint('a > -10', name='positive')"
REQUIRED = 'sa.Column("b", sa.Integer, nullable=False)'
CONSTANT = 'sa.Column("b", sa.Integer, nullable=False, server_default="7")'
UNIQUE = 'sa.UniqueConstraint("a", name="uq")'

EVERYWHERE = {
    "index created": (items(), items(INDEX)),
    "index dropped": (items(INDEX), items()),
    "foreign key": (items(), items(FOREIGN_KEY)),
    "check": (items(), items(CHECK)),
    "not null": (items(), items(a=", nullable=False")),
    "not null with backfill": (items(), items(REQUIRED)),
    "unique": (items(), items(UNIQUE)),
    "primary key": (items(key=False), items()),
    "constant default": (items(), items(CONSTANT)),
    "nullable column": (items(), items('sa.Column("b", sa.Integer)')),
}


def moods(*labels: str) -> str:
    """The models with an enum column."""
    return items(f'sa.Column("mood", sa.Enum({", ".join(map(repr, labels))}, name="mood"))')


CHANGED = {
    "another index": (items(INDEX), items('sa.Index("ix_a", "a", "name")')),
    "another unique": (items(UNIQUE), items('sa.UniqueConstraint("a", "name", name="uq")')),
    "another primary key": (
        items('sa.PrimaryKeyConstraint("id", name="pk")', key=False),
        items(
            'sa.PrimaryKeyConstraint("name", "id", name="pk")', key=False, name=", nullable=False"
        ),
    ),
    "another check": (items(CHECK), items("sa.CheckConstraint('a > 0', name='positive')")),
}
POSTGRESQL = {
    **EVERYWHERE,
    **CHANGED,
    "volatile default": (
        items(),
        items(
            'sa.Column("u", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))'
        ),
    ),
    "enum value": (moods("b"), moods("a", "b")),
    "another foreign key": (items(FOREIGN_KEY), items(FOREIGN_KEY[:-1] + ", deferrable=True)")),
}
# made in the same change as what refers to it: neither is "in use" before it
NEW_PARENT = (
    'owners = sa.Table("owners", metadata, sa.Column("id", sa.BigInteger, primary_key=True))\n'
)
OWNED = items(
    'sa.Column("owner_id", sa.BigInteger)',
    'sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name="fk_owner")',
)
MARIADB = {
    **EVERYWHERE,
    **CHANGED,
    "another foreign key": (
        items(FOREIGN_KEY),
        items(FOREIGN_KEY[:-1] + ', ondelete="SET NULL")'),
    ),
    "enum value": (moods("b"), moods("b", "c")),
    "several": (
        items('sa.Index("ix_name", "name")'),
        items(CONSTANT, 'sa.Column("c", sa.Integer)', UNIQUE, FOREIGN_KEY),
    ),
    "table referred to": (items(), NEW_PARENT + OWNED),
}


def answers(case: str) -> Answers:
    """What is said of rows, and of the releases that run."""
    fills = {
        "not null": {"items.a": "0"},
        "not null with backfill": {"items.b": "coalesce(a, 0) + 1"},
        "another primary key": {"items.name": "''"},
    }
    given = (GIVEN[case],) if case in GIVEN else ()
    return Answers(backfill=fills.get(case, {}), given=given)


def said(case: str) -> list[str]:
    """The waivers that what was said is written as."""
    return [f"compatibility/value-required {GIVEN[case]}"] if case in GIVEN else []


@pytest.mark.parametrize("case", POSTGRESQL)
def test_on_postgresql(case: str, postgresql_server: str, tmp_path: Path) -> None:
    old, new = POSTGRESQL[case]
    with in_use(postgresql_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, answers(case))
        assert (project.findings, project.waived) == ([], said(case))
        accept(project)


@pytest.mark.parametrize("case", MARIADB)
def test_on_mariadb(case: str, mariadb_server: str, tmp_path: Path) -> None:
    old, new = MARIADB[case]
    with in_use(mariadb_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, answers(case))
        assert (project.findings, project.waived) == (ON_MARIADB.get(case, []), said(case))
        accept(project)


@pytest.mark.parametrize("case", EVERYWHERE)
def test_on_sqlite(case: str, tmp_path: Path) -> None:
    """There is no other form there: whoever writes locks the file."""
    old, new = EVERYWHERE[case]
    with in_use("sqlite://", tmp_path / "app", old, *ROWS) as project:
        project.change(new, answers(case))
        assert (project.findings, project.waived) == (ON_SQLITE.get(case, []), said(case))
        accept(project)
