"""Saving a live database file and putting it back, by SQLite's backup API.

A copy of the file's bytes would miss what stands in the write-ahead log, and a connection that is
open elsewhere would not notice. The backup takes SQLite's own locks.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote

from assay.errors import UsageError

__all__ = ["BUSY_SECONDS", "SIDECARS", "file_path", "is_memory", "remove", "restore", "save"]

BUSY_SECONDS = 5.0
"""How long to wait for a lock that somebody else holds."""

SIDECARS = ("-wal", "-shm", "-journal")
"""What SQLite adds to a file's name for the files it keeps beside it."""


def is_memory(database: str | None) -> bool:
    """Whether that database name makes no file: none, ``:memory:``, or a URI for memory."""
    if database is None or database in ("", ":memory:"):
        return True
    if not database.startswith("file:"):
        return False
    path, _, options = database[len("file:") :].partition("?")
    options = options.partition("#")[0]
    return path in ("", ":memory:") or "mode=memory" in options.split("&")


def file_path(database: str | None) -> Path | None:
    """The file that database name means, a ``file:`` URI resolved; ``None`` for one in memory."""
    if database is None or is_memory(database):
        return None
    if not database.startswith("file:"):
        return Path(database)
    rest = database[len("file:") :].partition("#")[0].partition("?")[0]
    if rest.startswith("//"):
        rest = "/" + rest[2:].partition("/")[2]
    return Path(unquote(rest))


def remove(path: Path) -> None:
    """Remove a database file and what stands beside it."""
    for name in (path, *(_beside(path, s) for s in SIDECARS)):
        name.unlink(missing_ok=True)


def save(path: Path, to: Path) -> None:
    """Copy the committed content of a live database file to ``to``, which is replaced.

    ``to`` is complete or not there: it is written beside and renamed.

    :raises UsageError: ``path`` is no readable database, or stays locked for 5 s.
    """
    if not path.is_file():
        raise UsageError("There is no database file to save.", where=str(path))
    part = _beside(to, ".part")
    remove(part)
    try:
        _backup(path, part, locked=path, doing="saved")
        remove(to)
        os.replace(part, to)  # noqa: PTH105 - pathlib's replace is this one
    finally:
        remove(part)


def restore(path: Path, from_: Path) -> None:
    """Put back into ``path`` what :func:`save` wrote to ``from_``.

    Connections that are open and idle see the old content in their next statement. Killed in the
    middle, the file is rolled back by whoever opens it next. The schema cookie counts on; the
    journal mode is put back where no other connection is open.

    :raises UsageError: ``from_`` is gone, or ``path`` stays locked for 5 s or is no database.
    """
    if not from_.is_file():
        raise UsageError("The saved database is not there.", where=str(from_))
    _backup(from_, path, locked=path, doing="put back")


def _backup(source: Path, target: Path, *, locked: Path, doing: str) -> None:
    try:
        with closing(_open(source, "rw")) as here, closing(_open(target, "rwc")) as there:
            here.execute("PRAGMA query_only = ON")
            if _journal_mode(here) != "wal" and _journal_mode(there) == "wal":
                # WAL mode would keep page size and mode. Refused while others are open.
                with suppress(sqlite3.OperationalError):
                    there.execute("PRAGMA journal_mode = DELETE")
            here.backup(there, progress=_deadline())
    except (sqlite3.Error, _StillLockedError) as error:
        busy = isinstance(error, _StillLockedError) or "locked" in str(error)
        raise UsageError(
            f"The database could not be {doing}: "
            + (f"it stayed locked for {BUSY_SECONDS:.0f} seconds." if busy else f"{error}."),
            where=str(locked),
            next_step=(
                "End the transaction of the other connection, then try again."
                if busy
                else f"See whether {source} and {target} are SQLite databases that can be opened."
            ),
        ) from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
    )


def _journal_mode(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


class _StillLockedError(Exception):
    pass


def _deadline() -> Callable[[int, int, int], None]:
    """Python's backup tries again for ever when it finds a lock; this ends it."""
    end = time.monotonic() + BUSY_SECONDS

    def progress(status: int, _remaining: int, _total: int) -> None:
        # 5 is SQLITE_BUSY, 6 SQLITE_LOCKED; Python has names for them since 3.11 only.
        if status & 0xFF in (5, 6) and time.monotonic() > end:
            raise _StillLockedError

    return progress


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
