"""Starts a private PostgreSQL server as our own child, and ends it.

It listens on a unix socket in a folder that only its user can enter, never on TCP. Nothing is
written through to a disk: the databases live as long as the run. It dies with this process.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from assay.dialects.postgresql.connecting import load_driver
from assay.dialects.postgresql.prepared import forget_prepared, make_data_folder
from assay.dialects.postgresql.programs import Programs, User, command, environment, user_for
from assay.dialects.server_folders import last_lines, left_folders, make_folders, remove
from assay.dialects.values import Address
from assay.dialects.watchdog import Watchdog
from assay.errors import UsageError

__all__ = ["Launched", "launch", "sweep"]

MEMORY_NEEDED = 500 * 1024 * 1024
"""Bytes that must be free in memory. An empty server takes 25 MB, 100 tables 14 MB a database."""
PORT = 5432
START_LIMIT = 60.0
"""Seconds; a start takes 0.06 s on an idle machine."""

_SETTINGS = """\
# Written by Assay: a throwaway server.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 50
shared_buffers = 32MB
dynamic_shared_memory_type = mmap
max_locks_per_transaction = 1024
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
wal_init_zero = off
wal_recycle = off
max_wal_size = 1GB
min_wal_size = 2MB
checkpoint_timeout = 1h
autovacuum = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
datestyle = 'iso, mdy'
default_text_search_config = 'pg_catalog.english'
"""


class Launched:
    """A running private server.

    :param folder: everything it has: data, socket, log.
    :param socket_folder: usually ``folder``; another one where that path is too long.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        folder: Path,
        socket_folder: Path,
        watchdog: Watchdog,
    ) -> None:
        self.process = process
        self.folder = folder
        self.socket_folder = socket_folder
        self._watchdog = watchdog

    @property
    def address(self) -> Address:
        """The server, its database ``postgres``, its superuser."""
        return Address(
            dialect="postgresql",
            database="postgres",
            host=str(self.socket_folder),
            port=PORT,
            user="postgres",
        )

    def close(self) -> None:
        """End the server and remove its folders."""
        _end(self.process)
        _free_memory(self.folder / "data")
        for folder in {self.folder, self.socket_folder}:
            remove(folder)
            self._watchdog.forget(folder)
        self._watchdog.forget(self.process.pid)


def launch(programs: Programs, watchdog: Watchdog) -> Launched:
    """Start a server and wait until it takes connections.

    :raises UsageError: it does not start, with the last lines of its log.
    """
    sweep()
    user = user_for(programs)
    folder, socket_folder = _folders(user, watchdog)
    process: subprocess.Popen[bytes] | None = None
    try:
        for _ in range(2):
            data = folder / "data"
            from_cache = make_data_folder(programs, user, data)
            (data / "postgresql.conf").write_text(_SETTINGS)
            with (folder / "log").open("wb") as log:
                process = _start(programs, user, data, socket_folder, log.fileno())
            watchdog.kill(process.pid)
            load_driver()
            if _wait_until_ready(process, data):
                return Launched(process, folder, socket_folder, watchdog)
            _end(process)
            watchdog.forget(process.pid)
            if not from_cache:
                break
            # Whatever is wrong with the prepared folder, a new one is 0.9 s away.
            forget_prepared(programs)
            remove(data)
        raise UsageError(
            "A private PostgreSQL did not start.",
            where=programs.path("postgres"),
            next_step="Repair what its log says, or name a server by ASSAY_SHADOW_POSTGRESQL.",
            cause=last_lines(folder / "log"),
        )
    except BaseException:
        if process is not None:
            _end(process)
            watchdog.forget(process.pid)
        for each in {folder, socket_folder}:
            remove(each)
            watchdog.forget(each)
        raise


def sweep() -> None:
    """Remove what killed runs left when their watchdog was killed too: servers, then folders."""
    for folder in left_folders():
        _end_left(folder / "data")
        _free_memory(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)


def _folders(user: User, watchdog: Watchdog) -> tuple[Path, Path]:
    """The server's folder and the one of its socket, made for nobody but the server's user."""

    def prepare(*folders: Path) -> None:
        for each in folders:
            if user.mode == "drop":
                os.chown(each, user.uid, user.gid)

    return make_folders(watchdog, f".s.PGSQL.{PORT}.lock", MEMORY_NEEDED, prepare)


def _start(
    programs: Programs, user: User, data: Path, socket_folder: Path, log: int
) -> subprocess.Popen[bytes]:
    arguments = [
        *(programs.path("postgres"), "-D", str(data), "-p", str(PORT)),
        *("-c", f"unix_socket_directories={socket_folder}"),
    ]
    return subprocess.Popen(
        command(user, arguments, die=signal.SIGQUIT),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=environment(),
        # Ctrl-C in the terminal is for us; the server is ended by us.
        start_new_session=True,
    )


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path) -> bool:
    """What ``pg_ctl -w`` does, without its pauses of 0.1 s: line 8 of ``postmaster.pid``."""
    until = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < until:
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except OSError:
            lines = []
        if len(lines) >= 8 and lines[7].strip() == "ready":
            return True
        time.sleep(0.003)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """At once: nothing in it is wanted any more. It ends its own children within 5 s."""
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_left(data: Path) -> None:
    """End the server that runs in a dead process's data folder, if one does."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        if not _serves(pid, data):
            return
        os.kill(pid, signal.SIGQUIT)
        for _ in range(400):
            time.sleep(0.02)
            os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        return


def _free_memory(data: Path) -> None:
    """After a server that was killed with SIGKILL: its shared memory segment of 56 bytes stays.

    A server that ended by itself has removed both the segment and ``postmaster.pid``, whose line 7
    holds the segment's key and number.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid, *_, segment = (data / "postmaster.pid").read_text().splitlines()[:7]
        number = int(segment.split()[1])
        if not _serves(int(pid), data):
            subprocess.run(["ipcrm", "-m", str(number)], capture_output=True, check=False)


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is the server of that folder, and not one that got its number later."""
    if Path("/proc/self").exists():
        # A server's working directory is its data folder.
        return Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
    asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    return str(data) in said.stdout
