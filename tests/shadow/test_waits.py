"""A revision that waits on a shadow for a lock that it holds itself is ended; nothing else is."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assay.config import load_settings
from assay.dialects import Address
from assay.procedure.chain import prove
from assay.project import waits
from assay.shadow.shadows import Shadows
from helpers import assay
from small_project import lay_out, opened, revision, sync_env

OTHER = 'with op.get_bind().engine.connect() as other:\n    other.execute(sa.text("{}"))'
HOLDS = OTHER + '\n    op.execute("{}")'
NOT_THERE = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:1/nowhere",
    "mysql": "mysql+pymysql://root@127.0.0.1:1/nowhere",
}
KINDS = {
    "its own transaction is in the way": (
        "postgresql",
        'op.add_column("users", sa.Column("a", sa.Integer()))\n'
        + OTHER.format("SELECT count(*) FROM users"),
        "ACCESS SHARE on users",
    ),
    "its other connection is in the way": (
        "postgresql",
        HOLDS.format("SELECT count(*) FROM users", "ALTER TABLE users ADD a int"),
        "ACCESS EXCLUSIVE on users",
    ),
    "without a time limit of its own": (
        "postgresql",
        "op.execute(\"SET lock_timeout = '0'\")\n"
        + HOLDS.format("SELECT pg_advisory_lock(7)", "SELECT pg_advisory_lock(7)"),
        "an advisory lock",
    ),
    "concurrently": (
        "postgresql",
        "with op.get_bind().engine.connect() as other:\n"
        '    other.execute(sa.text("LOCK TABLE users IN ROW EXCLUSIVE MODE"))\n'
        "    with op.get_context().autocommit_block():\n"
        '        op.execute("CREATE INDEX CONCURRENTLY ix ON users (id)")',
        "the end of another transaction",
    ),
    "metadata": (
        "mysql",
        'op.execute("SELECT count(*) FROM users")\n' + OTHER.format("ALTER TABLE users ADD a INT"),
        "the table metadata lock",
    ),
    "rows": (
        "mysql",
        'op.execute("INSERT INTO users VALUES (7)")\n' + OTHER.format("DELETE FROM users"),
        "a row that another transaction has locked",
    ),
    "file": (
        "sqlite",
        'op.execute("INSERT INTO users VALUES (7)")\n'
        + OTHER.format("INSERT INTO users VALUES (8)"),
        "the database file",
    ),
}


def project(folder: Path, engine: str, up: str) -> Path:
    """A table, and a head that is about it."""
    url = NOT_THERE.get(engine, f"sqlite:///{folder}/dev.db")
    revisions = {"a1.py": revision(), "b2.py": revision(up, "pass", "b2", "a1")}
    options = ", connect_args={'timeout': 3000}" if engine == "sqlite" else ""
    env = sync_env(f"sa.create_engine(context.config.get_main_option('sqlalchemy.url'){options})")
    return lay_out(folder / "app", env, url=url, revisions=revisions)


@pytest.mark.parametrize("kind", KINDS)
def test_a_revision_that_waits_for_itself_is_ended(tmp_path: Path, kind: str) -> None:
    """The program itself runs, so that a test of a hang ends by its time limit."""
    engine, up, waited_for = KINDS[kind]
    ran = assay("prove", "b2", cwd=project(tmp_path, engine, up), code=1)
    assert "waited for a lock that another connection of the same run holds" in ran.out
    assert waited_for in ran.out
    assert f"b2.py:{6 + len(up.splitlines())}" in ran.out


def test_what_works_is_not_ended(
    tmp_path: Path, postgresql_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each works for longer than a wait may last: one statement, and one after a wait was over."""
    monkeypatch.setattr(waits, "LONGEST", 0.4)
    monkeypatch.setattr(waits, "_LOOK", 0.1)
    up = """
        op.execute("SELECT pg_sleep(1)")
        with op.get_bind().engine.begin() as other:
            other.execute(sa.text("SELECT pg_sleep(1)"))
    """
    with opened(project(tmp_path, "postgresql", up)) as session:
        report = prove(session, "b2", False, 0)
    assert report.exit_code == 0, report


def test_only_the_wait_that_was_ended_is_told_of(tmp_path: Path) -> None:
    """A revision that goes on after it fails for a reason of its own."""
    up = """
        op.execute("SELECT pg_advisory_lock(7)")
        with op.get_bind().engine.connect() as other:
            try:
                other.execute(sa.text("SELECT pg_advisory_lock(7)"))
            except sa.exc.OperationalError:
                pass
        op.execute("SELECT nonsense")
    """
    ran = assay("prove", "b2", cwd=project(tmp_path, "postgresql", up), code=1)
    assert "nonsense" in ran.out
    assert "waited for a lock" not in ran.out


@pytest.fixture
def stranger(postgresql_server: str) -> Iterator[str]:
    """URL of a real database of somebody else on the server where shadows are made."""
    name = f"assay_t_{uuid.uuid4().hex[:10]}"
    server = postgresql_server.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield f"{server.rpartition('/')[0]}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_waits_of_others_are_not_even_seen(
    tmp_path: Path, postgresql_server: str, stranger: str
) -> None:
    settings = f'shadow = {{ postgresql = "{postgresql_server}" }}'
    root = lay_out(tmp_path / "app", url=NOT_THERE["postgresql"], assay=settings)
    with (
        psycopg.connect(stranger) as holder,
        psycopg.connect(stranger) as waiter,
        Shadows(load_settings(root)) as shadows,
    ):
        holder.execute("SELECT pg_advisory_xact_lock(7)")
        done = threading.Thread(target=waiter.execute, args=("SELECT pg_advisory_xact_lock(7)",))
        done.start()
        try:
            made = shadows.create("postgresql")
            name = stranger.rpartition("/")[2]
            while not holder.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
                [name],
            ).fetchall():
                assert done.is_alive()
            assert shadows.lock_waits(Address(made.dialect, name, made.host, made.port)) == ()
            assert shadows.lock_waits(made) == ()
        finally:
            holder.rollback()
            done.join()
