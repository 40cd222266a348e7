"""Private database servers for the tests, where the machine runs none.

They listen on 127.0.0.1 on a free port, so that every driver reaches them like an installed one.
Their data is in memory where there is room, and they wait for no disk: making and dropping a
database takes 0.05 s, not 0.2 s to 1 s (PostgreSQL 15.18, measured on a busy machine), a statement
of DDL 0.002 s, not 0.05 s (MariaDB 10.11, the same).
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.dialects.watchdog import Watchdog

LIMIT = 60.0
"""Seconds for a server to start."""


@contextmanager
def private_postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server of the test run: installed programs, else the embedded wheel's."""
    from assay.dialects.postgresql.prepared import make_data_folder
    from assay.dialects.postgresql.programs import command, environment, find, user_for

    programs = find()
    user = user_for(programs)
    with _folder() as (folder, watchdog):
        if user.mode == "drop":
            os.chown(folder, user.uid, user.gid)
        make_data_folder(programs, user, folder / "data")
        port = _free_port()
        settings = f"""
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            port = {port}
            max_connections = 200
            fsync = off
            full_page_writes = off
            synchronous_commit = off
            max_wal_size = 64MB
            min_wal_size = 8MB
        """
        (folder / "data" / "postgresql.conf").write_text(settings)
        program = command(
            user, [programs.path("postgres"), "-D", str(folder / "data")], die=signal.SIGQUIT
        )
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        with _running(
            program, folder, watchdog, signal.SIGQUIT, lambda: answers(url), environment()
        ):
            yield url


@contextmanager
def private_mariadb() -> Iterator[str]:
    """URL of a MariaDB or MySQL server of the test run.

    :raises LookupError: there are no server programs on this machine.
    """
    server = _program("mariadbd") or _program("mysqld")
    if server is None:
        raise LookupError("no mariadbd and no mysqld on this machine")
    with _folder() as (folder, watchdog):
        data = folder / "data"
        temporary = folder / "tmp"
        temporary.mkdir()
        # a server that starts removes temporary tables of other servers in a folder they share
        as_user = [f"--tmpdir={temporary}"]
        if os.geteuid() == 0:
            owner = _unprivileged()
            as_user.append(f"--user={owner.pw_name}")
            folder.chmod(0o755)
            data.mkdir()
            for each in (data, temporary):
                os.chown(each, owner.pw_uid, owner.pw_gid)
        _install(server, data, as_user, folder)
        port = _free_port()
        program = [
            *(server, "--no-defaults", f"--datadir={data}", *as_user),
            *("--bind-address=127.0.0.1", f"--port={port}"),
            *(f"--socket={data / 'socket'}", f"--pid-file={data / 'pid'}"),
            *("--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"),
            # as Debian's package has it
            *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"),
        ]
        url = f"mysql+pymysql://root@127.0.0.1:{port}/mysql"
        with _running(program, folder, watchdog, signal.SIGTERM, lambda: answers(url)):
            yield url


def answers(url: str) -> bool:
    """Whether a server takes this URL."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    try:
        with create_engine(url, poolclass=NullPool).connect():
            return True
    except (DBAPIError, OSError):
        return False


def _install(server: str, data: Path, as_user: list[str], folder: Path) -> None:
    script = _program("mariadb-install-db") or _program("mysql_install_db")
    if script is not None:
        command = [
            *(script, "--no-defaults", f"--datadir={data}", "--skip-test-db"),
            *("--auth-root-authentication-method=normal", *as_user),
        ]
    else:
        command = [
            *(server, "--no-defaults", "--initialize-insecure", f"--datadir={data}", *as_user)
        ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _unprivileged() -> pwd.struct_passwd:
    for name in ("mysql", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("neither a user mysql nor a user nobody")


def _program(name: str) -> str | None:
    places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    return shutil.which(name, path=places)


@contextmanager
def _folder() -> Iterator[tuple[Path, Watchdog]]:
    from assay.dialects.watchdog import Watchdog
    from assay.shadow.shadows import private_root

    watchdog = Watchdog()
    folder = Path(tempfile.mkdtemp(prefix="assay-tests-", dir=private_root()))
    # what is in memory must not stay there when a run is killed
    watchdog.remove(folder)
    try:
        yield folder, watchdog
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        watchdog.close()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def _running(
    program: list[str],
    folder: Path,
    watchdog: Watchdog,
    end: signal.Signals,
    ready: Callable[[], bool],
    environment: dict[str, str] | None = None,
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            program, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
            env=environment, start_new_session=True,
        )  # fmt: skip
    watchdog.kill(process.pid)
    try:
        until = time.monotonic() + LIMIT
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{program[0]} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(end)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
