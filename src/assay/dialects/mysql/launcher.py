"""Starts a private MariaDB or MySQL server as our own child, and ends it.

It listens on a unix socket in a folder that only we can enter, never on TCP. Nothing is written
through to a disk: the databases live as long as the run. A watchdog ends it when this process dies.
MariaDB 10.11, measured: 0.1 s to start.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from assay.dialects.mysql.connecting import ConnectError, Target, connect
from assay.dialects.mysql.prepared import LAYOUT, forget_prepared, make_data_folder
from assay.dialects.mysql.programs import Programs, as_root, environment
from assay.dialects.server_folders import last_lines, left_folders, make_folders, remove
from assay.dialects.values import Address
from assay.dialects.watchdog import Watchdog
from assay.errors import UsageError

__all__ = ["Launched", "launch", "sweep"]

MEMORY_NEEDED = 700 * 1024 * 1024
"""Bytes that must be free in memory. An empty server takes 90 MB, 100 tables 12 MB a database."""
START_LIMIT = 60.0
"""Seconds."""
MARK = "mysql"
"""What a server's folder has in it, so that the folders of other engines are left alone."""

_OPTIONS = (
    "--skip-networking",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--event-scheduler=OFF",
    "--innodb-buffer-pool-size=64M",
    "--innodb-fast-shutdown=2",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=fsync",
    "--skip-innodb-doublewrite",
    "--lock-wait-timeout=60",
    "--max-allowed-packet=256M",
    "--max-connections=60",
    "--performance-schema=OFF",
    "--secure-file-priv=",
)
_MARIADB = ("--innodb-log-file-size=64M", "--sync-frm=OFF", "--aria-pagecache-buffer-size=8M")
_MYSQL = ("--mysqlx=OFF", "--innodb-redo-log-capacity=64M")


class Launched:
    """A running private server.

    :param folder: everything it has: data, log, and the socket unless the path is too long.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], folder: Path, socket: Path, watchdog: Watchdog
    ) -> None:
        self.process, self.folder, self.socket = process, folder, socket
        self._watchdog = watchdog

    @property
    def address(self) -> Address:
        """The server and its superuser; no database."""
        return _address(self.socket)

    def close(self) -> None:
        """End the server and remove its folders."""
        _end(self.process)
        for folder in {self.folder, self.socket.parent}:
            remove(folder)
            self._watchdog.forget(folder)
        self._watchdog.forget(self.process.pid)


def launch(programs: Programs, watchdog: Watchdog) -> Launched:
    """Start a server and wait until it takes connections.

    :raises UsageError: it does not start, with the last lines of its log.
    """
    sweep()
    folder, socket = _folders(watchdog)
    process: subprocess.Popen[bytes] | None = None
    try:
        for _ in range(2):
            data = folder / "data"
            from_cache = make_data_folder(programs, data)
            with (folder / "log").open("wb") as log:
                process = _start(programs, data, socket, log.fileno())
            watchdog.kill(process.pid)
            if _wait_until_ready(process, socket):
                return Launched(process, folder, socket, watchdog)
            _end(process)
            watchdog.forget(process.pid)
            if not from_cache:
                break
            forget_prepared(programs)
            remove(data)
        raise UsageError(
            f"A private {programs.product} did not start.",
            where=programs.server,
            next_step="Repair what its log says, or name a server by ASSAY_SHADOW_MYSQL.",
            cause=last_lines(folder / "log"),
        )
    except BaseException:
        if process is not None:
            _end(process)
            watchdog.forget(process.pid)
        for each in {folder, socket.parent}:
            remove(each)
            watchdog.forget(each)
        raise


def sweep() -> None:
    """Remove what killed runs left when their watchdog was killed too: servers, then folders."""
    for folder in left_folders():
        with contextlib.suppress(OSError):
            if (folder / MARK).exists():
                _end_left(folder)
                shutil.rmtree(folder, ignore_errors=True)


def _address(socket: Path) -> Address:
    return Address(dialect="mysql", database="", host=str(socket), port=0, user="root")


def _folders(watchdog: Watchdog) -> tuple[Path, Path]:
    """The server's folder and the path of its socket."""

    def prepare(folder: Path, socket_folder: Path) -> None:
        for each in {folder, socket_folder}:
            (each / MARK).touch()
        (folder / "tmp").mkdir()

    folder, socket_folder = make_folders(watchdog, "socket", MEMORY_NEEDED, prepare)
    return folder, socket_folder / "socket"


def _start(programs: Programs, data: Path, socket: Path, log: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(programs.server, "--no-defaults", *as_root()),
            # a server that starts removes the temporary tables in there, those of others too: an
            # installed server that shares the folder crashes (MariaDB 10.11, measured)
            f"--tmpdir={data.parent / 'tmp'}",
            *(f"--datadir={data}", f"--socket={socket}", f"--pid-file={data / 'pid'}"),
            *LAYOUT,
            *_OPTIONS,
            *(_MARIADB if programs.mariadb else _MYSQL),
        ],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=environment(),
        # Ctrl-C in the terminal is for us; the server is ended by us.
        start_new_session=True,
    )


def _wait_until_ready(process: subprocess.Popen[bytes], socket: Path) -> bool:
    until = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < until:
        if socket.exists():
            with contextlib.suppress(ConnectError):
                connect(Target(_address(socket))).close()
                return True
        time.sleep(0.01)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """At once: nothing in it is wanted any more, and a shutdown in order takes 1.6 s."""
    if process.poll() is None:
        process.kill()
        process.wait()


def _end_left(folder: Path) -> None:
    """End the server that runs in a dead process's folder, if one does."""
    with contextlib.suppress(OSError, ValueError):
        data = folder / "data"
        pid = int((data / "pid").read_text())
        if _serves(pid, data):
            os.kill(pid, signal.SIGKILL)


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is the server of that folder, and not one that got its number later."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return f"--datadir={data}" in words
    except OSError:
        asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        return f"--datadir={data}" in said.stdout
