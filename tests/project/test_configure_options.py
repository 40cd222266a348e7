"""The options that ``env.py`` gives to ``context.configure()`` are captured and honoured."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from assay.errors import AssayError, ExitCode
from assay.generate.answers import Answers
from assay.procedure.chain import prove
from assay.procedure.checking import check
from assay.procedure.commands import apply
from assay.procedure.generating import generate
from small_project import MODELS, lay_out, opened, revision, sync_env

FILE = "sa.create_engine('sqlite:///dev.db')"
SERVER = "sa.create_engine('postgresql+psycopg://127.0.0.1:1/nowhere')"
UP = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n'
DOWN = 'op.drop_table("users")\n'


def verdict(folder: Path) -> ExitCode:
    with opened(folder) as session:
        return check(session, live=False, database=None).exit_code


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ("", ExitCode.NO),
        ("include_object=lambda o, name, kind, r, c: name != 'legacy'", ExitCode.GOOD),
        ("include_name=lambda name, kind, parents: name != 'legacy'", ExitCode.GOOD),
    ],
)
def test_an_excluded_table_is_not_drift(tmp_path: Path, option: str, code: ExitCode) -> None:
    up = UP + 'op.create_table("legacy", sa.Column("id", sa.Integer(), primary_key=True))\n'
    made = {"a1.py": revision(up, DOWN + 'op.drop_table("legacy")')}
    assert verdict(lay_out(tmp_path, sync_env(FILE, options=option), revisions=made)) is code


def test_a_version_table_in_a_schema_of_its_own(tmp_path: Path) -> None:
    before = """
        import sqlalchemy
        def prepare(engine):
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("CREATE SCHEMA IF NOT EXISTS books"))
            return engine
    """
    models = MODELS.replace("MetaData()", 'MetaData(schema="books")')
    option = "include_schemas=True, version_table='versions', version_table_schema='books'"
    env = sync_env(f"prepare({SERVER})", before=before, options=option, models=models)
    made = {"a1.py": revision(UP.replace("primary_key=True)", 'primary_key=True), schema="books"'),
                              'op.drop_table("users", schema="books")')}  # fmt: skip
    folder = lay_out(tmp_path, env, revisions=made)
    assert verdict(folder) is ExitCode.GOOD
    with opened(folder) as session:
        assert "versions" not in str(session.chain.snapshot.objects)
        assert session.chain.heads == ("a1",)
        assert prove(session, None, everything=True, rows=1).exit_code is ExitCode.GOOD


def test_several_metadatas(tmp_path: Path) -> None:
    models = MODELS + (
        "other = sa.MetaData()\n"
        "sa.Table('books', other, sa.Column('id', sa.Integer, primary_key=True))\n"
        "metadata = [metadata, other]\n"
    )
    up = UP + 'op.create_table("books", sa.Column("id", sa.Integer(), primary_key=True))\n'
    made = {"a1.py": revision(up, DOWN + 'op.drop_table("books")')}
    assert (
        verdict(lay_out(tmp_path, sync_env(FILE, models=models), revisions=made)) is ExitCode.GOOD
    )


def test_batch_and_directives_of_the_project(tmp_path: Path) -> None:
    """``render_as_batch`` shows in the file; the project's own hook runs, ours after it."""
    before = """
        def directives(context, revision, directives):
            directives[0].rev_id = "own1"
    """
    models = MODELS.replace("primary_key=True))", "primary_key=True), sa.Column('email', sa.Text))")
    env = sync_env(
        FILE,
        before=before,
        models=models,
        options="render_as_batch=True, process_revision_directives=directives",
    )
    folder = lay_out(tmp_path, env)
    with opened(folder) as session:
        assert generate(session, "email", Answers(), again=False).exit_code is ExitCode.GOOD
    (new,) = set((folder / "migrations" / "versions").glob("*.py")) - {
        folder / "migrations" / "versions" / "a1_users.py"
    }
    assert "op.drop_column('users', 'email')" in new.read_text()
    assert "revision = 'own1'" in new.read_text()


def test_arguments_of_run_migrations_reach_the_revision(tmp_path: Path) -> None:
    env = sync_env(FILE, options="transaction_per_migration=True", run="tenant='one'")
    made = {"a1.py": revision("assert arguments == {'tenant': 'one'}\n" + UP, DOWN)}
    folder = lay_out(tmp_path, env, revisions=made)
    with opened(folder) as session:
        assert session.probe.run_arguments == {"tenant": "one"}
        assert session.probe.options["transaction_per_migration"] is True
        assert prove(session, None, everything=True, rows=1).exit_code is ExitCode.GOOD


SQL_FIRST = """
from alembic import context
{models}
engine = {engine}
with engine.{open}() as connection:
    connection.execute(sa.text("SET lock_timeout = '5s'"))
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""


def test_sql_before_configure_is_named(tmp_path: Path) -> None:
    env = SQL_FIRST.format(models=MODELS, engine=SERVER, open="connect")
    folder = lay_out(tmp_path, env)
    with opened(folder) as session, pytest.raises(AssayError) as checked:
        check(session, live=False, database=None)
    with opened(folder) as session, pytest.raises(AssayError) as applied:
        apply(session, None)
    for caught in (checked, applied):
        assert "reported success and applied nothing" in caught.value.what
        assert int(caught.value.exit_code) == 1


def test_a_transaction_that_env_py_commits_is_right(tmp_path: Path, postgresql_server: str) -> None:
    from uuid import uuid4

    name = f"real_{uuid4().hex}"
    server = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    url = make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        engine = f"sa.create_engine({url!r}, poolclass=sa.pool.NullPool)"
        env = SQL_FIRST.format(models=MODELS, engine=engine, open="begin")
        folder = lay_out(tmp_path, env)
        assert verdict(folder) is ExitCode.GOOD
        with opened(folder) as session:
            assert prove(session, None, everything=True, rows=1).exit_code is ExitCode.GOOD
        with opened(folder) as session:
            assert apply(session, None).exit_code is ExitCode.GOOD
        real = create_engine(url)
        with real.connect() as connection:
            assert (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "a1"
            )
            assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 0
        real.dispose()
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()
