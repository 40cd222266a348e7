"""What a proof costs: `alembic upgrade head`, `assay prove --all` and pytest-alembic, side by side.

    python scripts/bench_prove.py [--revisions 100,300] [--repeats 3] [--url URL] [--write]

Makes a chain of trivial revisions (one third each: create a table, add a column, create an index),
runs each program as a process of its own, one after the other and all of that several times, and
prints medians and what they are to each other. PostgreSQL is a private server that Assay's launcher
starts for the run, or the one that ``--url`` names; every program uses the same server. Seconds
differ from machine to machine and hour to hour; the ratios of one run are what counts.

pytest-alembic runs in a virtual environment of its own, made in ``--cache`` at the first run:
0.13.1 fails at collection under pytest 9.2. Its tests are the four built-in ones and the experimental
``downgrade_leaves_no_trace``, each on an empty database.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benching import INI, Server, a_server, load, machine, timed, versions

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
LIMIT = 6.0
"""`prove --all` takes at most this many times `alembic upgrade head` on PostgreSQL."""
HELP_LIMIT = 0.150
"""Seconds that `assay --help` takes at most over an interpreter that does nothing."""
NEEDED = ("pytest-alembic==0.13.1", "pytest==9.1.1")

_ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine, pool

from tables import metadata


def run(connection):
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


engine = context.config.attributes.get("connection")
if engine is None:
    engine = create_engine(os.environ["BENCH_URL"], poolclass=pool.NullPool)
if hasattr(engine, "connect"):
    with engine.connect() as connection:
        run(connection)
else:
    run(engine)
"""

_CONFTEST = """\
import os
import uuid

import pytest
from sqlalchemy import create_engine, make_url, pool, text


@pytest.fixture
def alembic_config():
    return {"file": "alembic.ini"}


@pytest.fixture
def alembic_engine():
    server = make_url(os.environ["BENCH_SERVER"])
    name = f"bench_{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=pool.NullPool)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(server.set(database=name), poolclass=pool.NullPool)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
"""

_TESTS = """\
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace
"""


def make_project(folder: Path, revisions: int) -> None:
    """A project whose models are what its chain of that many revisions makes."""
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI)
    (folder / "alembic" / "env.py").write_text(_ENV)
    (folder / "pyproject.toml").write_text('[tool.assay]\nconfig = "alembic.ini"\n')
    (folder / "conftest.py").write_text(_CONFTEST)
    (folder / "test_chain.py").write_text(_TESTS)
    models = ["from sqlalchemy import Column, Index, Integer, MetaData, String, Table", ""]
    models.append("metadata = MetaData()")
    for number in range(1, revisions + 1):
        table, kind = (number - 1) // 3 + 1, (number - 1) % 3
        name = f"table_{table:03d}"
        if kind == 0:
            models.append(
                f'{name} = Table("{name}", metadata, Column("id", Integer, primary_key=True),'
                ' Column("name", String(50), nullable=False))'
            )
            up = (
                f'op.create_table("{name}", sa.Column("id", sa.Integer(), nullable=False),'
                ' sa.Column("name", sa.String(50), nullable=False),'
                ' sa.PrimaryKeyConstraint("id"))'
            )
            down = f'op.drop_table("{name}")'
        elif kind == 1:
            models.append(f'{name}.append_column(Column("extra", Integer))')
            up = f'op.add_column("{name}", sa.Column("extra", sa.Integer(), nullable=True))'
            down = f'op.drop_column("{name}", "extra")'
        else:
            models.append(f'Index("ix_{name}_extra", {name}.c.extra)')
            up = f'op.create_index("ix_{name}_extra", "{name}", ["extra"])'
            down = f'op.drop_index("ix_{name}_extra", table_name="{name}")'
        before = f'"r{number - 1:04d}"' if number > 1 else "None"
        (versions / f"r{number:04d}_step.py").write_text(
            f'"""Step {number}."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
            f'revision = "r{number:04d}"\ndown_revision = {before}\n'
            "branch_labels = None\ndepends_on = None\n\n\n"
            f"def upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n"
        )
    (folder / "tables.py").write_text("\n".join(models) + "\n")


