"""With a poisoned real URL nothing ever connects to it, whatever the driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import ExitCode
from assay.generate.answers import Answers
from assay.procedure.chain import prove
from assay.procedure.checking import check
from assay.procedure.generating import generate
from small_project import MODELS, SYNC, knocks, lay_out, opened, revision

ASYNC = (
    """
import asyncio
from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config
"""
    + MODELS
    + """
config = context.config

def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()

async def run_async_migrations():
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()

def run_migrations_online():
    asyncio.run(run_async_migrations())

if context.is_offline_mode():
    raise RuntimeError("offline")
run_migrations_online()
"""
)
"""As ``alembic init -t async`` writes it."""

SYNC_FROM_CONFIG = SYNC.replace(
    "sa.create_engine(context.config.get_main_option('sqlalchemy.url'))",
    "sa.engine_from_config(context.config.get_section('alembic'), poolclass=sa.pool.NullPool)",
)

FILE = [("sqlite", SYNC_FROM_CONFIG), ("sqlite+pysqlite", SYNC), ("sqlite+aiosqlite", ASYNC)]
SERVER = [
    ("postgresql+psycopg", SYNC),
    ("postgresql+psycopg", ASYNC),
    ("postgresql+psycopg2", SYNC_FROM_CONFIG),
    ("postgresql+pg8000", SYNC),
    ("postgresql+asyncpg", ASYNC),
]


def run_everything(folder: Path) -> None:
    with opened(folder) as session:
        assert check(session, live=False, database=None).exit_code is ExitCode.GOOD
    with opened(folder) as session:
        proven = prove(session, None, everything=True, rows=2)
        assert (proven.exit_code, proven.summary) == (ExitCode.GOOD, "1 revision proven.")
    env = folder / "migrations" / "env.py"
    env.write_text(
        env.read_text().replace(
            "primary_key=True))", 'primary_key=True), sa.Column("email", sa.Text))'
        )
    )
    with opened(folder) as session:
        assert generate(session, "email", Answers(), again=False).exit_code is ExitCode.GOOD
    (new,) = (folder / "migrations" / "versions").glob("*email.py")
    assert "op.add_column('users', sa.Column('email'" in new.read_text()


@pytest.mark.parametrize(("driver", "env"), FILE, ids=[d for d, _ in FILE])
def test_no_file_comes_into_existence(tmp_path: Path, driver: str, env: str) -> None:
    poisoned = tmp_path / "poisoned"
    folder = lay_out(tmp_path / "project", env, url=f"{driver}:///{poisoned}/real.db")
    poisoned.mkdir()
    run_everything(folder)
    assert list(poisoned.iterdir()) == []


@pytest.mark.parametrize(
    ("driver", "env"),
    SERVER,
    ids=[d + ("-async" if e is ASYNC else "") for d, e in SERVER],
)
def test_nobody_knocks(tmp_path: Path, driver: str, env: str) -> None:
    with knocks() as port:
        url = f"{driver}://me:secret@127.0.0.1:{port.port}/real"
        folder = lay_out(tmp_path, env, url=url)
        run_everything(folder)
    assert port.count == 0


def test_the_listener_counts(tmp_path: Path) -> None:
    """The proof that the tests above could fail: the same project, not redirected."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError

    with knocks() as port:
        engine = create_engine(f"postgresql+psycopg://me@127.0.0.1:{port.port}/real")
        with pytest.raises(OperationalError):
            engine.connect()
    assert port.count >= 1


def test_environment_variables_of_libpq_lead_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with knocks() as port:
        monkeypatch.setenv("PGHOST", "127.0.0.1")
        monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
        monkeypatch.setenv("PGPORT", str(port.port))
        monkeypatch.setenv("PGDATABASE", "real")
        run_everything(lay_out(tmp_path, SYNC, url="postgresql+psycopg://"))
    assert port.count == 0


def test_a_second_revision_is_not_needed_to_notice(tmp_path: Path) -> None:
    """A chain that makes its own engine inside a revision is led to the shadow too."""
    up = """
        op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
        """
    poisoned = tmp_path / "poisoned"
    poisoned.mkdir()
    other = f"""
        engine = sa.create_engine("sqlite:///{poisoned}/other.db", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            assert sa.inspect(connection).has_table("alembic_version")
        """
    folder = lay_out(
        tmp_path / "project",
        url=f"sqlite:///{poisoned}/real.db",
        revisions={"a1.py": revision(up), "b2.py": revision(other, "pass", "b2", "a1")},
    )
    with opened(folder) as session:
        assert check(session, live=False, database=None).exit_code is ExitCode.GOOD
    assert list(poisoned.iterdir()) == []
