"""MariaDB: a foreign key added while nobody waits; rows that break it are told, and it is gone again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from in_use import InUse, accept, in_use
from sqlalchemy import event

import assay.operations  # noqa: F401
from assay.operations.online import unchecked

PARENTS = (
    'parents = sa.Table("parents", metadata, sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), sa.Index("ab", "a", "b", unique=True))\n'
)
ROWS = (
    "INSERT INTO parents VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1)",
    "INSERT INTO items VALUES (1, 1, 1, 1, NULL), (2, 2, 1, 2, 1), (3, NULL, 2, NULL, 2)",
)


def items(*more: str, index: bool = False) -> str:
    """The models: nothing refers to anything, but for what a case adds."""
    columns = [
        'sa.Column("id", sa.Integer, primary_key=True)',
        f'sa.Column("parent_id", sa.Integer, index={index})',
        'sa.Column("a", sa.Integer)',
        'sa.Column("b", sa.Integer)',
        'sa.Column("up", sa.Integer)',
        *more,
    ]
    return PARENTS + f'items = sa.Table("items", metadata, {", ".join(columns)})\n'


def key(columns: str, target: str, more: str = "") -> str:
    """A foreign key of the models; names of columns with a space between."""
    held, referred = columns.split(), target.split()
    return f'sa.ForeignKeyConstraint({held}, {referred}, name="fk"{more})'


SIMPLE = key("parent_id", "parents.id")
KEYS = {
    "index of the server's own": (items(), items(SIMPLE), "'INPLACE', 'NONE'"),
    "index that is there": (items(index=True), items(SIMPLE, index=True), "'INSTANT'"),
    "index of the same change": (items(), items(SIMPLE, index=True), "'INSTANT'"),
    "composite": (items(), items(key("a b", "parents.a parents.b")), "'INPLACE', 'NONE'"),
    "its own table": (items(), items(key("up", "items.id")), "'INPLACE', 'NONE'"),
    "actions": (
        items(),
        items(key("parent_id", "parents.id", ', ondelete="SET NULL", onupdate="CASCADE"')),
        "'INPLACE', 'NONE'",
    ),
}


@pytest.mark.parametrize("case", KEYS)
def test_nobody_waits_and_rows_are_checked(case: str, mariadb_server: str, tmp_path: Path) -> None:
    old, new, form = KEYS[case]
    with in_use(mariadb_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new)
        (text,) = project.texts
        block = text[: text.index("op.create_foreign_key_online(")].rpartition("with ")[2]
        assert block.startswith(f"op.stating({form}):")
        assert project.findings == []
        accept(project)
        with pytest.raises(sa.exc.IntegrityError, match="`fk`"):
            project.sql("INSERT INTO items VALUES (9, 99, 99, 99, 99)")


@pytest.mark.parametrize(
    ("new", "broken", "told", "mended"),
    [
        (
            items(SIMPLE),
            "INSERT INTO items (id, parent_id) VALUES (7, 8), (8, 8), (9, 9)",
            r"refer to rows that parents has not: parent_id = 8 \(2 rows\), parent_id = 9 \(1 row\)\.",
            "UPDATE items SET parent_id = NULL WHERE id > 6",
        ),
        (
            items(key("a b", "parents.a parents.b")),
            "INSERT INTO items (id, a, b) VALUES (7, 2, 2), (8, NULL, 9)",
            r"a = 2 and b = 2 \(1 row\)\.",
            "INSERT INTO parents VALUES (9, 2, 2)",
        ),
        (
            items(key("up", "items.id")),
            "INSERT INTO items (id, up) SELECT seq + 10, seq + 90 FROM seq_1_to_8",
            r"(up = \d+ \(1 row\), ){5}and more\.",
            "DELETE FROM items WHERE id > 10",
        ),
    ],
    ids=["simple", "composite", "its own table"],
)
def test_rows_that_break_it_are_told_and_it_is_gone_again(
    new: str, broken: str, told: str, mended: str, mariadb_server: str, tmp_path: Path
) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(new)
        project.sql(broken)
        before = project.catalog
        with pytest.raises(CommandError, match=told):
            project.upgrade()
        assert project.catalog.objects == before.objects
        project.sql(mended)
        project.upgrade()
        assert project.planned_again() == []


def test_a_key_that_a_killed_run_left_is_looked_at(mariadb_server: str, tmp_path: Path) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items(SIMPLE))
        project.sql(
            "INSERT INTO items (id, parent_id) VALUES (7, 8)",
            "SET foreign_key_checks = 0",
            "ALTER TABLE items ADD CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parents (id)",
        )
        with pytest.raises(CommandError, match="parent_id = 8"):
            project.upgrade()
        assert project.catalog.of_kind("foreign key") == ()
        project.sql("DELETE FROM items WHERE id = 7")
        project.upgrade()
        assert project.planned_again() == []


def test_another_key_of_that_name_is_not_taken_for_it(mariadb_server: str, tmp_path: Path) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items(SIMPLE))
        project.sql("ALTER TABLE items ADD CONSTRAINT fk FOREIGN KEY (up) REFERENCES items (id)")
        before = project.catalog
        with pytest.raises(sa.exc.DBAPIError, match="Duplicate"):
            project.upgrade()
        assert project.catalog.objects == before.objects


def test_who_deleted_a_parent_before_it_was_there_is_waited_for(
    mariadb_server: str, tmp_path: Path
) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items(SIMPLE))
        writer = sa.create_engine(project.url, poolclass=sa.NullPool).connect()
        writer.exec_driver_sql("DELETE FROM parents WHERE id = 2")
        tries: list[str] = []

        def leave(
            _connection: Any, _cursor: Any, sql: str, _given: Any, _context: Any, _many: bool
        ) -> None:
            tries.extend([sql] if sql.startswith("LOCK TABLES") else [])
            if len(tries) == 2:
                writer.commit()

        event.listen(sa.Engine, "before_cursor_execute", leave)
        try:
            with pytest.raises(CommandError, match=r"parent_id = 2 \(1 row\)"):
                project.upgrade()
        finally:
            event.remove(sa.Engine, "before_cursor_execute", leave)
            writer.close()
        assert tries == ["LOCK TABLES parents READ"] * 2
        assert project.catalog.of_kind("foreign key") == ()


def test_a_writer_who_does_not_end_leaves_nothing(
    mariadb_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchecked, "TRIES", 2)
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items(SIMPLE))
        before = project.catalog
        writer = sa.create_engine(project.url, poolclass=sa.NullPool).connect()
        writer.exec_driver_sql("DELETE FROM parents WHERE id = 2")
        with pytest.raises(sa.exc.OperationalError, match="1205"):
            project.upgrade()
        writer.close()
        assert project.catalog.objects == before.objects


@contextmanager
def _operations(project: InUse) -> Iterator[tuple[Operations, sa.Connection]]:
    with project.connection() as connection:
        yield Operations(MigrationContext.configure(connection)), connection


@pytest.mark.parametrize("setting", [0, 1])
@pytest.mark.parametrize("fails", [False, True])
def test_the_sessions_settings_are_put_back(
    setting: int, fails: bool, mariadb_server: str, tmp_path: Path
) -> None:
    with (
        in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project,
        _operations(project) as (op, connection),
    ):
        connection.exec_driver_sql(f"SET foreign_key_checks = {setting}, lock_wait_timeout = 77")
        # no key that parents has
        column = ["a", "b"] if not fails else ["b"]
        try:
            op.create_foreign_key_online("fk", "items", "parents", column, column)  # type: ignore[attr-defined]
        except sa.exc.DBAPIError:
            assert fails
        found = "SELECT @@foreign_key_checks, @@lock_wait_timeout"
        assert connection.exec_driver_sql(found).one() == (setting, 77)
        assert len(project.catalog.of_kind("foreign key")) == (not fails)


def test_a_table_that_is_not_there_is_not_referred_to(mariadb_server: str, tmp_path: Path) -> None:
    """With checks off, the server takes such a key."""
    with (
        in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project,
        _operations(project) as (op, _),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="doesn't exist"):
            op.create_foreign_key_online("fk", "items", "nobody", ["a"], ["id"])  # type: ignore[attr-defined]
        assert project.catalog.of_kind("foreign key") == ()


def test_a_table_of_another_schema(mariadb_server: str, tmp_path: Path) -> None:
    other = f"assay_t_{tmp_path.name[-10:].strip('_')}_other"
    with (
        in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project,
        _operations(project) as (op, _),
    ):
        project.sql(f"CREATE DATABASE {other}", f"CREATE TABLE {other}.owners (id INT PRIMARY KEY)")
        try:
            add: Any = op.create_foreign_key_online  # type: ignore[attr-defined]
            with pytest.raises(CommandError, match="owners has not: a = 1"):
                add("fk", "items", "owners", ["a"], ["id"], referent_schema=other)
            project.sql(f"INSERT INTO {other}.owners VALUES (1), (2)")
            add("fk", "items", "owners", ["a"], ["id"], referent_schema=other)
            (found,) = project.catalog.of_kind("foreign key")
            assert other in str(found.get("target"))
        finally:
            project.sql("ALTER TABLE items DROP FOREIGN KEY IF EXISTS fk", f"DROP DATABASE {other}")


@pytest.mark.parametrize("broken", [False, True])
def test_a_script_looks_at_the_rows_by_itself(
    broken: bool, mariadb_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_use(mariadb_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items(SIMPLE))
        env = project.folder / "migrations" / "env.py"
        env.write_text(
            "from alembic import context\n"
            "context.configure(url=context.config.get_main_option('sqlalchemy.url'))\n"
            "with context.begin_transaction():\n    context.run_migrations()\n"
        )
        capsys.readouterr()
        command.upgrade(project.config, "b0:head", sql=True)
        script = capsys.readouterr().out.split(";")
        if broken:
            project.sql("INSERT INTO items (id, parent_id) VALUES (7, 8)")
            with pytest.raises(sa.exc.OperationalError, match="more than 1 row"):
                project.sql(*(one for one in script if one.strip()))
        else:
            project.sql(*(one for one in script if one.strip()))
            assert project.sql("SELECT version_num FROM alembic_version") == [("c0",)]
        assert len(project.catalog.of_kind("foreign key")) == 1
