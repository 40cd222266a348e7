"""A project in a folder, driven by ``python -m assay`` in processes of its own (``forks.py``)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import forks

TABLES = "src/adapters/persistence/orm/tables.py"


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would reach into the tool or its tests."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("PYTEST_", "ASSAY_", "COV_")) and k != "DATABASE_URL"
    }
    return {**kept, **more}


@dataclass
class Ran:
    """What one run of the program gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    def step(self, name: str) -> dict[str, Any]:
        """The last step of that name."""
        return [s for s in self.document["steps"] if s["name"] == name][-1]

    @property
    def statuses(self) -> dict[int, str]:
        """How each numbered step ended."""
        return {s["number"]: s["status"] for s in self.document["steps"] if s["number"]}

    @property
    def text(self) -> str:
        """Everything it said."""
        return self.out + self.err


def assay(
    *arguments: str, cwd: Path, code: int | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Run the program to its end; ``code`` is the exit code it must have."""
    done = forks.run("assay", arguments, cwd, clean_environment(**(env or {})))
    ran = Ran(done.returncode, done.stdout, done.stderr)
    if code is not None:
        assert ran.code == code, f"exit code {ran.code}, not {code}\n{ran.out}\n{ran.err}"
    assert "Traceback" not in ran.out or code == 2
    return ran


def _said(name: str, revision: str) -> str:
    """What a revision file assigns to a name."""
    return next(
        line.rpartition(" = ")[2]
        for line in revision.splitlines()
        if line.startswith((f"{name}:", f"{name} ="))
    )


@dataclass
class Laid:
    """A project made by ``assay init``."""

    root: Path
    url: str = "sqlite:///dev.db"
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, code: int | None = None) -> Ran:
        """Run a command as people do."""
        return assay(*arguments, cwd=self.root, code=code, env=self.env)

    def json(self, *arguments: str, code: int | None = None) -> Ran:
        """Run a command with ``--json``."""
        ran = assay(*arguments, "--json", cwd=self.root, code=code, env=self.env)
        assert ran.document["exit_code"] == ran.code
        return ran

    def change(self, message: str = "change", *more: str, code: int | None = None) -> Ran:
        """Begin a change."""
        return self.json("change", "-m", message, *more, code=code)

    def go_on(self, *more: str, code: int | None = None) -> Ran:
        """``change --continue``."""
        return self.json("change", "--continue", *more, code=code)

    def edit(self, file: str | Path, old: str, new: str) -> None:
        """Replace one text in a file; it must be there."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {text}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def model(self, old: str, new: str) -> None:
        """Edit the models."""
        self.edit(TABLES, old, new)

    def column(self, text: str) -> None:
        """Add a column (or constraint) to ``users``."""
        self.model('    Column("name"', f'    {text},\n    Column("name"')

    def table(self, text: str) -> None:
        """Add text at the end of the models."""
        path = self.root / TABLES
        path.write_text(path.read_text(encoding="utf-8") + "\n\n" + text + "\n", encoding="utf-8")

    def imports(self, *names: str) -> None:
        """Import names from SQLAlchemy in the models."""
        self.model("from sqlalchemy import ", f"from sqlalchemy import {', '.join(names)}, ")

    def settings(self, text: str) -> None:
        """Put a line into ``[tool.assay]``."""
        self.edit("pyproject.toml", "[tool.assay]\n", f"[tool.assay]\n{text}\n")

    def tests_are(self, command: str) -> None:
        """The command of step 8."""
        self.edit("pyproject.toml", 'test = "pytest -x -q"', f"test = {json.dumps(command)}")

    @property
    def revisions(self) -> list[Path]:
        """The revision files."""
        return sorted((self.root / "alembic/versions").glob("*.py"))

    @property
    def newest(self) -> Path:
        """The file of the one revision that no other follows; names may carry the same second."""
        texts = {path: path.read_text(encoding="utf-8") for path in self.revisions}
        followed = {_said("down_revision", text) for text in texts.values()}
        [newest] = (path for path, text in texts.items() if _said("revision", text) not in followed)
        return newest

    def line_of(self, text: str, path: Path | None = None) -> int:
        """On which line of the newest revision a text stands."""
        lines = (path or self.newest).read_text(encoding="utf-8").splitlines()
        return next(n for n, line in enumerate(lines, 1) if text in line)

    @property
    def state(self) -> dict[str, Any] | None:
        """The state of the change in the making."""
        path = self.root / ".assay/state.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run SQL on the dev database as somebody else would; the rows of the last statement."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.root / "dev.db")) as connection:
                rows: list[tuple[Any, ...]] = []
                for statement in statements:
                    rows = connection.execute(statement).fetchall()
                connection.commit()
                return rows
        if self.url.startswith(("mysql", "mariadb")):
            with on_mysql(self.url) as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        import psycopg

        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as server:
            found: list[tuple[Any, ...]] = []
            for statement in statements:
                cursor = server.execute(statement.encode())
                found = cursor.fetchall() if cursor.description else []
            return found

    def people(self, *names: str) -> None:
        """Rows in ``users``."""
        for name in names:
            self.sql(
                f"INSERT INTO users (name, created_at) VALUES ('{name}', '2024-01-01 00:00:00')"
            )

    @property
    def dump(self) -> list[str]:
        """The whole content of the SQLite dev database."""
        with closing(sqlite3.connect(self.root / "dev.db")) as connection:
            return list(connection.iterdump())

    @property
    def at(self) -> list[str]:
        """The revisions that the dev database is stamped with."""
        return [row[0] for row in self.sql("SELECT version_num FROM alembic_version")]


@contextmanager
def on_mysql(url: str) -> Iterator[Any]:
    """A cursor on a MySQL or MariaDB database, past everything of SQLAlchemy."""
    import pymysql
    from sqlalchemy.engine import make_url

    at = make_url(url)
    with closing(
        pymysql.connect(
            host=at.host,
            port=at.port or 3306,
            user=at.username,
            password=str(at.password or ""),
            database=at.database,
            autocommit=True,
        )
    ) as connection:
        yield connection.cursor()


def copied(project: Laid, to: Path) -> Laid:
    """A copy of a project; its SQLite database comes along."""
    shutil.copytree(project.root, to)
    return Laid(to, project.url, dict(project.env))


@dataclass
class Running:
    """A run that has not ended."""

    process: subprocess.Popen[str]

    def wait_for(self, ready: Callable[[], bool], what: str) -> None:
        """Until something is so, or the run has ended."""
        for _ in range(1200):
            if ready():
                return
            if self.process.poll() is not None:
                out, err = self.process.communicate()
                raise AssertionError(f"ended before {what}: {out}\n{err}")
            time.sleep(0.025)
        self.process.kill()
        raise AssertionError(f"never {what}")

    def end(self, number: int) -> Ran:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return Ran(self.process.returncode, out, err)


def start(project: Laid, *arguments: str) -> Running:
    """Start the program in a process group of its own, as a terminal would."""
    return Running(
        subprocess.Popen(
            [sys.executable, "-m", "assay", *arguments],
            cwd=project.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=clean_environment(**project.env),
            start_new_session=True,
        )
    )


SIGNALS = {"SIGINT": signal.SIGINT, "SIGKILL": signal.SIGKILL}
