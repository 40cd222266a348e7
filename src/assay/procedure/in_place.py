"""Several revision files in the place of one: all of them or none, whatever is killed.

A journal in ``.assay/`` says what is being written, from before the first file until the last one is
proven. Where a command finds one that no run is at work with, the run was killed, and the original is
put back: half of the files would be a chain with two heads, and all of them one that nobody proved.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.procedure.state import busy, locked, set_up_folder
from assay.project.failures import short
from assay.report import Line, Status, Step

__all__ = ["in_place", "undo_killed", "write"]

_JOURNAL = "rewriting.json"


def write(path: Path, content: bytes) -> None:
    """At once: a killed run leaves the old file or the new one."""
    temporary = _beside(path)
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)  # noqa: PTH105


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


@contextmanager
def in_place(folder: Path, original: Path, files: Sequence[tuple[Path, bytes]]) -> Iterator[None]:
    """The files in the place of the original; it is put back when what is within raises.

    The original stays in ``backups/``.

    :param folder: ``.assay/``, locked by the caller.
    :param files: new ones, and mostly the original with another content.
    """
    set_up_folder(folder)
    (folder / "backups").mkdir(exist_ok=True)
    backup = folder / "backups" / original.name
    before = original.read_bytes()
    write(backup, before)
    journal = {
        "original": os.path.relpath(original, folder),
        "backup": os.path.relpath(backup, folder),
        # to tell what a run wrote from what somebody wrote since
        "files": {os.path.relpath(path, folder): _mark(content) for path, content in files},
    }
    write(folder / _JOURNAL, json.dumps(journal, indent=2).encode())
    try:
        for path, content in files:
            write(path, content)
        yield
    except BaseException:
        _undo(folder, journal)
        raise
    (folder / _JOURNAL).unlink()


def undo_killed(folder: Path) -> Step | None:
    """Put the original back that a killed run was rewriting; None where there is nothing to do.

    What somebody wrote into the files since is kept in ``backups/``.

    :param folder: ``.assay/``
    :raises UsageError: the journal or the backup was damaged by somebody else.
    """
    path = folder / _JOURNAL
    if not path.is_file() or busy(folder):
        return None
    with locked(folder):
        try:
            journal = json.loads(path.read_text(encoding="utf-8"))
            found = _undo(folder, journal)
        except FileNotFoundError as error:
            if not path.exists():  # another run was quicker
                return None
            raise _damaged(path, error) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _damaged(path, error) from error
    name = short(os.path.normpath(folder / journal["original"]))
    return Step(
        "recover",
        Status.NOTE,
        f"{name} is as it was before `assay review --fix` was killed while it rewrote it.",
        lines=tuple(Line(f"what was found: {short(str(one))}", "hint") for one in found),
        data={"file": name, "found": [short(str(one)) for one in found]},
    )


def _undo(folder: Path, journal: Mapping[str, Any]) -> list[Path]:
    """Put the original back and take the others away; can be done again where it was killed.

    :returns: where what somebody else wrote into the files was kept.
    """
    original = Path(os.path.normpath(folder / journal["original"]))
    before = (folder / journal["backup"]).read_bytes()
    paths = {Path(os.path.normpath(folder / n)): str(m) for n, m in journal["files"].items()}
    kept: list[Path] = []
    for path, mark in paths.items():
        now = path.read_bytes() if path.is_file() else before
        if now != before and _mark(now) != mark:
            kept.append(folder / "backups" / f"found-{path.name}")
            write(kept[-1], now)
    write(original, before)
    for path in paths:
        _beside(path).unlink(missing_ok=True)
        if path != original:
            path.unlink(missing_ok=True)
    (folder / _JOURNAL).unlink(missing_ok=True)
    return kept


def _mark(content: bytes) -> str:
    return sha256(content).hexdigest()


def _damaged(path: Path, error: Exception) -> UsageError:
    return UsageError(
        f"`assay review --fix` was killed, and what it noted cannot be undone: {error}",
        where=short(str(path)),
        next_step="Put the revision right by hand (as it was, it is in .assay/backups/), then remove "
        "that file.",
    )
