"""MySQL and MariaDB: the cheapest form that the server accepts is stated, and refused where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from in_use import accept, in_use

ROWS = (
    "INSERT INTO parents VALUES (1), (2)",
    "INSERT INTO items VALUES (1, 1, 5, 'x'), (2, 2, 6, 'y')",
)
PARENTS = 'parents = sa.Table("parents", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'


def items(*more: str, a: str = "sa.Integer", name: int = 50) -> str:
    """The models: ``items`` with a few columns, and what a case adds."""
    columns = [
        'sa.Column("id", sa.Integer, primary_key=True)',
        'sa.Column("parent_id", sa.Integer)',
        f'sa.Column("a", {a})',
        f'sa.Column("name", sa.String({name}))',
        *more,
    ]
    return PARENTS + f'items = sa.Table("items", metadata, {", ".join(columns)})\n'


STATED = {
    "column": (items(), items('sa.Column("b", sa.Integer)'), "'INSTANT'"),
    "index": (items(), items('sa.Index("ix_a", "a")'), "'INPLACE', 'NONE'"),
    "index drop": (items('sa.Index("ix_a", "a")'), items(), "'INPLACE', 'NONE'"),
    "unique": (items(), items('sa.UniqueConstraint("a", name="uq")'), "'INPLACE', 'NONE'"),
    "wider": (items(), items(name=60), "'INSTANT'"),
}


@pytest.mark.parametrize("case", STATED)
def test_the_cheapest_form_is_stated(case: str, mariadb_server: str, tmp_path: Path) -> None:
    old, new, form = STATED[case]
    with in_use(mariadb_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new)
        (text,) = project.texts
        upgrade = text[text.index("def upgrade") : text.index("def downgrade")]
        assert f"with op.stating({form}):" in upgrade
        assert project.lock_findings == []
        accept(project)


@pytest.mark.parametrize(
    "new",
    [items(a="sa.BigInteger"), items("sa.CheckConstraint('a > 0', name='positive')")],
    ids=["type", "check"],
)
def test_what_only_a_copy_can_do_stays_plain(new: str, mariadb_server: str, tmp_path: Path) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(new)
        (text,) = project.texts
        assert "stating" not in text[text.index("def upgrade") : text.index("def downgrade")]
        assert project.lock_findings != []
        accept(project)


def test_a_server_that_would_copy_refuses(mariadb_server: str, tmp_path: Path) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items('sa.Column("b", sa.Integer)'))
        assert project.written is not None
        path = project.written.paths[0]
        text = path.read_text()
        path.write_text(
            text.replace(
                "sa.Integer(), nullable=True", "sa.Integer(), sa.Computed('a + 1', persisted=True)"
            )
        )
        before = project.catalog
        with pytest.raises(sa.exc.OperationalError, match="ALGORITHM=INSTANT is not supported"):
            project.upgrade()
        assert project.catalog.objects == before.objects


def test_the_sql_file_says_it_too(
    mariadb_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_use(mariadb_server, tmp_path / "app", items('sa.Index("ix_a", "a")'), *ROWS) as project:
        project.change(items('sa.Column("b", sa.Integer)'))
        env = project.folder / "migrations" / "env.py"
        env.write_text(
            "from alembic import context\n"
            "context.configure(url=context.config.get_main_option('sqlalchemy.url'))\n"
            "with context.begin_transaction():\n    context.run_migrations()\n"
        )
        from alembic import command

        command.upgrade(project.config, "b0:head", sql=True)
        said = capsys.readouterr().out
        assert "ADD COLUMN b INTEGER, ALGORITHM=INSTANT;" in said
        assert "ALTER TABLE items DROP INDEX ix_a, ALGORITHM=INPLACE, LOCK=NONE;" in said
