"""Shadows that are files in a folder."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from assay.dialects.base import ShadowServer
from assay.dialects.sqlite.files import BUSY_SECONDS, SIDECARS, file_path, remove, save
from assay.dialects.values import Address, LockWait
from assay.errors import UsageError

__all__ = ["FileShadows", "copy_live", "shadow_server"]


class FileShadows:
    """Databases in a private folder, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._made: set[str] = set()

    @property
    def description(self) -> str:
        """For people."""
        return f"SQLite {sqlite3.sqlite_version}, files in a private folder"

    def create(self) -> Address:
        """A new empty database."""
        path = self._new_path()
        path.touch()
        return self._address(path)

    def copy(self, source: Address) -> Address:
        """A new database with the committed content of one made here."""
        origin, path = self._own(source), self._new_path()
        beside = (origin.with_name(origin.name + suffix) for suffix in SIDECARS)
        if any(file.exists() and file.stat().st_size for file in beside):
            save(origin, path)
        else:
            # Everything is in the one file; this is quicker, and right for an encrypted one too.
            shutil.copyfile(origin, path)
        return self._address(path)

    def drop(self, database: Address) -> None:
        """End a database made here; a connection still open writes into a file without a name."""
        path = self._own(database)
        remove(path)
        self._made.discard(database.database)

    def lock_waits(self, _database: Address) -> tuple[LockWait, ...]:
        """Nothing is seen: SQLite itself ends a wait, see :attr:`Address.patience`."""
        return ()

    def waits_for(self, _database: Address, _wait: LockWait) -> str:
        """Nothing that is seen."""
        return ""

    def end_wait(self, _wait: LockWait) -> None:
        """Nothing."""

    def end_running(self, _database: Address) -> None:
        """Nothing: it runs in this process."""

    def like(self, _defaults: Mapping[str, str]) -> None:
        """Nothing: there are no such defaults."""

    def enter(self, database: Address) -> None:
        """Nothing: a file has no server around it."""

    def leaked(self) -> tuple[str, ...]:
        """Nothing: a file has no server around it."""
        return ()

    @property
    def own(self) -> bool:
        """The folder is ours."""
        return True

    def close(self) -> None:
        """End everything made here."""
        for made in sorted(self._made):
            remove(Path(made))
        self._made.clear()

    def _new_path(self) -> Path:
        return self._folder / f"shadow-{next(self._numbers)}.db"

    def _address(self, path: Path) -> Address:
        self._made.add(str(path))
        return Address("sqlite", str(path), patience=BUSY_SECONDS)

    def _own(self, address: Address) -> Path:
        if address.database not in self._made:
            raise ValueError(f"{address} was not made here")
        return Path(address.database)


def shadow_server(named: str | None, folder: Path) -> FileShadows:
    """Shadows as files in ``folder``.

    :raises UsageError: a server is named: SQLite has none.
    """
    if named is not None:
        raise UsageError(
            "A shadow server is named for SQLite, which has no servers.",
            next_step="Remove the setting; shadows of SQLite are files in a private folder.",
        )
    return FileShadows(folder)


def copy_live(server: ShadowServer, url: str, limit: int) -> tuple[Address | None, str]:
    """A copy of a real database file on ``server``, with its rows; the source is only read.

    :param url: SQLAlchemy URL.
    :param limit: bytes, the write-ahead log counted in.
    :returns: the copy and how it was made, or None and why there is none.
    """
    from sqlalchemy.engine import make_url

    path = file_path(make_url(url).database)
    if path is None:
        return None, "the database is in memory"
    if not path.is_file():
        return None, f"there is no file {path}"
    size = path.stat().st_size
    log = path.with_name(path.name + "-wal")
    size += log.stat().st_size if log.exists() else 0
    if size > limit:
        return None, f"the file has {size} bytes, the limit is {limit}"
    copy = server.create()
    try:
        save(path, Path(copy.database))
    except UsageError as error:
        server.drop(copy)
        return None, error.what
    return copy, f"a copy of the file, {size} bytes"
