"""Nothing is left behind, whatever is killed: real processes, really killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.dialects.owners import is_dead, process_start
from assay.dialects.postgresql import launcher, programs
from assay.dialects.postgresql.connecting import connect, parse_url
from assay.dialects.postgresql.named import NamedServer
from assay.dialects.postgresql.private import PrivateServer
from assay.dialects.postgresql.server import shadow_server
from assay.dialects.watchdog import Watchdog

LIMIT = 10.0
"""Seconds until something counts as left behind."""

CHILD = """
import json, os, pathlib, signal, sys, time
# whoever runs the tests under nohup hands down an ignored SIGHUP
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from assay.dialects.postgresql.server import shadow_server

url, folder, end = sys.argv[1] or None, pathlib.Path(sys.argv[2]), sys.argv[3]
folder.mkdir()
(folder / "file").write_text("x")
server = shadow_server(url, folder)
first = server.create()
second = server.copy(first)
launched = getattr(server, "_launched", None)
watchdog = server._watchdog
print(json.dumps({
    "pid": launched.process.pid if launched else None,
    "data": str(launched.folder) if launched else None,
    "databases": [first.database, second.database],
    "watchdogs": [each.pid for each in (watchdog._shell, watchdog._python) if each],
}), flush=True)
if end == "exit":
    sys.exit(0)
if end == "raise":
    raise RuntimeError("as asked")
if end == "fork":
    # A child that outlives us and knows nothing of the server.
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)
if end == "forked child exits":
    import atexit
    child = os.fork()
    if child == 0:
        sys.exit(0)
    os.waitpid(child, 0)
    assert server.query("SELECT 1") == [(1,)]
    sys.exit(0)
