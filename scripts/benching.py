"""What the benchmarks share: a server, processes, and what a page says of the machine."""

from __future__ import annotations

import os
import platform
import subprocess
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

INI = """\
[alembic]
script_location = %(here)s/alembic
prepend_sys_path = %(here)s
path_separator = os
"""


def ran(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process at its end, with what it printed."""
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def timed(command: list[str], folder: Path, **variables: str) -> float:
    """Seconds that a process takes; it must succeed."""
    began = time.perf_counter()
    done = ran(command, folder, **variables)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return seconds


@dataclass
class Server:
    """The PostgreSQL server that every program uses."""

    url: str
    description: str

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The URL of a database: empty, or a copy of the one that the URL ``template`` names.

        The copy is one of files, with a checkpoint (PostgreSQL 15 and later; before, always so).
        """
        from sqlalchemy import create_engine, make_url, pool, text

        name = f"bench_{uuid.uuid4().hex}"
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=pool.NullPool)
        with admin.connect() as connection:
            create = f"CREATE DATABASE {name}"
            if template is not None:
                create += f" TEMPLATE {make_url(template).database}"
                if connection.dialect.server_version_info >= (15,):
                    create += " STRATEGY file_copy"
            connection.execute(text(create))
        try:
            url = make_url(self.url).set(database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            with admin.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def a_server(named: str | None) -> Iterator[Server]:
    """The named server, or one started for this run."""
    from assay.dialects.postgresql.server import shadow_server

    if named:
        with_databases = shadow_server(named)
        try:
            yield Server(named, f"PostgreSQL {with_databases.server_version}, a named server")
        finally:
            with_databases.close()
        return
    private = shadow_server(None)
    try:
        at = private.create()
        url = f"postgresql+psycopg://{at.user}@/postgres?host={at.host}&port={at.port}"
        yield Server(url, private.description)
    finally:
        private.close()


def load() -> str:
    """The machine's load over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def machine(load_before: str, load_after: str) -> str:
    """The machine and its load as an item of a page's list."""
    return (
        f"- Machine: {os.cpu_count()} processors ({platform.machine()}), {platform.system()};"
        " load before and after the\n"
        f"  run {load_before} and {load_after}. Python {platform.python_version()}."
    )


def versions(more: Iterable[str] = ()) -> str:
    """The versions of what takes part, for people."""
    names = ("assay", "alembic", "SQLAlchemy", "psycopg")
    return ", ".join([*(f"{name} {version(name)}" for name in names), *more])
