"""A file database is saved before it is touched, and put back when the upgrade fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.dialects import Address, FileDatabases, load
from assay.project.environment import EnvRun

KEPT = 5
"""Backups of a file database that are kept."""

__all__ = ["leaving_no_file", "live_file", "put_back", "save", "set_aside"]


def live_file(run: EnvRun, root: Path) -> Address | None:
    """The file behind a real file database; None for a server, or a database in memory."""
    url = run.engine_url
    if url is None or load(run.dialect).files is None:
        return None
    name = url.database or ""
    if name in ("", ":memory:") or "mode=memory" in name:
        return None
    if name.startswith("file:"):
        name = name[len("file:") :].partition("?")[0]
    return Address(run.dialect, str((root / name).resolve()))


def save(database: Address, folder: Path, label: str) -> Path:
    """Save the file in ``folder``; gives the backup's path."""
    folder.mkdir(parents=True, exist_ok=True)
    backup = folder / f"{Path(database.database).stem}-before-{label}.db"
    partial = backup.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    if Path(database.database).exists():
        _files(database).save(database, partial)
    else:
        partial.touch()
    partial.replace(backup)
    _prune(folder)
    return backup


def _prune(folder: Path) -> None:
    """Keep the newest backups; what was found after a killed run is never removed."""
    made = sorted(folder.glob("*-before-*.db"), key=lambda path: path.stat().st_mtime_ns)
    for old in made[:-KEPT]:
        old.unlink(missing_ok=True)


def set_aside(database: Address, backup: Path) -> Path | None:
    """Keep a file as it is found, before :func:`put_back` replaces it; None where it is not there."""
    path = Path(database.database)
    if not path.is_file() or path.stat().st_size == 0:
        return None
    aside = backup.with_name(backup.name.replace("-before-", "-found-after-"))
    _files(database).save(database, aside)
    return aside


@contextmanager
def leaving_no_file(run: EnvRun, root: Path) -> Iterator[bool]:
    """Looking at a file database that is not there makes an empty file; it is taken away again.

    Gives whether the database is there.
    """
    database = live_file(run, root)
    path = Path(database.database) if database is not None else None
    there = path is None or path.exists()
    try:
        yield there
    finally:
        if path is not None and not there and path.is_file() and path.stat().st_size == 0:
            path.unlink()


def put_back(database: Address, backup: Path) -> None:
    """Put the file back as it was saved."""
    if backup.stat().st_size == 0:
        Path(database.database).unlink(missing_ok=True)
        return
    _files(database).restore(database, backup)


def _files(database: Address) -> FileDatabases:
    files = load(database.dialect).files
    assert files is not None, "live_file() gives only file databases"
    return files
