"""Cleans up after this process when it is killed, whatever kills it.

A ``/bin/sh`` in a session of its own waits for the end of a pipe that only this process holds. The
kernel closes the pipe when the process dies, by SIGKILL too; the shell then ends the servers and
removes the folders it was told of. Databases on a server that goes on running are dropped by a
Python process that waits in the same way and is started only when such a database is made.
PostgreSQL 15.18, measured: a server is gone about 0.01 s after its parent was killed.

Standard library only; starting it costs one ``/bin/sh``. Run as a program, this file is that Python
process.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

__all__ = ["Watchdog"]

# Lines in: "set N VERB VALUE" and "unset N", N counted up. At the end of input: all kills, then all
# removals. The start time guards against a process id that was given to somebody else meanwhile.
_SHELL = r"""
trap '' HUP INT QUIT TERM
nap() { sleep 0.02 2>/dev/null || sleep 1; }
started() {
  if [ -r /proc/self/stat ]; then
    line=; { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
    set -- ${line##*) }
    case $1 in Z|X) return 1;; esac
    shift 19; printf %s "$1"
  else
    LC_ALL=C ps -o lstart= -p "$1" | tr -dc '0-9A-Za-z' | tr A-Z a-z
  fi
}
lives() { [ "$(started "$1")" = "$2" ]; }
end() {
  tries=0
  while lives "$1" "$2"; do
    [ $tries -eq 300 ] && kill -KILL "$1" 2>/dev/null
    [ $tries -ge 400 ] && break
    tries=$((tries + 1)); nap
  done
}
last=0
while read -r verb number what value; do
  case $verb in
    set) eval "what_$number=\$what; value_$number=\$value"; last=$number;;
    unset) eval "what_$number=";;
    close) exit 0;;
  esac
done
for round in kill wait remove; do
  number=$last
  while [ $number -gt 0 ]; do
    eval "what=\$what_$number; value=\$value_$number"
    case $round$what in
      killkill) lives ${value% *} ${value#* } && kill -QUIT ${value% *} 2>/dev/null;;
      waitkill) end ${value% *} ${value#* };;
      removeremove)
        tries=0
        while [ -e "$value" ] && [ $tries -lt 100 ]; do
          rm -rf -- "$value" 2>/dev/null
          [ -e "$value" ] && nap
          tries=$((tries + 1))
        done;;
    esac
    number=$((number - 1))
  done
