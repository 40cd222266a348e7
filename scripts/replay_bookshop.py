"""Makes the bookshop again from nothing: `assay init`, then every change by `assay change`.

    python scripts/replay_bookshop.py sqlite|postgresql [--url URL] [--into FOLDER | --write]

The models at each step, the arguments and the rows put in between are in examples/bookshop/steps.
After each change the rows that were in the dev database before it must still be there, value by
value; at the end `assay check --live` and `assay prove --all` must be green. On PostgreSQL without
``--url`` the dev database is made on a private server that Assay's launcher starts for the run.
The project is made in a temporary folder. ``--into`` keeps it in a new folder; ``--write`` puts it
in the place of examples/bookshop, for when what `assay init` lays out or a receipt says has changed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STEPS = ROOT / "examples" / "bookshop" / "steps"
ORM = Path("src/adapters/persistence/orm")

Rows = dict[str, list[dict[str, Any]]]


def main() -> int:
    """Replay on one engine; 0 when every change went through and every row survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dialect", choices=("sqlite", "postgresql"))
    parser.add_argument("--url", help="the dev database; it must be empty")
    parser.add_argument("--into", type=Path, help="keep the project in this new folder")
    parser.add_argument("--write", action="store_true", help="make examples/bookshop anew")
    given = parser.parse_args()
    if given.into is not None and given.into.exists():
        parser.error(f"{given.into} exists already")
    with (
        tempfile.TemporaryDirectory(prefix="bookshop-") as temporary,
        _database(given.dialect, given.url) as url,
    ):
        project = Path(temporary).resolve() / "bookshop"
        count = replay(project, url)
        if given.into is not None:
            shutil.copytree(project, given.into)
        if given.write:
            _take_over(project)
    print(f"replayed {count} changes on {given.dialect}; every row survived")
    return 0


def replay(project: Path, url: str | None) -> int:
    """All changes, in a new project.

    :param url: the dev database; None for the project's own SQLite file.
    :returns: how many changes were made.
    :raises SystemExit: a command failed, or a row was lost.
    """
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("DATABASE_URL", None)
    if url is not None:
        environment["DATABASE_URL"] = url
    _assay(project.parent, environment, "init", project.name)
    shutil.copy(STEPS / "types.py", project / ORM / "types.py")
    database = url or f"sqlite:///{project / 'dev.db'}"
    changes = json.loads((STEPS / "changes.json").read_text(encoding="utf-8"))
    for change in changes:
        before = _rows(database)
        shutil.copy(STEPS / change["tables"], project / ORM / "tables.py")
        _assay(project, environment, "change", "-m", change["message"], *change["arguments"])
        _survived(before, _rows(database), change)
        _insert(database, change["rows"])
    _assay(project, environment, "check", "--live")
    _assay(project, environment, "prove", "--all")
    return len(changes)


def _take_over(project: Path) -> None:
    example = STEPS.parent
    for folder in ("alembic", ".assay", "docs", "src", "tests"):
        shutil.rmtree(example / folder, ignore_errors=True)
    # receipts are kept; what the project's own .gitignore files name is not
    left_out = ("__pycache__", ".pytest_cache", "dev.db*", "backups", "lock", "state.json")
    shutil.copytree(project, example, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*left_out))


def _assay(folder: Path, environment: dict[str, str], *arguments: str) -> None:
    print("$ assay", *(f'"{a}"' if " " in a else a for a in arguments), flush=True)
    command = [sys.executable, "-m", "assay", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, check=False)
    if done.returncode != 0:
        raise SystemExit(f"`assay {' '.join(arguments)}` ended with {done.returncode}")


def _rows(url: str) -> Rows:
    """Every row of every table, in the order of the primary key."""
    from sqlalchemy import MetaData, create_engine, select
    from sqlalchemy.pool import NullPool

    engine = create_engine(url, poolclass=NullPool)
    metadata = MetaData()
    with engine.connect() as connection:
        metadata.reflect(connection)
        return {
            table.name: [
                dict(row)
                for row in connection.execute(
                    select(table).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in metadata.sorted_tables
            if table.name != "alembic_version"
        }


def _insert(url: str, statements: list[str]) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _survived(before: Rows, after: Rows, change: dict[str, Any]) -> None:
    """Every row is there, and every value that was one, in the columns that were not dropped."""
    dropped = {a for a in change["arguments"] if change["arguments"][0] == "--drop"}
    for table, rows in before.items():
        now = after.get(table, [])
        if len(now) != len(rows):
            raise SystemExit(f"{table} had {len(rows)} rows and has {len(now)} now")
        for old, new in zip(rows, now, strict=True):
            for column, value in old.items():
                if f"{table}.{column}" in dropped:
                    continue
                if value is not None and new.get(column) != value:
                    raise SystemExit(f"{table}.{column} was {value!r}, is {new.get(column)!r}")


@contextmanager
def _database(dialect: str, url: str | None) -> Iterator[str | None]:
    if dialect == "sqlite" or url is not None:
        yield url
        return
    with private_postgresql() as found:
        yield found


@contextmanager
def private_postgresql() -> Iterator[str]:
    """URL of an empty database on a private server, which is gone afterwards."""
    from sqlalchemy.engine import URL

    from assay.dialects.postgresql.server import shadow_server

    server = shadow_server(None)
    try:
        at = server.create()
        url = URL.create(
            "postgresql+psycopg",
            username=at.user,
            database=at.database,
            query={"host": str(at.host), "port": str(at.port)},
        )
        print(f"dev database on {server.description}", flush=True)
        yield url.render_as_string(hide_password=False)
    finally:
        server.close()


if __name__ == "__main__":
    raise SystemExit(main())
