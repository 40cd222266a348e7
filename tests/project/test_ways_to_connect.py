"""However ``env.py`` finds its database, it reaches the shadow; afterwards the real one again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, event, inspect, pool, text
from sqlalchemy.engine import make_url

from assay.config import load_settings
from assay.dialects import Address
from assay.errors import ExitCode, UsageError
from assay.procedure.checking import check
from assay.procedure.commands import apply
from assay.procedure.session import open_session
from assay.project.redirect import redirected
from small_project import MODELS, SYNC, knocks, lay_out, opened, sync_env
from versions import ASYNC_CREATOR, SQLALCHEMY


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Where the real SQLite database would come into existence."""
    (tmp_path / "real").mkdir()
    return tmp_path / "real" / "dev.db"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an importable module that is not there yet, in ``tmp_path/lib``."""
    name = f"application_{uuid4().hex}"
    (tmp_path / "lib").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    yield name
    sys.modules.pop(name, None)


def write_module(tmp_path: Path, name: str, body: str) -> None:
    (tmp_path / "lib" / f"{name}.py").write_text(dedent(body))


def agrees(folder: Path) -> None:
    with opened(folder) as session:
        report = check(session, live=False, database=None)
        assert (report.exit_code, report.summary) == (ExitCode.GOOD, "Models and chain agree.")
        assert len(session.chain.snapshot.of_kind("table")) == 1


def applied(folder: Path) -> None:
    with opened(folder) as session:
        assert apply(session, None).exit_code is ExitCode.GOOD


def tables(path: Path) -> set[str]:
    engine = create_engine(f"sqlite:///{path}", poolclass=pool.NullPool)
    return set(inspect(engine).get_table_names())


@pytest.mark.parametrize(
    "engine",
    [
        "sa.create_engine(URL)",
        "sa.create_engine(URL, poolclass=sa.pool.StaticPool)",
        "sa.create_engine(URL, poolclass=sa.pool.QueuePool)",
        "sa.create_engine(URL, poolclass=sa.pool.QueuePool, pool_pre_ping=True)",
        "sa.create_engine(URL, poolclass=sa.pool.SingletonThreadPool)",
        "sa.create_engine(URL, connect_args={'timeout': 3})",
        "sa.create_engine('sqlite:///file:' + URL[10:] + '?mode=rwc&uri=true')",
        "sa.create_engine('sqlite:///file:' + URL[10:] + '?mode=ro&uri=true')",
    ],
)
def test_an_engine_of_env_py(tmp_path: Path, real: Path, engine: str) -> None:
    env = sync_env(engine, before=f"URL = 'sqlite:///{real}'")
    agrees(lay_out(tmp_path / "project", env))
    assert not real.exists()


@pytest.mark.parametrize("poolclass", ["QueuePool", "StaticPool", "SingletonThreadPool"])
def test_a_pooled_engine_of_the_application(
    tmp_path: Path, real: Path, module: str, poolclass: str
) -> None:
    """Connected before the redirection, redirected twice, and real again: one engine all the time."""
    body = f"""
        import sqlalchemy as sa
        engine = sa.create_engine("sqlite:///{real}", poolclass=sa.pool.{poolclass})
    """
    write_module(tmp_path, module, body)
    application = __import__(module)
    with application.engine.begin() as connection:
        connection.execute(text("CREATE TABLE untouched (id INTEGER)"))
        connection.execute(text("INSERT INTO untouched VALUES (7)"))

    env = sync_env("engine", before=f"from {module} import engine")
    folder = lay_out(
        tmp_path / "project", env, url=f"sqlite:///{real}", assay='ignore = ["untouched"]'
    )
    agrees(folder)
    agrees(folder)
    assert tables(real) == {"untouched"}
    with application.engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM untouched")).scalar() == 7
        names = connection.execute(text("PRAGMA database_list")).all()
        assert Path(names[0][2]) == real


def test_apply_in_the_same_process_reaches_the_real_one(
    tmp_path: Path, real: Path, module: str
) -> None:
    write_module(
        tmp_path,
        module,
        f"""
        import sqlalchemy as sa
        engine = sa.create_engine("sqlite:///{real}", poolclass=sa.pool.QueuePool)
        """,
    )
    env = sync_env("engine", before=f"from {module} import engine")
    folder = lay_out(tmp_path / "project", env)
    agrees(folder)
    applied(folder)
    assert tables(real) == {"users", "alembic_version"}
    sys.modules[module].engine.dispose()


def test_a_pooled_async_engine_of_the_application(tmp_path: Path, real: Path, module: str) -> None:
    write_module(
        tmp_path,
        module,
        f"""
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import AsyncAdaptedQueuePool
        engine = create_async_engine("sqlite+aiosqlite:///{real}", poolclass=AsyncAdaptedQueuePool)
        """,
    )
    env = MODELS + dedent(
        f"""
        import asyncio
        from alembic import context
        from {module} import engine
        def run(connection):
            context.configure(connection=connection, target_metadata=metadata)
            with context.begin_transaction():
                context.run_migrations()
        async def main():
            async with engine.connect() as connection:
                await connection.run_sync(run)
        asyncio.run(main())
        """
    )
    folder = lay_out(tmp_path / "project", env)
    agrees(folder)
    agrees(folder)
    assert not real.exists()
    applied(folder)
    assert tables(real) == {"users", "alembic_version"}


def test_a_pooled_engine_on_a_server_and_its_options(
    tmp_path: Path, postgresql_server: str, module: str
) -> None:
    """The pool connected to a real server before; ``options`` stay, the place does not."""
    write_module(
        tmp_path,
        module,
        f"""
        import sqlalchemy as sa
        engine = sa.create_engine(
            {postgresql_server!r}, connect_args={{"options": "-c search_path=pg_temp,public"}}
        )
        seen = []
        """,
    )
    application = __import__(module)
    with application.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    before = f"""
        from {module} import engine, seen
        with engine.connect() as first:
            seen.append(first.execute(__import__("sqlalchemy").text(
                "SELECT current_database(), current_setting('search_path')")).one())
    """
    folder = lay_out(tmp_path / "project", sync_env("engine", before=before))
    with opened(folder) as session:
        assert check(session, live=False, database=None).exit_code is ExitCode.GOOD
    assert application.seen
    assert all(
        name.startswith("assay_") and path == "pg_temp,public" for name, path in application.seen
    )
    with application.engine.connect() as connection:
        shown = connection.execute(text("SELECT current_database()")).scalar()
    assert shown == make_url(postgresql_server).database
    application.engine.dispose()


@pytest.mark.parametrize(
    "engine",
    [
        "sa.create_engine('sqlite://', creator=lambda: called.append(1))",
        "sa.create_engine('sqlite://', pool=sa.pool.QueuePool(lambda: called.append(1)))",
        pytest.param(
            "create_async_engine('sqlite+aiosqlite://', async_creator=lambda: called.append(1)).sync_engine",
            marks=pytest.mark.skipif(
                SQLALCHEMY < ASYNC_CREATOR, reason="async_creator: SQLAlchemy 2.0.16"
            ),
        ),
    ],
)
def test_a_creator_is_refused(tmp_path: Path, module: str, engine: str) -> None:
    write_module(tmp_path, module, "called = []\n")
    before = f"""
        from {module} import called
        from sqlalchemy.ext.asyncio import create_async_engine
    """
    folder = lay_out(tmp_path / "project", sync_env(engine, before=before))
    with opened(folder) as session, pytest.raises(UsageError, match="own creator"):
        check(session, live=False, database=None)
    assert sys.modules[module].called == []


def test_a_creator_made_before_the_redirection_is_refused(tmp_path: Path, module: str) -> None:
    write_module(
        tmp_path,
        module,
        """
        import sqlalchemy as sa
        called = []
        engine = sa.create_engine("sqlite://", creator=lambda: called.append(1))
        """,
    )
    application = __import__(module)
    folder = lay_out(
        tmp_path / "project", sync_env("engine", before=f"from {module} import engine")
    )
    with opened(folder) as session, pytest.raises(UsageError, match="own creator"):
        check(session, live=False, database=None)
    assert application.called == []


@pytest.mark.parametrize("insert", [True, False])
def test_a_do_connect_listener_of_the_project_does_not_bypass(
    tmp_path: Path, real: Path, module: str, insert: bool
) -> None:
    write_module(
        tmp_path,
        module,
        f"""
        import sqlite3
        import sqlalchemy as sa
        calls = []
        def own(dialect, record, cargs, cparams):
            calls.append(1)
            return sqlite3.connect({str(real)!r})
        """,
    )
    before = f"""
        import sqlalchemy
        from sqlalchemy import event
        import {module} as application
        if not event.contains(sqlalchemy.Engine, "do_connect", application.own):
            event.listen(sqlalchemy.Engine, "do_connect", application.own, insert={insert})
    """
    env = sync_env("sa.create_engine('sqlite:///somewhere.db')", before=before)
    try:
        agrees(lay_out(tmp_path / "project", env))
    finally:
        from sqlalchemy import Engine

        event.remove(Engine, "do_connect", sys.modules[module].own)
    assert not real.exists()
    assert sys.modules[module].calls == []


def test_a_listener_that_only_changes_arguments_is_led_too(tmp_path: Path, real: Path) -> None:
    env = sync_env("build()", before=f"""
        import sqlalchemy
        from sqlalchemy import event
        def build():
            engine = sqlalchemy.create_engine("sqlite:///elsewhere.db")
            @event.listens_for(engine, "do_connect")
            def token(dialect, record, cargs, cparams):
                cargs[0] = {str(real)!r}
            return engine
    """)  # fmt: skip
    folder = lay_out(tmp_path / "project", env)
    agrees(folder)
    assert not real.exists()
    assert not (folder / "elsewhere.db").exists()


SETUPS = {
    "function": """
        def setup(config):
            config.attributes["connection"] = sa.create_engine(URL).connect()
    """,
    "generator": """
        def setup(config):
            with sa.create_engine(URL).connect() as connection:
                config.attributes["connection"] = connection
                yield
            LOG.append("closed")
    """,
    "context manager": """
        @contextlib.contextmanager
        def setup(config):
            with sa.create_engine(URL).connect() as connection:
                config.attributes["connection"] = connection
                yield config
            LOG.append("closed")
    """,
    "class": """
        class setup:
            def __init__(self, config):
                self.config = config
            def __enter__(self):
                self.connection = sa.create_engine(URL).connect()
                self.config.attributes["connection"] = self.connection
            def __exit__(self, *error):
                self.connection.close()
                LOG.append("closed")
    """,
}

GIVEN = MODELS + dedent(
    """
    from alembic import context
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
    """
)


@pytest.mark.parametrize("kind", SETUPS)
def test_setup_gives_the_connection(tmp_path: Path, real: Path, module: str, kind: str) -> None:
    start = f"import contextlib\nimport sqlalchemy as sa\nURL = 'sqlite:///{real}'\nLOG = []\n"
    (tmp_path / "lib" / f"{module}.py").write_text(start + dedent(SETUPS[kind]))
    folder = lay_out(tmp_path / "project", GIVEN, assay=f'setup = "{module}:setup"')
    agrees(folder)
    assert not real.exists()
    assert bool(sys.modules[module].LOG) == (kind != "function")


def test_setup_makes_the_whole_config(tmp_path: Path, real: Path, module: str) -> None:
    """No ini file, no ``script_location`` but from code."""
    write_module(
        tmp_path,
        module,
        f"""
        def setup(config):
            config.set_main_option("script_location", {str(tmp_path / "project" / "migrations")!r})
            config.set_main_option("sqlalchemy.url", "sqlite:///{real}")
        """,
    )
    agrees(lay_out(tmp_path / "project", ini="", assay=f'setup = "{module}:setup"'))
    assert not real.exists()


def test_setup_that_raises_is_the_cause(tmp_path: Path, module: str) -> None:
    write_module(tmp_path, module, "def setup(config):\n    raise LookupError('no application')\n")
    folder = lay_out(tmp_path / "project", assay=f'setup = "{module}:setup"')
    with opened(folder) as session, pytest.raises(UsageError, match="no application") as caught:
        check(session, live=False, database=None)
    assert "setup" in caught.value.what
    assert "def setup" in (caught.value.cause or "") or "in setup" in (caught.value.cause or "")


def test_script_location_of_the_settings(tmp_path: Path, real: Path) -> None:
    env = sync_env(f"sa.create_engine('sqlite:///{real}')")
    agrees(lay_out(tmp_path / "project", env, ini="", assay='script_location = "migrations"'))
    assert not real.exists()


def test_alembic_in_pyproject(tmp_path: Path, real: Path) -> None:
    env = sync_env(f"sa.create_engine('sqlite:///{real}')")
    folder = lay_out(tmp_path / "project", env, ini="")
    with (folder / "pyproject.toml").open("a") as file:
        file.write('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    agrees(folder)
    assert not real.exists()


def test_variables_and_x_arguments(tmp_path: Path, real: Path) -> None:
    before = """
        import os
        assert context.get_x_argument(as_dictionary=True) == {"tenant": "one", "dry": "no"}
    """
    env = sync_env("sa.create_engine(os.environ['BOOKS_DATABASE_URL'])", before=before)
    assay = f"""
        x = ["tenant=one", "dry=no"]
        [tool.assay.env]
        BOOKS_DATABASE_URL = "sqlite:///{real}"
    """
    agrees(lay_out(tmp_path / "project", env, assay=assay))
    assert not real.exists()


def test_databases_in_memory_are_left_alone(tmp_path: Path, real: Path, module: str) -> None:
    """One made before the redirection keeps its rows, one made within gets its own tables."""
    write_module(
        tmp_path,
        module,
        """
        import sqlalchemy as sa
        cache = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        late = sa.create_engine("sqlite:///file:late?mode=memory&cache=shared&uri=true",
                                poolclass=sa.pool.StaticPool)
        """,
    )
    application = __import__(module)
    with application.cache.begin() as connection:
        connection.execute(text("CREATE TABLE cached (id INTEGER)"))
    before = f"""
        import sqlalchemy
        import {module} as application
        with application.cache.begin() as own:
            own.execute(sqlalchemy.text("INSERT INTO cached VALUES (1)"))
        with application.late.begin() as own:
            own.execute(sqlalchemy.text("CREATE TABLE IF NOT EXISTS late (id INTEGER)"))
    """
    env = sync_env(f"sa.create_engine('sqlite:///{real}')", before=before)
    agrees(lay_out(tmp_path / "project", env))
    assert not real.exists()
    with application.cache.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM cached")).scalar_one() > 1
    assert inspect(application.late).get_table_names() == ["late"]


def test_a_memory_database_as_the_only_one_is_named(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "project", SYNC, url="sqlite://")
    with opened(folder) as session, pytest.raises(UsageError, match="in memory"):
        check(session, live=False, database=None)


def test_a_connection_opened_before_is_not_executed_on(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/real.db")
    shadow = tmp_path / "shadow.db"
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE before (id INTEGER)"))
        with redirected(Address("sqlite", str(shadow))):
            with pytest.raises(UsageError, match="opened before"):
                connection.execute(text("CREATE TABLE within (id INTEGER)"))
            with engine.begin() as led:
                led.execute(text("CREATE TABLE led (id INTEGER)"))
        connection.execute(text("CREATE TABLE after (id INTEGER)"))
    assert tables(tmp_path / "real.db") == {"before", "after"}
    assert tables(shadow) == {"led"}


def test_two_dialects_are_one_too_many(tmp_path: Path) -> None:
    with knocks() as port:
        before = f"""
            import sqlalchemy
            first = sqlalchemy.create_engine("sqlite:///one.db").connect()
            sqlalchemy.create_engine("postgresql+psycopg://127.0.0.1:{port.port}/x").connect()
        """
        folder = lay_out(tmp_path, sync_env("first.engine", before=before))
        with opened(folder) as session, pytest.raises(UsageError, match="but the shadow is sqlite"):
            check(session, live=False, database=None)
    assert port.count == 0


def test_the_next_session_starts_anew(tmp_path: Path, real: Path) -> None:
    """Two sessions one after another, the first one's shadows being gone."""
    folder = lay_out(tmp_path / "project", SYNC, url=f"sqlite:///{real}")
    settings = load_settings(folder)
    for _ in range(2):
        with open_session(settings) as session:
            assert session.chain.heads == ("a1",)
            at = Path(session.chain_at.database)
        assert not at.exists()
        assert not at.parent.exists()
