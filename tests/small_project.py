"""Small real projects, written into a folder: one table, one revision, whatever ``env.py`` a test needs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent, indent

from assay.config import load_settings
from assay.procedure.session import Session, open_session

__all__ = ["MODELS", "SYNC", "knocks", "lay_out", "opened", "revision", "sync_env"]

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
users = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""

UP = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'
DOWN = 'op.drop_table("users")'

MAKO = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


def sync_env(
    engine: str, *, before: str = "", options: str = "", models: str = MODELS, run: str = ""
) -> str:
    """An ``env.py`` as ``alembic init`` writes it, its engine made by the given expression."""
    return (
        "from alembic import context\n"
        + dedent(models)
        + dedent(before)
        + dedent(
            f"""
            import sqlalchemy as sa
            engine = {engine}
            with engine.connect() as connection:
                context.configure(
                    connection=connection, target_metadata=metadata, {options}
                )
                with context.begin_transaction():
                    context.run_migrations({run})
            """
        )
    )


SYNC = sync_env("sa.create_engine(context.config.get_main_option('sqlalchemy.url'))")


def revision(up: str = UP, down: str = DOWN, ident: str = "a1", after: str | None = None) -> str:
    """A revision file."""
    return (
        f'"""revision {ident}"""\nfrom alembic import op\nimport sqlalchemy as sa\n'
        f"revision = {ident!r}\ndown_revision = {after!r}\n"
        f"def upgrade(**arguments):\n{indent(dedent(up).strip(), '    ')}\n"
        f"def downgrade(**arguments):\n{indent(dedent(down).strip(), '    ')}\n"
    )


def lay_out(
    folder: Path,
    env: str = SYNC,
    *,
    url: str = "",
    assay: str = "",
    ini: str | None = None,
    revisions: Mapping[str, str] | None = None,
) -> Path:
    """Write the project.

    :param assay: the inside of ``[tool.assay]``.
    :param ini: None for a plain one; empty for none.
    :param revisions: file name and text; by default one that makes the table.
    """
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "migrations" / "env.py").write_text(env)
    (folder / "migrations" / "script.py.mako").write_text(MAKO)
    for name, text in ({"a1_users.py": revision()} if revisions is None else revisions).items():
        (versions / name).write_text(text)
    if ini is None:
        shown = url.replace("%", "%%")
        ini = f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {shown}\n"
    if ini:
        (folder / "alembic.ini").write_text(ini)
    (folder / "pyproject.toml").write_text(f"[tool.assay]\n{dedent(assay)}\n")
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[Session]:
    """A session of the project, as a command has it."""
    with open_session(load_settings(folder)) as session:
        yield session


class Knocks:
    """A port of this machine on which everyone who comes is counted."""

    def __init__(self, port: int) -> None:
        self.port, self.count = port, 0


@contextmanager
def knocks() -> Iterator[Knocks]:
    """A listener that counts connections and closes them at once."""
    server = socket.create_server(("127.0.0.1", 0))
    found = Knocks(server.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                guest, _ = server.accept()
            except OSError:
                return
            found.count += 1
            guest.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        # a last one of our own: when it was counted, everyone before it was
        with socket.create_connection(("127.0.0.1", found.port)) as last:
            last.recv(1)
        found.count -= 1
        server.close()
