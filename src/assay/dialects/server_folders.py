"""Folders of private servers: where they may be, how they are made, and what killed runs left."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assay.dialects.owners import is_dead, new_name
from assay.dialects.watchdog import Watchdog
from assay.errors import UsageError

__all__ = ["last_lines", "left_folders", "make_folders", "remove", "roots"]

MEMORY = Path("/dev/shm")
SOCKET_LIMIT = 100
"""Characters in a socket's path: the system allows 107 (Linux) or 103 (macOS)."""


def roots() -> list[Path]:
    """The folders in which a server's may be, the best first."""
    temporary = Path(tempfile.gettempdir()).resolve()
    found = [MEMORY, temporary, Path("/tmp").resolve()]
    return [root for root in dict.fromkeys(found) if root.is_dir()]


def make_folders(
    watchdog: Watchdog, socket: str, memory: int, prepare: Callable[[Path, Path], None]
) -> tuple[Path, Path]:
    """A server's folder and the one of its socket, mostly the same, that only we can enter.

    :param socket: the longest name of a file beside the socket, itself included.
    :param memory: bytes that must be free in memory for a server to live there.
    :param prepare: is given both, to make them what the server needs; what is no place for it raises
        an ``OSError``.
    :raises UsageError: there is no place.
    """
    places = [root for root in roots() if root != MEMORY or _roomy(root, memory)]
    reason: OSError | None = None
    for root in places:
        folder = root / new_name()
        socket_folder = folder
        if len(str(folder / socket)) > SOCKET_LIMIT:
            socket_folder = Path("/tmp").resolve() / new_name()
        try:
            for each in dict.fromkeys((folder, socket_folder)):
                watchdog.remove(each)
                each.mkdir(mode=0o700)
            prepare(folder, socket_folder)
            return folder, socket_folder
        except OSError as error:
            reason = error
            for each in {folder, socket_folder}:
                remove(each)
                watchdog.forget(each)
    raise UsageError(
        "There is no folder in which a private server could live.",
        where=", ".join(str(root) for root in places),
        next_step="Set TMPDIR to a folder that can be written.",
        cause=str(reason),
    )


def _roomy(root: Path, needed: int) -> bool:
    try:
        return os.access(root, os.W_OK) and shutil.disk_usage(root).free > needed
    except OSError:
        return False


def left_folders() -> Iterator[Path]:
    """Folders that dead processes left, of any engine, and that may be removed."""
    for root in roots():
        try:
            left = [entry for entry in root.iterdir() if is_dead(entry.name)]
        except OSError:
            continue
        for folder in left:
            with contextlib.suppress(OSError):
                if not folder.is_symlink() and os.geteuid() in (0, folder.stat().st_uid):
                    yield folder


def remove(folder: Path) -> None:
    """Remove a server's folder: one that is just ending may still write, so it is tried for a second."""
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.02)


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a server's log."""
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:]) or "(its log is empty)"
    return "(it wrote no log)"