time.sleep(120)
"""


def eventually(check: Callable[[], bool]) -> bool:
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.02)
    return check()


def there(url: str) -> set[str]:
    connection = connect(parse_url(url))
    try:
        return {str(row[0]) for row in connection.query("SELECT datname::text FROM pg_database")}
    finally:
        connection.close()


class Child:
    """A process that has made a server and two databases on it."""

    def __init__(self, url: str, folder: Path, end: str) -> None:
        self.url = url
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(folder), end],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.said: dict[str, Any] = json.loads(self.process.stdout.readline())

    def server_is_gone(self) -> bool:
        pid = self.said["pid"]
        return pid is None or process_start(pid) is None

    def databases_are_gone(self) -> bool:
        return not self.url or not set(self.said["databases"]) & there(self.url)

    def folders_are_gone(self, own: bool = True) -> bool:
        data = self.said["data"]
        return (data is None or not Path(data).exists()) and not (own and self.folder.exists())

    def watchdogs_are_gone(self) -> bool:
        return all(process_start(pid) is None for pid in self.said["watchdogs"])


@pytest.fixture(params=["private", "named"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "private":
        return ""
    return str(request.getfixturevalue("postgresql_server"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_killed(url: str, number: signal.Signals, tmp_path: Path) -> None:
    child = Child(url, tmp_path / "own", "sleep")
    if url:
        assert set(child.said["databases"]) <= there(url)
    else:
        assert process_start(child.said["pid"]) is not None
    # Ctrl-C reaches every process of the group.
    os.killpg(child.process.pid, number)
    child.process.wait()
    assert eventually(child.server_is_gone)
    assert eventually(child.databases_are_gone)
    # After SIGINT Python ends in order, and the caller's own folder is the caller's.
    assert eventually(lambda: child.folders_are_gone(own=number != signal.SIGINT))
    assert eventually(child.watchdogs_are_gone)


@pytest.mark.parametrize("end", ["exit", "raise", "forked child exits"])
def test_ended(url: str, end: str, tmp_path: Path) -> None:
    child = Child(url, tmp_path / "own", end)
    assert child.process.wait() == (1 if end == "raise" else 0)
    assert child.server_is_gone()
    assert child.databases_are_gone()
    assert child.folders_are_gone(own=False)
    assert child.watchdogs_are_gone()


def test_killed_while_a_forked_child_lives_on(url: str, tmp_path: Path) -> None:
    child = Child(url, tmp_path / "own", "fork")
    child.process.wait()
    try:
        assert eventually(child.server_is_gone)
        assert eventually(child.databases_are_gone)
        assert eventually(child.folders_are_gone)
    finally:
        os.killpg(child.process.pid, signal.SIGKILL)


def test_next_run_removes_what_a_dead_watchdog_left(url: str, tmp_path: Path) -> None:
    child = Child(url, tmp_path / "own", "sleep")
    for pid in child.said["watchdogs"]:
        os.kill(pid, signal.SIGKILL)
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
    if url:
        assert set(child.said["databases"]) <= there(url)
    else:
        assert Path(child.said["data"]).exists()
        assert is_dead(Path(child.said["data"]).name)
    shadow_server(url or None).close()
    assert eventually(child.server_is_gone)
    assert eventually(child.databases_are_gone)
    assert eventually(lambda: child.folders_are_gone(own=False))


def test_a_server_left_running_is_ended_by_the_next_run(tmp_path: Path) -> None:
    """As on a system without PR_SET_PDEATHSIG: the server goes on when its parent dies."""
    code = CHILD.replace(
        "import json,",
        "from assay.dialects.postgresql import launcher, programs\n"
        "as_it_is = programs.command\n"
        "launcher.command = lambda user, arguments, die=None: as_it_is(user, arguments)\n"
        "import json,",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "", str(tmp_path / "own"), "sleep"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    for pid in said["watchdogs"]:
        os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait()
    assert process_start(said["pid"]) is not None
    launcher.sweep()
    assert eventually(lambda: process_start(said["pid"]) is None)
    assert not Path(said["data"]).exists()


def test_sweeping_leaves_the_living_alone() -> None:
    server = PrivateServer(programs.find(), Watchdog())
    try:
        launcher.sweep()
        code = "from assay.dialects.postgresql.launcher import sweep; sweep()"
        subprocess.run([sys.executable, "-c", code], check=True)
        assert server._launched.folder.exists()
        assert server.query("SELECT 1") == [(1,)]
    finally:
        server.close()


def test_named_server_sweeps_only_the_dead(postgresql_server: str) -> None:
    one = NamedServer(postgresql_server, Watchdog())
    try:
        made = one.create()
        NamedServer(postgresql_server, Watchdog()).close()
        assert made.database in there(postgresql_server)
    finally:
        one.close()


def test_server_outlives_the_thread_that_started_it() -> None:
    made: list[PrivateServer] = []
    thread = threading.Thread(
        target=lambda: made.append(PrivateServer(programs.find(), Watchdog()))
    )
    thread.start()
    thread.join()
    (server,) = made
    try:
        time.sleep(0.2)
        assert server.query("SELECT 1") == [(1,)]
    finally:
        server.close()


def test_database_in_the_making_is_dropped_too(postgresql_server: str) -> None:
    """SIGKILL while the server works at CREATE DATABASE: it goes on after its client is gone."""
    code = (
        "import sys\n"
        "from assay.dialects.postgresql.server import shadow_server\n"
        "server = shadow_server(sys.argv[1])\n"
        "print(server._prefix, flush=True)\n"
        "while True:\n"
        "    server.create()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, postgresql_server], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    prefix = process.stdout.readline().strip()
    assert eventually(lambda: any(each.startswith(prefix) for each in there(postgresql_server)))
    process.kill()
    process.wait()

    def quiet() -> bool:
        for _ in range(5):
            if any(each.startswith(prefix) for each in there(postgresql_server)):
                return False
            time.sleep(0.1)
        return True

    assert eventually(quiet)


def test_password_shows_nowhere() -> None:
    watchdog = Watchdog()
    watchdog.drop_databases(
        "assay_none_", "assay.dialects.postgresql.named", {"password": "s3cret"}
    )
    try:
        assert watchdog._python is not None
        for name in ("cmdline", "environ"):
            path = Path(f"/proc/{watchdog._python.pid}/{name}")
            if path.exists():
                assert b"s3cret" not in path.read_bytes()
    finally:
        watchdog.close()


class TestWatchdog:
    """The watchdog alone, with folders and processes that are not servers."""

    CODE = (
        "import os, pathlib, signal, sys\n"
        "from assay.dialects.watchdog import Watchdog\n"
        "watchdog = Watchdog()\n"
        "folders = [pathlib.Path(each) for each in sys.argv[1:]]\n"
        "for folder in folders:\n"
        "    watchdog.remove(folder)\n"
        "{}\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    def run(self, what: str, *folders: Path) -> None:
        for folder in folders:
            folder.mkdir()
            (folder / "file").write_text("x")
        code = self.CODE.format(what)
        subprocess.run([sys.executable, "-c", code, *map(str, folders)], check=False)

    def test_removes_strange_names(self, tmp_path: Path) -> None:
        folders = [tmp_path / name for name in ("a b  c", "$(touch x)'\"`*", "-rf", "ž\\n")]
        kept = tmp_path / "a"
        kept.mkdir()
        self.run("", *folders)
        assert eventually(lambda: not any(folder.exists() for folder in folders))
        assert kept.exists()

    def test_forgets(self, tmp_path: Path) -> None:
        gone, kept = tmp_path / "gone", tmp_path / "kept"
        self.run("watchdog.forget(folders[1])", gone, kept)
        assert eventually(lambda: not gone.exists())
        assert kept.exists()

    def test_closed_does_nothing(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        self.run("watchdog.close(); watchdog.close()", kept)
        time.sleep(0.3)
        assert kept.exists()

    def test_is_started_again_when_it_was_killed(self, tmp_path: Path) -> None:
        first, second = tmp_path / "first", tmp_path / "second"
        second.mkdir()
        self.run(
            "watchdog._shell.kill(); watchdog._shell.wait()\n"
            "watchdog.remove(folders[0].with_name('second'))",
            first,
        )
        assert eventually(lambda: not first.exists() and not second.exists())

    def test_kills_what_does_not_listen(self, tmp_path: Path) -> None:
        said = tmp_path / "pid"
        self.run(
            "import subprocess\n"
            "sleeper = subprocess.Popen(['sleep', '300'])\n"
            f"pathlib.Path({str(said)!r}).write_text(str(sleeper.pid))\n"
            "watchdog.kill(sleeper.pid)"
        )
        pid = int(said.read_text())
        assert eventually(lambda: process_start(pid) is None)

    @pytest.mark.parametrize("path", ["relative", "/", "/a\nb", "/a "])
    def test_refuses(self, path: str) -> None:
        with pytest.raises(ValueError, match="can be watched"):
            Watchdog().remove(Path(path))