@dataclass
class Measured:
    """Seconds of several runs of each program over one chain."""

    revisions: int
    dialect: str
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, program: str, seconds: float) -> None:
        """One run more."""
        self.seconds.setdefault(program, []).append(seconds)
        print(f"  {self.dialect} {self.revisions}: {program} {seconds:.2f} s", flush=True)

    def median(self, program: str) -> float:
        """Seconds."""
        return statistics.median(self.seconds[program])

    def ratio(self, program: str) -> float:
        """How many times the upgrade."""
        return self.median(program) / self.median(UPGRADE)


UPGRADE, PROVE, PYTEST = "alembic upgrade head", "assay prove --all", "pytest-alembic"


def on_postgresql(
    folder: Path, revisions: int, repeats: int, server: Server, pytest: Path | None, once: int
) -> Measured:
    """The programs in turn, several times; pytest-alembic once from ``once`` revisions on."""
    measured = Measured(revisions, "postgresql")
    for repeat in range(-1, repeats):
        add: Callable[[str, float], None] = measured.add
        if repeat < 0:  # compiles what is compiled once: nobody is measured in it
            add = lambda *_: None  # noqa: E731
        with server.database() as url:
            add(UPGRADE, timed(_alembic(), folder, BENCH_URL=url))
        with server.database() as url:
            variables = {"BENCH_URL": url, "ASSAY_SHADOW_POSTGRESQL": server.url}
            add(PROVE, timed(_assay(), folder, **variables))
        if pytest is not None and repeat >= 0 and (revisions < once or repeat == 0):
            command = [str(pytest), "-q", "-p", "no:cacheprovider", "test_chain.py"]
            add(PYTEST, timed(command, folder, BENCH_SERVER=server.url))
    return measured


def on_sqlite(folder: Path, revisions: int, repeats: int) -> Measured:
    """The upgrade and the proof, in turn, several times."""
    from assay.shadow.shadows import private_root

    measured = Measured(revisions, "sqlite")
    for repeat in range(-1, repeats):
        add: Callable[[str, float], None] = measured.add
        if repeat < 0:
            add = lambda *_: None  # noqa: E731
        # where Assay's own shadows are: in memory where there is room
        with tempfile.TemporaryDirectory(dir=private_root()) as place:
            url = f"sqlite:///{place}/dev.db"
            add(UPGRADE, timed(_alembic(), folder, BENCH_URL=url))
        add(PROVE, timed(_assay(), folder, BENCH_URL=url))
    return measured


def _alembic() -> list[str]:
    return [sys.executable, "-m", "alembic", "upgrade", "head"]


def _assay() -> list[str]:
    return [sys.executable, "-m", "assay", "prove", "--all"]


def help_over_interpreter(repeats: int) -> tuple[float, float]:
    """Seconds of `python -c pass` and of `assay --help`: medians of runs in turn."""
    bare: list[float] = []
    with_help: list[float] = []
    for _ in range(repeats):
        bare.append(timed([sys.executable, "-c", "pass"], ROOT))
        with_help.append(timed([sys.executable, "-m", "assay", "--help"], ROOT))
    return statistics.median(bare), statistics.median(with_help)


