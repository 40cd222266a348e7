"""``python -m assay`` in processes that start quickly: forked from one that has imported libraries.

A run of the program spends more time on importing SQLAlchemy, Alembic and Typer than on its work.
Here an interpreter imports them once and forks for each run: a process of its own, with its own
folder, environment, pipes and exit code, that ends as any interpreter does. Assay itself is
imported anew by each (but for the entry point that Alembic loads with itself), so what it does
while it starts is tested as ever. Run as a program, this file is that interpreter.

Not for what is started by hand: signals, terminals and the start itself are tested on
``python -m assay`` started from nothing.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import cycle
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any

__all__ = ["run"]

LIBRARIES = (
    "alembic.autogenerate",
    "alembic.command",
    "alembic.config",
    "alembic.context",
    "alembic.op",
    "psycopg",
    "pymysql",
    "rich.console",
    "rich.table",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.orm",
    "typer",
    "typer.main",
)

# what an interpreter takes from its environment when it starts, and not later
AT_THE_START = ("PYTHON", "LC_", "LANG", "TZ", "HOME", "LD_")


def run(
    module: str, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], limit: float = 120
) -> subprocess.CompletedProcess[str]:
    """``python -m MODULE ARGUMENTS`` to its end, without input.

    :param limit: seconds until it is killed.
    :raises subprocess.TimeoutExpired: it was.
    """
    command = [sys.executable, "-m", module, *arguments]
    if _started_by(env) != _started_by(os.environ):
        return subprocess.run(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", check=False, timeout=limit,
        )  # fmt: skip
    parent = _next_parent()
    out, err = os.pipe(), os.pipe()
    with Path(os.devnull).open("rb") as nothing:
        request = {"module": module, "arguments": [*arguments], "cwd": str(cwd), "env": dict(env)}
        parent.send(request, [nothing.fileno(), out[1], err[1]])
    os.close(out[1])
    os.close(err[1])
    pid = parent.receive()
    try:
        said = _read([out[0], err[0]], time.monotonic() + limit)
        if said is None:
            raise subprocess.TimeoutExpired(command, limit)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        parent.receive()
        raise
    finally:
        os.close(out[0])
        os.close(err[0])
    code = parent.receive()
    return subprocess.CompletedProcess(command, code, *(_text(each) for each in said))


def _started_by(env: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in env.items() if k.startswith(AT_THE_START)}


def _text(data: bytes) -> str:
    return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _read(pipes: list[int], until: float) -> list[bytes] | None:
    """All that comes out until nobody holds their other ends; None when that is too late."""
    said: dict[int, list[bytes]] = {pipe: [] for pipe in pipes}
    with DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, EVENT_READ)
        while selector.get_map():
            left = until - time.monotonic()
            if left <= 0:
                return None
            for key, _ in selector.select(left):
                data = os.read(key.fd, 65536)
                if data:
                    said[key.fd].append(data)
                else:
                    selector.unregister(key.fd)
    return [b"".join(said[pipe]) for pipe in pipes]


class _Parent:
    """An interpreter that forks; it ends when this process does, by the end of their socket."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def send(self, request: dict[str, Any], files: list[int]) -> None:
        socket.send_fds(self._socket, [json.dumps(request).encode()], files)

    def receive(self) -> int:
        """A process id first, then how that process ended."""
        answer = self._socket.recv(100)
        assert answer, "the interpreter that forks is gone"
        return int(answer)


_parents: Any = None


def _next_parent() -> _Parent:
    # by turns: two runs after each other differ in the seed of their hashes, as they do else
    global _parents
    if _parents is None:
        _parents = cycle([_Parent(), _Parent()])
    found: _Parent = next(_parents)
    return found


def _serve(requests: socket.socket) -> dict[str, Any] | None:
    """Fork for each request; returns in each child with its request, in the parent at the end."""
    while True:
        message, files, _, _ = socket.recv_fds(requests, 4 * 1024 * 1024, 3)
        if not message:
            return None
        pid = os.fork()
        if pid == 0:
            requests.close()
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            found: dict[str, Any] = json.loads(message)
            return found
        for file in files:
            os.close(file)
        requests.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


def _main() -> None:
    for library in LIBRARIES:
        import_module(library)
    gc.collect()
    gc.freeze()
    request = _serve(socket.socket(fileno=int(sys.argv[1])))
    if request is None:
        return
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    # as the option -m has them
    sys.path[0] = str(Path.cwd())
    sys.argv[1:] = request["arguments"]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