done
"""

_alive: weakref.WeakSet[Watchdog] = weakref.WeakSet()


class Watchdog:
    """What is to happen when this process dies. Nothing happens when it is closed in peace.

    Every method may be called from any thread. In a forked child all of them do nothing: what was
    registered belongs to the parent.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._number = 0
        self._shell_items: dict[Path | int, tuple[int, str]] = {}
        self._database_items: dict[str, dict[str, Any]] = {}
        self._shell: subprocess.Popen[bytes] | None = None
        self._python: subprocess.Popen[bytes] | None = None
        _alive.add(self)

    def remove(self, path: Path) -> None:
        """Remove that folder or file when this process dies. Call it before the folder is made.

        :raises ValueError: the path is relative, holds a line break, or ends in a blank.
        """
        text = str(path)
        if (
            not path.is_absolute()
            or path == Path(path.anchor)
            or "\n" in text
            or text.strip() != text
        ):
            raise ValueError(f"not a path that can be watched: {text!r}")
        self._watch(path, f"remove {text}")

    def kill(self, pid: int) -> None:
        """End that process when this one dies: SIGQUIT, and SIGKILL when it is there 6 s later."""
        # Not above: this file is also run alone, before it knows where the package is.
        from assay.dialects.owners import process_start

        started = process_start(pid)
        if started is not None:
            self._watch(pid, f"kill {pid} {started}")

    def drop_databases(self, prefix: str, module: str, arguments: Mapping[str, Any]) -> None:
        """When this process dies, call ``module.drop_left(prefix, arguments)`` in another one.

        :param prefix: what the names of the databases begin with; also the item's name.
        :param arguments: how to reach the server, JSON values. They go through a pipe, so that a
            password shows neither in a list of processes nor in an environment.
        """
        if self._foreign():
            return
        with self._lock:
            item = {"prefix": prefix, "module": module, "arguments": dict(arguments)}
            self._database_items[prefix] = item
            self._send_python(item)

    def forget(self, item: Path | int | str) -> None:
        """Take back what was registered with that path, process id or prefix."""
        if self._foreign():
            return
        with self._lock:
            if isinstance(item, str):
                if self._database_items.pop(item, None) is not None:
                    self._send_python({"forget": item})
            else:
                known = self._shell_items.pop(item, None)
                if known is not None:
                    self._send_shell(f"unset {known[0]}")

    def close(self) -> None:
        """Stop watching; nothing is killed or removed. May be called again."""
        if self._foreign():
            return
        with self._lock:
            self._shell_items.clear()
            self._database_items.clear()
            for process, line in ((self._shell, b"close\n"), (self._python, b"null\n")):
                if process is None or process.stdin is None:
                    continue
                with contextlib.suppress(OSError):
                    process.stdin.write(line)
                with contextlib.suppress(OSError):
                    process.stdin.close()
                process.wait()
            self._shell = self._python = None

    def _foreign(self) -> bool:
        return os.getpid() != self._owner

    def _watch(self, item: Path | int, what: str) -> None:
        if self._foreign():
            return
        with self._lock:
            self.forget(item)
            self._number += 1
            self._shell_items[item] = (self._number, what)
            self._send_shell(f"set {self._number} {what}")

    def _send_shell(self, line: str) -> None:
        if _write(self._shell, line):
            return
        _discard(self._shell)
        # First use, or somebody ended the watchdog: a new one gets told everything.
        self._shell = _start(["/bin/sh", "-c", _SHELL])
        for number, what in sorted(self._shell_items.values()):
            _write(self._shell, f"set {number} {what}")

    def _send_python(self, item: dict[str, Any]) -> None:
        if _write(self._python, json.dumps(item)):
            return
        _discard(self._python)
        self._python = _start([sys.executable, "-I", "-S", __file__])
        # Without site packages it starts in half the time; it needs them only at the end.
        _write(self._python, json.dumps({"path": sys.path}))
        for each in self._database_items.values():
            _write(self._python, json.dumps(each))

    def let_go(self) -> None:
        """In a forked child: close our ends of the pipes, or the parent's death would not show."""
        for process in (self._shell, self._python):
            if process is not None and process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
                process.returncode = 0
        self._shell = self._python = None


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        bufsize=0,
        start_new_session=True,
    )


def _write(process: subprocess.Popen[bytes] | None, line: str) -> bool:
    if process is None or process.stdin is None:
        return False
    data = os.fsencode(line) + b"\n"
    try:
        while data:
            data = data[process.stdin.write(data) or 0 :]
    except OSError:
        return False
    return True


def _discard(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.kill()
        process.wait()


def _after_fork_in_child() -> None:
    for watchdog in list(_alive):
        watchdog.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _wait_and_drop(lines: IO[str]) -> None:
    """The Python process: keep what is told until the pipe ends, then have it dropped."""
    import signal
    from importlib import import_module

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    items: dict[str, dict[str, Any]] = {}
    for line in lines:
        item = json.loads(line)
        if item is None:
            return
        if "path" in item:
            sys.path[:] = item["path"]
        elif "forget" in item:
            items.pop(item["forget"], None)
        else:
            items[item["prefix"]] = item
    for item in items.values():
        # One server that cannot be reached must not keep the others from being cleaned.
        with contextlib.suppress(Exception):
            import_module(item["module"]).drop_left(item["prefix"], item["arguments"])


if __name__ == "__main__":
    _wait_and_drop(sys.stdin)
