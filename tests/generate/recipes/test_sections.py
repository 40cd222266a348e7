"""A change cut into revisions: where, and what holds between two of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from in_use import HEAD, InUse, accept, in_use
from test_recipes_postgresql import ROWS, items

from assay.generate.answers import Answers

NEW = items(
    'sa.Column("b", sa.Integer, nullable=False)',
    'sa.Column("c", sa.Integer, sa.ForeignKey("parents.id", name="fk_c"), index=True)',
    'sa.UniqueConstraint("a", name="uq_a")',
)
FILL = Answers(backfill={"items.b": "coalesce(a, 0) + 1"})


def env(connect: str, source: str) -> str:
    """An ``env.py`` whose migrations all run in one transaction."""
    return (
        "from alembic import context\n" + HEAD + source + "\n"
        "engine = sa.create_engine(context.config.get_main_option('sqlalchemy.url'))\n"
        f"with {connect} as connection:\n"
        "    context.configure(connection=connection, target_metadata=metadata)\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
    )


def with_env(project: InUse, connect: str) -> None:
    """Give the project that ``env.py`` from now on."""
    project.models = lambda source: _write(project, env(connect, source))  # type: ignore[method-assign]


def _write(project: InUse, text: str) -> None:
    (project.folder / "migrations" / "env.py").write_text(text)


def test_locks_rows_and_what_runs_outside_of_a_transaction_are_apart(
    postgresql_server: str, tmp_path: Path
) -> None:
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(NEW, FILL)
        assert project.written is not None
        assert project.written.plain_because is None
        locks, rows, online = project.texts
        assert "SET LOCAL lock_timeout" in locks
        assert "add_column('items'" in locks
        assert 'op.backfill_online("items", "b", "coalesce(a, 0) + 1")' in rows
        assert "own_transaction" in rows
        for name in (
            "set_not_null",
            "create_unique_constraint",
            "create_index",
            "create_foreign_key",
        ):
            assert f"op.{name}_online(" in online
        found = [[f.rule for f in review.findings] for review in project.reviews]
        assert found == [[], [], ["compatibility/value-required"]]
        accept(project)


def test_what_was_locked_is_released_before_rows_are_filled(
    postgresql_server: str, tmp_path: Path
) -> None:
    """All revisions of a run in one transaction is how Alembic lays out an ``env.py``."""
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        with_env(project, "engine.connect()")
        project.change(NEW, FILL)
        assert project.written is not None
        path = project.written.paths[1]
        text = path.read_text()
        path.write_text(text.replace("coalesce(a, 0) + 1", "1 / (a - a)"))
        with pytest.raises(sa.exc.DataError, match="division by zero"):
            project.upgrade()
        assert project.sql("SELECT version_num FROM alembic_version") == [("c0",)]
        path.write_text(text)
        project.upgrade()
        assert project.planned_again() == []


def test_an_env_that_owns_the_transaction_gets_a_plain_revision_and_is_told(
    postgresql_server: str, tmp_path: Path
) -> None:
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        with_env(project, "engine.begin()")
        project.change(NEW, FILL)
        assert project.written is not None
        assert project.written.plain_because is not None
        (text,) = project.texts
        assert "_online" not in text
        project.upgrade()
        assert project.planned_again() == []


def test_what_is_dropped_comes_back_online(postgresql_server: str, tmp_path: Path) -> None:
    with in_use(postgresql_server, tmp_path / "app", NEW, *ROWS[:1]) as project:
        project.sql("INSERT INTO items (id, a, b) SELECT i, i, i FROM generate_series(1, 50) i")
        project.change(
            items('sa.Column("b", sa.Integer, nullable=False)', 'sa.Column("c", sa.Integer)')
        )
        (text,) = project.texts
        down = text[text.index("def downgrade") :]
        assert "op.create_foreign_key_online(" in down
        assert "op.create_index_online(" in down
        assert "op.create_unique_constraint_online(" in down
        accept(project)


def test_mariadb_states_each_statement_of_one_revision(mariadb_server: str, tmp_path: Path) -> None:
    """Its server commits each by itself: a revision of its own would hold no lock back."""
    old = items()
    rows = ("INSERT INTO parents VALUES (1)", "INSERT INTO items VALUES (1, 1, 5, 'x')")
    new = items('sa.Column("b", sa.Integer, nullable=False)', 'sa.Index("ix_a", "a")')
    with in_use(mariadb_server, tmp_path / "app", old, *rows) as project:
        project.change(new, FILL)
        assert project.written is not None
        assert project.written.plain_because is None
        (text,) = project.texts
        assert "with op.stating('INSTANT'):" in text
        assert "with op.stating('INPLACE', 'NONE'):" in text
        assert 'op.backfill_online("items", "b", "coalesce(a, 0) + 1")' in text
        assert project.lock_findings == []
        accept(project)