def pytest_alembic(cache: Path) -> Path:
    """The `pytest` of a virtual environment with pytest-alembic; made where it is not there yet."""
    folder = cache / "pytest-alembic"
    program = folder / "bin" / "pytest"
    wanted = [*NEEDED, *(f"{one}=={version(one)}" for one in ("alembic", "SQLAlchemy", "psycopg"))]
    wanted.append(f"psycopg-binary=={version('psycopg')}")
    made = folder / "made.txt"
    if not made.exists() or made.read_text() != "\n".join(wanted):
        print("  making the environment of pytest-alembic", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        timed([sys.executable, "-m", "venv", str(folder)], ROOT)
        timed([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *wanted], ROOT)
        made.write_text("\n".join(wanted))
    return program


def table(results: list[Measured]) -> list[str]:
    """The results as lines of a Markdown table."""
    lines = [
        "| database | revisions | program | seconds, median | of runs from – to | times the upgrade |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for measured in results:
        for program, seconds in measured.seconds.items():
            lines.append(
                f"| {measured.dialect} | {measured.revisions} | `{program}` |"
                f" {measured.median(program):.2f} |"
                f" {len(seconds)}: {min(seconds):.2f} – {max(seconds):.2f} |"
                f" {measured.ratio(program):.1f} |"
            )
    return lines


def page(
    results: list[Measured],
    server: str,
    with_pytest: bool,
    bare: float,
    with_help: float,
    loads: tuple[str, str],
) -> str:
    """The page of benchmarks."""
    peers = [one.replace("==", " ") for one in NEEDED] if with_pytest else []
    worst = [m for m in results if m.dialect == "postgresql"]
    said = ", ".join(f"{m.ratio(PROVE):.1f} at {m.revisions} revisions" for m in worst)
    return f"""# Benchmarks

Made by `python scripts/bench_prove.py --write` (`make bench`) on {date.today().isoformat()}.
Seconds differ from machine to machine; what the programs take in one run, side by side, counts.

{machine(*loads)}
- Server: {server}.
  Every program uses the same one.
- Versions: {versions(peers)}.

## Proving a whole chain

A chain of trivial revisions: one third each creates a table, adds a column, creates an index. Each
program is a process of its own; they run in turn.

- `alembic upgrade head` on an empty database.
- `assay prove --all`: every revision up, down, up with the catalogs compared, hand-written DDL
  looked for, models compared with the chain.
- pytest-alembic: its four built-in tests and the experimental `downgrade_leaves_no_trace`.

{chr(10).join(table(results))}

The aim is at most {LIMIT:.0f} times the upgrade on PostgreSQL. Here: {said}.

## Start

`assay --help` takes {with_help * 1000:.0f} ms, an interpreter that does nothing
{bare * 1000:.0f} ms: {(with_help - bare) * 1000:.0f} ms over it.
The aim is less than {HELP_LIMIT * 1000:.0f} ms.

## Stalls

What a change makes readers and writers wait, Alembic's plain revision beside the safe form, has a
page of its own: [bench-locks.md](bench-locks.md).
"""


def main() -> int:
    """Measure, print, write; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--revisions", default="100,300", help="lengths of the chains")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--url", help="SQLAlchemy URL of a PostgreSQL server to use")
    parser.add_argument("--skip-pytest-alembic", action="store_true")
    parser.add_argument(
        "--once", type=int, default=200, help="pytest-alembic runs once from this length on"
    )
    default = Path(tempfile.gettempdir()) / "assay-bench"
    parser.add_argument("--cache", type=Path, default=default, help="folder for environments")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    chosen = parser.parse_args()
    results: list[Measured] = []
    before = load()
    pytest = None if chosen.skip_pytest_alembic else pytest_alembic(chosen.cache)
    lengths = [int(one) for one in chosen.revisions.split(",")]
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as place:
        with a_server(chosen.url) as server:
            for revisions in lengths:
                folder = Path(place) / str(revisions)
                make_project(folder, revisions)
                results.append(
                    on_postgresql(folder, revisions, chosen.repeats, server, pytest, chosen.once)
                )
            description = server.description
        for revisions in lengths:
            results.append(on_sqlite(Path(place) / str(revisions), revisions, chosen.repeats))
    bare, with_help = help_over_interpreter(max(chosen.repeats, 5))
    print("\n".join(table(results)))
    print(f"assay --help: {(with_help - bare) * 1000:.0f} ms over a bare interpreter")
    if chosen.write:
        PAGE.parent.mkdir(exist_ok=True)
        loads = (before, load())
        PAGE.write_text(page(results, description, pytest is not None, bare, with_help, loads))
        print(f"written: {PAGE.relative_to(ROOT)}")
    slow = [m for m in results if m.dialect == "postgresql" and m.ratio(PROVE) > LIMIT]
    return 1 if slow or with_help - bare > HELP_LIMIT else 0


if __name__ == "__main__":
    raise SystemExit(main())
