"""Planted faults of reversal: each is found, on real servers, and a right revision passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.prove.reversal import Reversal
from assay.prove.walk import walk
from small_project import lay_out, opened, revision

BASE_UP = """
op.create_table(
    "p", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("code", sa.String(9), unique=True)
)
op.create_table(
    "t",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("a", sa.String(20), nullable=False),
    sa.Column("n", sa.Integer(), nullable=True),
    sa.Column("d", sa.Integer(), server_default="7"),
    sa.Column("p_id", sa.Integer(), sa.ForeignKey("p.id", name="fk_t_p")),
    sa.CheckConstraint("n > -5", name="ck_t_n"),
)
op.create_index("ix_t_a", "t", ["a"])
"""
BASE_DOWN = 'op.drop_table("t")\nop.drop_table("p")'

# name: upgrade, downgrade, what is said (kind of the object that differs, or the step that raises)
FAULTS = {
    "other nullability": (
        'op.drop_index("ix_t_a", "t")\nwith op.batch_alter_table("t") as b: b.drop_column("a")',
        'with op.batch_alter_table("t") as b: b.add_column(sa.Column("a", sa.String(20)))\n'
        'op.create_index("ix_t_a", "t", ["a"])',
        "column t.a",
    ),
    "other type": (
        'with op.batch_alter_table("t") as b: b.drop_column("d")',
        'with op.batch_alter_table("t") as b:\n'
        '    b.add_column(sa.Column("d", sa.BigInteger(), server_default="7"))',
        "column t.d",
    ),
    "index not made again": ('op.drop_index("ix_t_a", "t")', "pass", "index t.ix_t_a"),
    "foreign key not made again": (
        'with op.batch_alter_table("t") as b: b.drop_constraint("fk_t_p", type_="foreignkey")',
        "pass",
        "foreign key t.fk_t_p",
    ),
    "default not restored": (
        'with op.batch_alter_table("t") as b:\n'
        '    b.alter_column("d", existing_type=sa.Integer(), server_default=None)',
        "pass",
        "column t.d",
    ),
    "view left": (
        'op.execute("CREATE VIEW v AS SELECT 1 AS one")',
        "pass",
        "view v",
    ),
    "check left": (
        'with op.batch_alter_table("t") as b: b.create_check_constraint("ck_t_d", "d > 0")',
        "pass",
        "check t.ck_t_d",
    ),
    "table left": (
        'op.create_table("left", sa.Column("id", sa.Integer(), primary_key=True))',
        "pass",
        "table left",
    ),
    "column left": (
        'op.add_column("t", sa.Column("x", sa.Integer()))',
        "pass",
        "column t.x",
    ),
    "downgrade raises": (
        'op.add_column("t", sa.Column("x", sa.Integer()))',
        'raise NotImplementedError("no way back")',
        "downgrade",
    ),
    "second upgrade raises": (
        'op.execute("CREATE TABLE once (id INTEGER)")',
        "pass",
        "second upgrade",
    ),
}
POSTGRESQL_ONLY = {
    "enum type left": (
        'op.add_column("t", sa.Column("x", sa.Integer()))\nop.execute("CREATE TYPE mood AS ENUM (\'a\')")',
        'op.drop_column("t", "x")',
        "enum mood",
    ),
    "commits by itself and leaves an index": (
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("ix_t_n", "t", ["n"], postgresql_concurrently=True)',
        "pass",
        "index t.ix_t_n",
    ),
}
RIGHT = (
    'with op.batch_alter_table("t") as b:\n'
    '    b.add_column(sa.Column("y", sa.Integer(), server_default="1", nullable=False))\n'
    '    b.create_index("ix_t_y", ["y"])',
    'with op.batch_alter_table("t") as b:\n    b.drop_index("ix_t_y")\n    b.drop_column("y")',
)


def walked(folder: Path, url: str, up: str, down: str, rows: int = 0) -> tuple[Reversal, ...]:
    revisions = {
        "a.py": revision(BASE_UP, BASE_DOWN, "a"),
        "b.py": revision(up, down, "b", "a"),
        "c.py": revision(*RIGHT, "c", "b"),
    }
    lay_out(folder, url=url, revisions=revisions)
    with opened(folder) as session:
        at = session.before(session.project.history.revisions[0])
        return walk(
            session.project, session.shadows, at, session.project.history.revisions, rows=rows
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A real database's URL of each dialect that must never be reached."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/never.db"
    return "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"


def said(result: Reversal) -> set[str]:
    found = {d.object.label for d in (*result.after_down, *result.after_second_up)}
    return found | ({result.raised.step} if result.raised else set())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_the_walk_goes_on(
    tmp_path: Path, url: str, fault: str
) -> None:
    up, down, wanted = FAULTS[fault]
    first, second, third = walked(tmp_path, url, up, down)
    assert first.reverses
    assert not second.reverses
    assert wanted in said(second)
    assert third.reverses, said(third)
    assert not (tmp_path / "never.db").exists()


@pytest.mark.parametrize("fault", POSTGRESQL_ONLY)
def test_a_planted_fault_on_postgresql(tmp_path: Path, fault: str) -> None:
    up, down, wanted = POSTGRESQL_ONLY[fault]
    url = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"
    _, second, third = walked(tmp_path, url, up, down)
    assert wanted in said(second)
    assert third.reverses, said(third)


def test_a_right_revision_that_commits_by_itself_reverses(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"
    block = "with op.get_context().autocommit_block():\n    "
    _, second, third = walked(
        tmp_path,
        url,
        block + 'op.create_index("ix_t_n", "t", ["n"], postgresql_concurrently=True)',
        block + 'op.drop_index("ix_t_n", "t", postgresql_concurrently=True)',
    )
    assert second.reverses
    assert second.own_transactions
    assert third.reverses


def test_rows_show_what_an_empty_table_hides(tmp_path: Path, url: str) -> None:
    up = (
        'with op.batch_alter_table("t") as b:\n'
        '    b.alter_column("n", nullable=False, existing_type=sa.Integer())'
    )
    down = up.replace("nullable=False", "nullable=True")
    (tmp_path / "empty").mkdir()
    (tmp_path / "rows").mkdir()
    assert walked(tmp_path / "empty", url, up, down)[1].reverses
    result = walked(tmp_path / "rows", url, up, down, rows=3)[1]
    assert result.raised is not None
    assert result.raised.step == "upgrade"


def test_a_failing_upgrade_ends_the_walk(tmp_path: Path, url: str) -> None:
    results = walked(tmp_path, url, 'op.drop_table("not_there")', "pass")
    assert [r.upgraded for r in results] == [True, False]
    assert results[1].raised is not None
    assert "b.py" in str(results[1].raised.where)


def test_hand_written_ddl_is_told_from_data_by_effect(tmp_path: Path, url: str) -> None:
    up = (
        "op.execute(\"INSERT INTO p (id, code) VALUES (1, 'DROP p')\")\n"
        'op.get_bind().execute(sa.text("CREATE INDEX ix_by_hand ON t (n)"))\n'
        'op.add_column("t", sa.Column("x", sa.Integer()))'
    )
    down = 'op.drop_column("t", "x")\nop.drop_index("ix_by_hand", "t")\nop.execute("DELETE FROM p")'
    result = walked(tmp_path, url, up, down)[1]
    assert result.reverses, repr(result.raised)
    assert [(h.direction, h.sql) for h in result.hand_written] == [
        ("upgrade", "CREATE INDEX ix_by_hand ON t (n)")
    ]
    assert result.hand_written[0].line == 8


def test_ddl_inside_a_do_block_is_seen(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"
    up = "op.execute(\"DO $$ BEGIN EXECUTE 'CREATE TABLE hidden (id int)'; END $$\")"
    result = walked(tmp_path, url, up, 'op.drop_table("hidden")')[1]
    assert len(result.hand_written) == 1
