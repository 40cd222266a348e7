"""The projects: one kind of change, as Alembic writes it and as ``assay generate`` writes it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benching import INI, timed
from kinds import Kind

FIRST = "before"
"""The revision before the change: one id for every project, so that they share the filled tables."""

# As `alembic init` lays it out, but that it notes when the revisions began and ended.
_ENV = """\
import os
import time
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine, pool

from tables import metadata

connectable = context.config.attributes.get("connection")
if connectable is None:
    connectable = create_engine(os.environ["BENCH_URL"], poolclass=pool.NullPool)
began = None
try:
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            began = time.monotonic()
            context.run_migrations()
finally:
    if "BENCH_MARKS" in os.environ and began is not None:
        Path(os.environ["BENCH_MARKS"]).write_text(f"{began!r} {time.monotonic()!r}")
"""


def alembic(*words: str) -> list[str]:
    """The command line of the real Alembic."""
    return [sys.executable, "-m", "alembic", *words]


def lay_out(folder: Path, kind: Kind, empty: str) -> None:
    """The project before the change; its first revision is written by Alembic.

    :param empty: URL of an empty database.
    """
    (folder / "alembic" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI)
    (folder / "alembic" / "env.py").write_text(_ENV)
    template = _templates() / "generic" / "script.py.mako"
    shutil.copy(template, folder / "alembic" / "script.py.mako")
    (folder / "pyproject.toml").write_text('[tool.assay]\nconfig = "alembic.ini"\nonline = true\n')
    (folder / "tables.py").write_text(kind.models(changed=False))
    words = ("revision", "--autogenerate", "-m", "before", "--rev-id", FIRST)
    timed(alembic(*words), folder, BENCH_URL=empty)


def _templates() -> Path:
    import alembic

    return Path(alembic.__file__).parent / "templates"


def revisions(folder: Path) -> set[Path]:
    """The revision files of a project."""
    return set((folder / "alembic" / "versions").glob("*.py"))


def plain(folder: Path, kind: Kind, url: str) -> bool:
    """Write the change as ``alembic revision --autogenerate`` does.

    :param url: a database at the first revision.
    :returns: whether Alembic saw it; if not, the kind's line is what a person writes there.
    """
    (folder / "tables.py").write_text(kind.models(changed=True))
    there = revisions(folder)
    words = ("revision", "--autogenerate", "-m", "plain", "--rev-id", "plain")
    timed(alembic(*words), folder, BENCH_URL=url)
    (made,) = revisions(folder) - there
    text = made.read_text()
    head, upgrade, body = text.partition("def upgrade()")
    body, downgrade, rest = body.partition("def downgrade()")
    if "op." in body:
        return True
    if kind.by_hand is None:
        raise SystemExit(f"{kind.name}: Alembic saw no change\n{text}")
    body = body.replace("    pass\n", f"    {kind.by_hand}\n", 1)
    made.write_text(head + upgrade + body + downgrade + rest)
    return False


def ours(folder: Path, kind: Kind, shadows: str) -> int:
    """Write the change with ``assay generate``, ``online = true``.

    :param shadows: URL of the server where it may make its shadows.
    :returns: how many revisions it wrote.
    """
    (folder / "tables.py").write_text(kind.models(changed=True))
    there = revisions(folder)
    words = [sys.executable, "-m", "assay", "generate", "-m", "ours", *kind.answers]
    # the URL is never reached: while it generates, the project is led to the shadow
    timed(words, folder, BENCH_URL=shadows, ASSAY_SHADOW_POSTGRESQL=shadows)
    made = revisions(folder) - there
    if not made:
        raise SystemExit(f"{kind.name}: assay generate wrote no revision")
    return len(made)
