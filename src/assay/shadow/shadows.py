"""The life of this process's shadows: made when needed, all gone at the end, whatever happens."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from assay.config import Settings
from assay.dialects import Address, LockWait, ShadowServer, canonical, load
from assay.dialects.owners import new_name, sweep_folders
from assay.dialects.watchdog import Watchdog

__all__ = ["Shadows", "private_root"]

_ROOM = 512 * 1024 * 1024


def private_root() -> Path:
    """Where private folders are made: memory-backed when there is room, else the temporary folder."""
    memory = Path("/dev/shm")
    try:
        if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM:
            probe = tempfile.TemporaryFile(dir=memory)  # noqa: SIM115
            probe.close()
            return memory
    except OSError:
        pass
    return Path(tempfile.gettempdir())


class Shadows:
    """Makes shadow databases for a project; a context manager that ends them all."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._servers: dict[str, ShadowServer] = {}
        self._folder: Path | None = None
        self._watchdog: Watchdog | None = None

    @property
    def folder(self) -> Path:
        """A private folder (mode 0700) of this process, removed at the end, by a watchdog if killed."""
        if self._folder is None:
            root = private_root()
            sweep_folders(root)
            folder = root / new_name()
            self._watchdog = Watchdog()
            self._watchdog.remove(folder)
            folder.mkdir(mode=0o700)
            self._folder = folder
        return self._folder

    def server(self, dialect: str) -> ShadowServer:
        """The server on which shadows of a dialect are made; started at the first call.

        :raises UsageError: there is none, with the ways to get one.
        """
        dialect = canonical(dialect)
        if dialect not in self._servers:
            named = self.settings.shadow.get(dialect)
            self._servers[dialect] = load(dialect).shadow_server(named, self.folder)
        return self._servers[dialect]

    def create(self, dialect: str) -> Address:
        """A new empty database."""
        return self.server(dialect).create()

    def copy(self, source: Address) -> Address:
        """A copy of a database made here that nobody is connected to."""
        return self.server(source.dialect).copy(source)

    def drop(self, database: Address) -> None:
        """End one database early."""
        self.server(database.dialect).drop(database)

    def enter(self, database: Address) -> None:
        """Work on a database begins; one that was not made here is left alone."""
        server = self._servers.get(canonical(database.dialect))
        if server is not None:
            server.enter(database)

    def lock_waits(self, database: Address) -> tuple[LockWait, ...]:
        """What waits for a lock now in a database made here; nothing of any other."""
        server = self._servers.get(canonical(database.dialect))
        return server.lock_waits(database) if server is not None else ()

    def waits_for(self, database: Address, wait: LockWait) -> str:
        """What a statement waits for, in words."""
        return self.server(database.dialect).waits_for(database, wait)

    def end_wait(self, database: Address, wait: LockWait) -> None:
        """Let a statement fail that waits for a lock."""
        self.server(database.dialect).end_wait(wait)

    def end_running(self, database: Address) -> None:
        """Let every statement fail that runs now in a database made here; nothing of any other."""
        server = self._servers.get(canonical(database.dialect))
        if server is not None:
            server.end_running(database)

    def leaked(self) -> tuple[str, ...]:
        """What revisions made outside their databases: ``ROLE "reader"``."""
        return tuple(one for server in self._servers.values() for one in server.leaked())

    @property
    def kept(self) -> bool:
        """Whether what was leaked stays, on a server that goes on running."""
        return any(server.leaked() and not server.own for server in self._servers.values())

    def descriptions(self) -> tuple[str, ...]:
        """What the proofs ran on, for the report."""
        return tuple(server.description for server in self._servers.values())

    def close(self) -> None:
        """End everything."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        if self._watchdog is not None:
            self._watchdog.close()
            self._watchdog = None

    def __enter__(self) -> Shadows:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
