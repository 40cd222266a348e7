"""``assay init``: laying out a new project, and adopting one that has Alembic already."""

from __future__ import annotations

from pathlib import Path

from assay.errors import UsageError
from assay.layout.adopt import adopt as adopt_project
from assay.layout.database import DIALECTS, choose_database
from assay.layout.existing import find_alembic
from assay.layout.new import lay_out_new
from assay.layout.values import LayoutResult, Suggestion

__all__ = ["DIALECTS", "LayoutResult", "Suggestion", "lay_out"]


def lay_out(
    folder: Path,
    *,
    dialect: str | None = None,
    url: str | None = None,
    adopt: bool = False,
) -> LayoutResult:
    """Lay out a project in a folder, which is made if it is not there.

    A file that exists is never overwritten.

    :param dialect: ``sqlite``, ``postgresql`` or ``mysql``; by default what ``url`` says, else
        SQLite.
    :param url: SQLAlchemy URL of the dev database, for ``alembic.ini``. It may hold a password,
        which no message shows.
    :param adopt: the project has Alembic: only add what is missing, suggest the rest as diffs. In a
        project without Alembic this is the same as laying out a new one.
    :raises UsageError: the folder is a file, the dialect or URL is of no use, the project has
        Alembic and ``adopt`` was not said, or a file cannot be made.
    """
    root = _folder(folder)
    database = choose_database(root, dialect, url)
    existing = find_alembic(root) if root.is_dir() else None
    if existing is None:
        return lay_out_new(root, database)
    if not adopt:
        raise UsageError(
            "This project has Alembic already.",
            where=str(existing.where),
            next_step="Run `assay init --adopt`: it adds what is missing and changes nothing that "
            "exists.",
        )
    if url is not None:
        raise UsageError(
            "--url is for a new project; this one has its own.",
            where=str(existing.where),
            next_step="Leave out --url.",
        )
    return adopt_project(existing)


def _folder(folder: Path) -> Path:
    """The folder, absolute.

    :raises UsageError: it is something else than a folder.
    """
    root = folder.expanduser().resolve()
    if root.exists() and not root.is_dir():
        raise UsageError(
            f"{root} is not a folder.", next_step="Name a folder; one that is not there is made."
        )
    return root
