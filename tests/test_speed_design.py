"""That the work grows with the chain as it is meant to: counted, never timed."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from assay.dialects import load

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "bench_prove.py"

# Runs `assay prove --all` and says how many catalog statements the walk sent.
COUNTING = """
import sys
import assay.prove.walk as walk
from assay.cli import main

sent = 0
query_on = walk.query_on

def counted(connection):
    query = query_on(connection)
    def run(sql):
        global sent
        sent += 1
        return query(sql)
    return run

walk.query_on = counted
sys.argv = ["assay", "prove", "--all"]
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
print("sent", sent)
"""


def make_project(folder: Path, revisions: int) -> None:
    """The trivial chain of the benchmark."""
    spec = spec_from_file_location("bench_prove", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["bench_prove"] = module
    sys.path.insert(0, str(SCRIPT.parent))  # as where it is run
    spec.loader.exec_module(module)
    module.make_project(folder, revisions)


def run(code: list[str], folder: Path, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, *code],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def database(postgresql_server: str) -> Iterator[str]:
    url = make_url(postgresql_server).set(drivername="postgresql")
    name = f"speed_{uuid.uuid4().hex}"
    with psycopg.connect(url.render_as_string(False), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name).render_as_string(False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Counted:
    """A query function on a connection, and what it was asked."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.sent: list[str] = []
        self.rows = 0

    def __call__(self, text: str) -> list[tuple[Any, ...]]:
        self.sent.append(text)
        rows = self.connection.execute(text.encode()).fetchall()
        self.rows += len(rows)
        return rows

    def since(self) -> list[str]:
        sent, self.sent = self.sent, []
        return sent

    def rows_since(self) -> int:
        rows, self.rows = self.rows, 0
        return rows


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_walk_sends_a_constant_number_of_statements_per_revision(
    dialect: str, tmp_path: Path, postgresql_server: str
) -> None:
    counts = {}
    for revisions in (9, 18, 30):
        folder = tmp_path / str(revisions)
        make_project(folder, revisions)
        url = postgresql_server if dialect == "postgresql" else "sqlite:///never.db"
        said = run(
            ["-c", COUNTING], folder, BENCH_URL=url, ASSAY_SHADOW_POSTGRESQL=postgresql_server
        )
        counts[revisions] = int(said.split()[-1])
    per_revision = (counts[18] - counts[9]) / 9
    assert counts[30] - counts[18] == 12 * per_revision, counts
    # three times: what is prepared, the fence, which relations, what they are
    assert 3 <= per_revision <= 12, counts


def test_revision_files_are_loaded_once(tmp_path: Path) -> None:
    make_project(tmp_path, 12)
    for file in (tmp_path / "alembic" / "versions").glob("*.py"):
        tell = 'with open("loaded.txt", "a") as file:\n    file.write(revision + "\\n")\n'
        file.write_text(file.read_text() + f"\n\n{tell}")
    run(["-m", "assay", "prove", "--all"], tmp_path, BENCH_URL="sqlite:///never.db")
    loaded = Counter((tmp_path / "loaded.txt").read_text().split())
    assert len(loaded) == 12
    assert set(loaded.values()) == {1}, loaded


def test_catalog_is_read_in_as_many_statements_whatever_its_size(database: str) -> None:
    with psycopg.connect(database) as connection:
        query = Counted(connection)
        counts = []
        for number in range(1, 41):
            connection.execute(
                f"CREATE TABLE t{number} (id serial PRIMARY KEY, name text)".encode()
            )
            if number in (1, 10, 40):
                state = load("postgresql").read_catalog(query)
                assert len(state.snapshot.of_kind("table")) == number
                counts.append(len(query.since()))
    assert counts == [3, 3, 3]


def test_refreshing_again_and_again_plans_nothing_anew(database: str) -> None:
    """The two large statements are prepared once, under a driver that forgets at each rollback."""
    with psycopg.connect(database) as connection:
        query = Counted(connection)
        connection.execute("CREATE TABLE a (id int); CREATE TABLE b (id int)")
        state = load("postgresql").read_catalog(query)
        connection.commit()
        sent: list[list[str]] = []
        for number in range(10):
            connection.execute(f"SAVEPOINT s{number}".encode())
            connection.execute(f"ALTER TABLE a ADD COLUMN x{number} int".encode())
            query.since()
            state = state.refresh(query)
            sent.append(query.since())
            column = state.snapshot.get("column", "public", "a", f"x{number}")
            assert column is not None
            connection.execute(f"ROLLBACK TO SAVEPOINT s{number}".encode())
            state = state.refresh(query)
            assert state.snapshot.get("column", "public", "a", f"x{number}") is None
        assert all(len(one) == 4 and max(map(len, one)) < 200 for one in sent[3:]), sent[3:]
        prepared = connection.execute("SELECT name FROM pg_prepared_statements").fetchall()
        assert len([name for (name,) in prepared if name.startswith("assay_")]) == 2


def test_refresh_survives_what_discards_prepared_statements(database: str) -> None:
    with psycopg.connect(database) as connection:
        query = Counted(connection)
        connection.execute("CREATE TABLE a (id int)")
        state = load("postgresql").read_catalog(query)
        for number in range(6):
            connection.execute(f"ALTER TABLE a ADD COLUMN x{number} int".encode())
            if number > 3:
                connection.execute("DEALLOCATE ALL")
            settings = connection.execute("SHOW enable_seqscan").fetchall()
            state = state.refresh(query)
            assert state.snapshot == load("postgresql").read_catalog(query).snapshot
            assert connection.execute("SHOW enable_seqscan").fetchall() == settings


def test_a_followed_statement_asks_the_same_whatever_the_size_of_the_catalog(database: str) -> None:
    """As many questions, as many rows read, with ten tables as with sixty; nothing touched, fewer."""
    found = []
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE a (id int PRIMARY KEY, b text DEFAULT 'x')")
        for number in range(1, 61):
            connection.execute(f"CREATE TABLE t{number} (id serial PRIMARY KEY, a text)".encode())
            if number not in (10, 60):
                continue
            connection.commit()
            query = Counted(connection)
            dialect = load("postgresql")
            follower = dialect.follower(query, dialect.read_catalog(query))
            follower.begin()
            # the first prepares
            for name in ("u", "v", "w"):
                connection.execute(f"ALTER TABLE a ADD COLUMN {name} int".encode())
                query.since()
                query.rows_since()
                assert follower.look(autocommit=False)
            found.append((len(query.since()), query.rows_since()))
            connection.execute("UPDATE a SET u = 1")
            assert not follower.look(autocommit=False)
            assert len(query.since()) == 2
            connection.rollback()
    assert found[0] == found[1]
    assert found[0][0] == 2


def test_what_came_back_is_not_read(database: str) -> None:
    """A table made and dropped again leaves every other catalog row where it was."""
    with psycopg.connect(database) as connection:
        query = Counted(connection)
        connection.execute("CREATE TABLE a (id int)")
        state = load("postgresql").read_catalog(query)
        connection.execute("CREATE TABLE b (id serial PRIMARY KEY)")
        connection.execute("DROP TABLE b")
        query.since()
        assert state.refresh(query) is state
        assert len(query.since()) == 1


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom assay.cli import main\nsys.argv = ['assay', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('heavy:', sorted({m.split('.')[0] for m in sys.modules}"
        " & {'sqlalchemy', 'alembic', 'rich', 'psycopg', 'mako', 'asyncio'}))"
    )
    assert run(["-c", code], tmp_path).rstrip().endswith("heavy: []")
