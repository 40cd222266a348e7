"""What a revision leaves: roles on the server, sessions and pools, files and processes."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from assay.errors import ExitCode
from assay.procedure.chain import prove
from assay.procedure.checking import check
from assay.report import Status
from small_project import SYNC, lay_out, opened, revision

TABLE = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n'


@pytest.fixture
def role() -> str:
    return f"reader_{uuid4().hex[:12]}"


def with_role(folder: Path, role: str, guarded: bool, shadow: str = "") -> Path:
    make = f"CREATE ROLE {role}"
    if guarded:
        make = f"DO $$ BEGIN {make}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    grant = f"GRANT SELECT ON users TO {role}"
    first = revision(
        f"op.execute({make!r})", "pass" if guarded else f"op.execute('DROP ROLE {role}')"
    )
    second = revision(TABLE + f"op.execute({grant!r})", 'op.drop_table("users")', "b2", "a1")
    return lay_out(
        folder,
        SYNC,
        url="postgresql+psycopg://127.0.0.1:1/nowhere",
        assay=f'[tool.assay.shadow]\npostgresql = "{shadow}"' if shadow else "",
        revisions={"a1.py": first, "b2.py": second},
    )


def test_a_role_is_told_and_is_not_in_the_way_of_the_next_shadow(tmp_path: Path, role: str) -> None:
    """The same CREATE ROLE runs on several shadows of one private server, and on copies of them."""
    folder = with_role(tmp_path, role, guarded=False)
    with opened(folder) as session:
        report = prove(session, None, everything=True, rows=0)
        told = [step for step in report.steps if step.name == "leaks"]
        assert [step.status for step in told] == [Status.NOTE]
        assert f'role "{role}"' in told[0].summary
        assert told[0].data["leaked"] == [f'ROLE "{role}"']
        assert told[0].data["stays_on_the_server"] is False
        reversal = next(step for step in report.steps if step.name == "reverse")
        assert reversal.status is Status.PASSED, reversal
        copy = session.copy(session.chain_at)
        session.upgraded(copy, session.project.history.revisions)


def test_a_role_on_a_named_server_is_told_with_its_drop(
    tmp_path: Path, role: str, postgresql_server: str
) -> None:
    folder = with_role(tmp_path, role, guarded=True, shadow=postgresql_server)
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    try:
        with opened(folder) as session:
            report = prove(session, None, everything=True, rows=0)
        step = next(step for step in report.steps if step.name == "leaks")
        assert step.data["stays_on_the_server"] is True
        assert f'DROP ROLE "{role}";' in [line.text for line in step.lines]
        with engine.connect() as connection:
            found = text("SELECT count(*) FROM pg_roles WHERE rolname = :name")
            assert connection.execute(found, {"name": role}).scalar() == 1
    finally:
        with engine.connect() as connection:
            connection.execute(text(f'DROP ROLE IF EXISTS "{role}"'))
        engine.dispose()


@pytest.mark.parametrize("url", ["sqlite:///{}/dev.db", "postgresql+psycopg://127.0.0.1:1/nowhere"])
def test_nothing_leaked_says_nothing(tmp_path: Path, url: str) -> None:
    with opened(lay_out(tmp_path, url=url.format(tmp_path))) as session:
        report = prove(session, None, everything=True, rows=0)
    assert "leaks" not in [step.name for step in report.steps]


OPEN = """
    from sqlalchemy.orm import Session
    import builtins
    kept = builtins.__dict__.setdefault({name!r}, [])
    engine = sa.create_engine(op.get_context().config.get_main_option("sqlalchemy.url"))
    session = Session(engine)
    session.execute(sa.text("SELECT 1"))
    other = engine.connect()
    other.begin()
    other.execute(sa.text("SELECT 1"))
    kept.extend([engine, session, other])
    """


@pytest.mark.parametrize("url", ["sqlite:///{}/dev.db", "postgresql+psycopg://127.0.0.1:1/nowhere"])
def test_what_a_revision_leaves_open_does_not_hold_the_shadow(tmp_path: Path, url: str) -> None:
    import builtins

    name = f"kept_{uuid4().hex}"
    opening = revision(OPEN.format(name=name), "pass", "b2", "a1")
    folder = lay_out(
        tmp_path, url=url.format(tmp_path), revisions={"a1.py": revision(), "b2.py": opening}
    )
    try:
        with opened(folder) as session:
            assert check(session, live=False, database=None).exit_code is ExitCode.GOOD
            private = session.shadows.folder
            server = session.shadows.server(session.probe.dialect)
            pid = getattr(getattr(server, "_launched", None), "process", None)
            assert getattr(builtins, name)
        assert not private.exists()
        if pid is not None:
            with pytest.raises(ProcessLookupError):
                os.kill(pid.pid, 0)
    finally:
        vars(builtins).pop(name, None)
