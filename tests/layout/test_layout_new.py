"""A new project, run with plain Alembic on real databases."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

import forks
from assay.config import load_settings
from assay.errors import UsageError
from assay.layout import lay_out

EXPECTED = {
    "pyproject.toml",
    "alembic.ini",
    "alembic/env.py",
    "alembic/script.py.mako",
    "alembic/versions/.gitkeep",
    "src/__init__.py",
    "src/adapters/__init__.py",
    "src/adapters/persistence/__init__.py",
    "src/adapters/persistence/orm/__init__.py",
    "src/adapters/persistence/orm/tables.py",
    "src/adapters/persistence/orm/types.py",
    "tests/integration/test_schema_parity.py",
    "docs/schema-changes.md",
    ".gitignore",
}

TRY_TYPE = """
from datetime import datetime, timedelta, timezone
from sqlalchemy import create_engine, insert, select
from src.adapters.persistence.orm.tables import users
import os

engine = create_engine(os.environ["DATABASE_URL"])
moment = datetime(2026, 7, 1, 1, 2, 3, 456789, tzinfo=timezone(timedelta(hours=5, minutes=30)))
with engine.begin() as connection:
    if engine.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TIME ZONE 'America/New_York'")
    if engine.dialect.name == "mysql":
        connection.exec_driver_sql("SET time_zone = '-04:00'")
    connection.execute(insert(users).values(id=1, name="a", created_at=moment))
    connection.execute(insert(users).values(id=2, name="b"))
    found = connection.execute(select(users.c.created_at).where(users.c.id == 1)).scalar_one()
    assert found == moment, found
    assert found.tzinfo is timezone.utc, found.tzinfo
    same = select(users.c.id).where(users.c.created_at == moment.astimezone(timezone.utc))
    assert connection.execute(same).scalars().all() == [1]
try:
    with engine.begin() as connection:
        connection.execute(insert(users).values(id=3, name="c", created_at=datetime(2026, 7, 1)))
except Exception as error:
    assert "has no time zone" in str(error), error
    print("naive refused")
"""


def run(project: Path, *arguments: str, url: str | None = None) -> str:
    """A command of plain Python in the project, which must succeed."""
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    if url is not None:
        environment["DATABASE_URL"] = url
    if arguments[0] == "-m":
        done = forks.run(arguments[1], arguments[2:], project, environment)
    else:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def walk_by_hand(project: Path, url: str | None) -> str:
    """What a person does with Alembic alone; gives the revision's text."""
    alembic = ("-m", "alembic")
    run(project, *alembic, "revision", "--autogenerate", "-m", "initial", url=url)
    (revision,) = (project / "alembic/versions").glob("*_initial.py")
    run(project, *alembic, "upgrade", "head", url=url)
    assert "No new upgrade operations" in run(project, *alembic, "check", url=url)
    run(project, *alembic, "downgrade", "base", url=url)
    run(project, *alembic, "upgrade", "head", url=url)
    assert "CREATE TABLE users" in run(project, *alembic, "upgrade", "head", "--sql", url=url)
    return revision.read_text()


@pytest.fixture
def postgresql_database(postgresql_server: str) -> Iterator[str]:
    name = f"assay_layout_{uuid.uuid4().hex[:12]}"
    server = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(postgresql_server).set(database=name)
    yield url.render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def mysql_database(mariadb_server: str) -> Iterator[str]:
    name = f"assay_layout_{uuid.uuid4().hex[:12]}"
    server = create_engine(mariadb_server)
    with server.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(mariadb_server).set(database=name).render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    server.dispose()


def test_lays_out_everything(tmp_path: Path) -> None:
    project = tmp_path / "made" / "here"
    result = lay_out(project)
    assert {path.relative_to(project).as_posix() for path in result.created} == EXPECTED
    assert {
        p.relative_to(project).as_posix() for p in project.rglob("*") if p.is_file()
    } == EXPECTED
    assert not result.kept
    assert not result.suggestions
    assert not result.appended
    assert result.next_steps[0] == f"cd {project}"
    for path in project.rglob("*.py"):
        compile(path.read_text(), str(path), "exec")
    for path in (*project.rglob("*.md"), project / "alembic.ini", project / "pyproject.toml"):
        assert "$" not in path.read_text(), path


