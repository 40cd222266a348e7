"""Prepared data folders of private servers, in the user's cache: made once, copied by every run."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from assay.dialects.owners import new_name, sweep_folders

__all__ = ["copy_prepared", "is_ours", "keep", "place_of", "put_aside"]


def place_of(engine: str, program: Path, version: str, made_of: Sequence[str]) -> Path | None:
    """Where the prepared folder of a server is to be; None where nothing can be kept.

    :param program: the server's; with another one the folder is another one.
    :param made_of: what else makes it another one.
    """
    from platformdirs import user_cache_path

    try:
        stat = program.stat()
        folder = user_cache_path("assay") / engine
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError):
        return None
    if not os.access(folder, os.W_OK):
        return None
    said = "|".join((*made_of, str(stat.st_size), str(stat.st_mtime_ns)))
    return folder / f"{version}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def is_ours(prepared: Path) -> bool:
    """Whether it is there and nobody else's: what is in it says what a server does, and for whom."""
    try:
        return prepared.lstat().st_uid == os.geteuid() and not prepared.is_symlink()
    except OSError:
        return False


def copy_prepared(prepared: Path, data: Path) -> bool:
    """Make ``data`` of it; False where that cannot be."""
    try:
        shutil.copytree(prepared, data, symlinks=True)
    except (OSError, shutil.Error):
        # Somebody is rebuilding it, or it is broken: do without.
        shutil.rmtree(data, ignore_errors=True)
        return False
    return True


def keep(data: Path, prepared: Path) -> None:
    """Put a copy into the cache in one step; of several processes one does it."""
    sweep_folders(prepared.parent)
    building = prepared.parent / new_name()
    try:
        shutil.copytree(data, building, symlinks=True)
        building.rename(prepared)
    except (OSError, shutil.Error):
        shutil.rmtree(building, ignore_errors=True)


def put_aside(prepared: Path) -> None:
    """Throw it away in one step, whatever it is."""
    aside = prepared.parent / new_name()
    try:
        prepared.rename(aside)
    except OSError:
        return
    if aside.is_symlink() or not aside.is_dir():
        aside.unlink(missing_ok=True)
    else:
        shutil.rmtree(aside, ignore_errors=True)