def test_settings_are_read_back(tmp_path: Path) -> None:
    lay_out(tmp_path)
    settings = load_settings(tmp_path)
    assert settings.config == tmp_path / "alembic.ini"
    assert settings.test == "pytest -x -q"


def test_commented_settings_are_known_keys(tmp_path: Path) -> None:
    lay_out(tmp_path)
    path = tmp_path / "pyproject.toml"
    lines = [
        line.removeprefix("# ")
        if line.startswith(("# [", "# ")) and not line.endswith(":")
        else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines))
    settings = load_settings(tmp_path)
    assert settings.baseline is not None
    assert settings.ignore == ("table:legacy_*",)
    assert settings.setup == "package.module:function"
    assert set(settings.databases) == {"staging"}


def test_runs_with_plain_alembic_on_sqlite(tmp_path: Path) -> None:
    lay_out(tmp_path)
    revision = walk_by_hand(tmp_path, None)
    assert "types.UTCDateTime()" in revision
    assert "op.f('pk_users')" in revision
    assert (tmp_path / "dev.db").is_file()
    url = f"sqlite:///{tmp_path / 'dev.db'}"
    assert run(tmp_path, "-c", TRY_TYPE, url=url) == "naive refused\n"


def test_runs_from_another_folder(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    lay_out(project)
    elsewhere.mkdir()
    ini = str(project / "alembic.ini")
    run(elsewhere, "-m", "alembic", "-c", ini, "revision", "--autogenerate", "-m", "initial")
    assert len(list((project / "alembic/versions").glob("*_initial.py"))) == 1


def test_runs_with_plain_alembic_on_postgresql(tmp_path: Path, postgresql_database: str) -> None:
    lay_out(tmp_path, dialect="postgresql")
    revision = walk_by_hand(tmp_path, postgresql_database)
    assert "types.UTCDateTime()" in revision
    assert run(tmp_path, "-c", TRY_TYPE, url=postgresql_database) == "naive refused\n"


def test_runs_with_plain_alembic_on_mysql(tmp_path: Path, mysql_database: str) -> None:
    lay_out(tmp_path, dialect="mysql")
    assert "types.UTCDateTime()" in walk_by_hand(tmp_path, mysql_database)
    assert run(tmp_path, "-c", TRY_TYPE, url=mysql_database) == "naive refused\n"


def test_a_changed_default_and_batch_mode_are_seen(tmp_path: Path) -> None:
    lay_out(tmp_path)
    walk_by_hand(tmp_path, None)
    tables = tmp_path / "src/adapters/persistence/orm/tables.py"
    tables.write_text(tables.read_text().replace("String(200), nullable=False", "String(99)"))
    run(tmp_path, "-m", "alembic", "revision", "--autogenerate", "-m", "shorter")
    (revision,) = (tmp_path / "alembic/versions").glob("*_shorter.py")
    assert "batch_op.alter_column('name'" in revision.read_text()
    run(tmp_path, "-m", "alembic", "upgrade", "head")
    tables.write_text(tables.read_text().replace("String(99)", 'String(99), server_default="x"'))
    run(tmp_path, "-m", "alembic", "revision", "--autogenerate", "-m", "default")
    (revision,) = (tmp_path / "alembic/versions").glob("*_default.py")
    assert "server_default='x'" in revision.read_text()


def test_url_is_written_as_given_and_its_password_never_shown(tmp_path: Path) -> None:
    url = "postgresql+psycopg://app:p%40ss%25word@db.example.org:5433/shop"
    result = lay_out(tmp_path, url=url)
    code = (
        "from alembic.config import Config\n"
        "print(Config('alembic.ini').get_main_option('sqlalchemy.url'))"
    )
    assert run(tmp_path, "-c", code) == f"{url}\n"
    assert "p%40ss" not in repr(result)
    assert any("DATABASE_URL" in step for step in result.next_steps)
    assert 'pip install "psycopg[binary]"' in result.next_steps


@pytest.mark.parametrize(
    ("dialect", "url"),
    [
        ("postgresql", "postgresql+psycopg://postgres@127.0.0.1:5432/my_shop"),
        ("mysql", "mysql+pymysql://root@127.0.0.1:3306/my_shop"),
        ("sqlite", "sqlite:///dev.db"),
    ],
)
def test_default_url(tmp_path: Path, dialect: str, url: str) -> None:
    lay_out(tmp_path / "My shop", dialect=dialect)
    assert f"sqlalchemy.url = {url}\n" in (tmp_path / "My shop/alembic.ini").read_text()


@pytest.mark.parametrize(
    ("dialect", "url", "what", "step"),
    [
        ("postgres", None, "no dialect 'postgres'", "Did you mean 'postgresql'?"),
        ("mariadb", None, "no dialect 'mariadb'", "Did you mean 'mysql'?"),
        ("sqlite", "postgresql://u:hush@h/d", "--dialect says sqlite", "--dialect postgresql"),
        (None, "postgres://u:hush@h/d", "'postgres'", "postgresql+psycopg://"),
        (None, "hush", "not a database URL", "sqlite:///dev.db"),
        (None, "postgresql://u:hush@h:port/d", "not a database URL", "port"),
        (None, "postgresql+asyncpg://u:hush@h/d", "asynchronous", "postgresql+psycopg"),
        (None, "sqlite:///a.db\nhush = 1", "not a database URL", "sqlite:///dev.db"),
    ],
)
def test_bad_database(
    tmp_path: Path, dialect: str | None, url: str | None, what: str, step: str
) -> None:
    with pytest.raises(UsageError) as caught:
        lay_out(tmp_path, dialect=dialect, url=url)
    error = caught.value
    assert what in error.what
    assert error.next_step is not None
    assert step in error.next_step
    assert "hush" not in f"{error.what}{error.where}{error.next_step}{error.cause}"
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    mine = {
        "src/adapters/persistence/orm/tables.py": "mine = 1\n",
        ".gitignore": "*.pyc",
        "pyproject.toml": '[project]\nname = "x"\nversion = "1"',
    }
    for name, content in mine.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    result = lay_out(tmp_path)
    assert set(result.kept) == {
        tmp_path / "src/adapters/persistence/orm/tables.py",
        tmp_path / ".gitignore",
    }
    assert result.appended == (tmp_path / "pyproject.toml",)
    assert (
        (tmp_path / "pyproject.toml").read_text().startswith(mine["pyproject.toml"] + "\n\n[tool")
    )
    assert load_settings(tmp_path).config == tmp_path / "alembic.ini"
    assert (tmp_path / ".gitignore").read_text() == "*.pyc"
    (suggestion,) = result.suggestions
    assert "+dev.db\n" in suggestion.diff
    assert (tmp_path / "src/adapters/persistence/orm/tables.py").read_text() == "mine = 1\n"


def test_a_table_that_cannot_be_appended_is_suggested(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text("tool = { black = { line-length = 90 } }\n")
    result = lay_out(tmp_path)
    assert pyproject in result.kept
    assert [s.path for s in result.suggestions] == [pyproject]
    assert "line-length" in pyproject.read_text()
    assert "[tool.assay]" not in pyproject.read_text()


def test_a_broken_pyproject_stops_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    with pytest.raises(UsageError, match="not valid TOML"):
        lay_out(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is not a folder"):
        lay_out(tmp_path / "file")


def test_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    (tmp_path / "docs").write_text("not a folder")
    with pytest.raises(UsageError, match="cannot be made"):
        lay_out(tmp_path)
    assert (tmp_path / "docs").read_text() == "not a folder"
    (tmp_path / "docs").unlink()
    assert tmp_path / "alembic.ini" in lay_out(tmp_path).created
