"""Whose throwaway things these are: names that say which process made something.

What a killed run leaves behind (a folder, a database on a shared server) is recognised by its name
in the next run. The name holds a short hash of this machine, the process id and the process's start
time, so that a reused process id is not taken for the old owner. Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import shutil
import socket
import subprocess
from functools import lru_cache
from pathlib import Path

__all__ = ["is_dead", "machine", "new_name", "prefix", "process_start", "sweep_folders"]

_NAME = re.compile(r"^assay_([0-9a-f]{8})_([0-9]+)_([0-9a-z]+)_([0-9]+)$")
_counter = itertools.count(1)


def process_start(pid: int) -> str | None:
    """When that process started: letters and digits, comparable only on this machine.

    Linux: clock ticks since boot (field 22 of ``/proc/PID/stat``). Elsewhere: what ``ps`` says.
    ``None`` when there is no such process, or when it is a zombie.
    """
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        # The program name, in parentheses, may hold blanks: count from behind it.
        fields = stat.rpartition(") ")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    try:
        said = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        ).stdout
    except OSError:
        return None
    return re.sub(r"[^0-9A-Za-z]", "", said).lower() or None


@lru_cache(maxsize=1)
def machine() -> str:
    """Eight hexadecimal digits for this machine and process id namespace; a reboot keeps them."""
    parts = [socket.gethostname()]
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            parts.append(Path(path).read_text().strip())
            break
        except OSError:
            continue
    # In containers process ids are their own; two containers must not judge each other.
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def prefix() -> str:
    """What every name made by this process begins with."""
    pid = os.getpid()
    return f"assay_{machine()}_{pid}_{process_start(pid) or '0'}_"


def new_name() -> str:
    """A name for a folder or a database, not used before: ``assay_MACHINE_PID_START_NUMBER``."""
    return f"{prefix()}{next(_counter)}"


def is_dead(name: str) -> bool:
    """True when ``name`` was made on this machine by a process that is certainly gone."""
    match = _NAME.match(name)
    if match is None or match[1] != machine():
        return False
    pid = int(match[2])
    started = process_start(pid)
    if started is not None:
        return started != match[3]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        # Somebody else's process that /proc does not show us (hidepid): it lives.
        return False
    # It can be signalled but has no start time: a zombie.
    return Path("/proc/self/stat").exists()


def sweep_folders(root: Path) -> list[Path]:
    """Remove folders in ``root`` that dead processes of this user left; returns those removed."""
    removed = []
    try:
        entries = list(root.iterdir())
    except OSError:
        return []
    for entry in entries:
        if not is_dead(entry.name):
            continue
        try:
            if entry.is_symlink() or (os.geteuid() != 0 and entry.stat().st_uid != os.geteuid()):
                continue
        except OSError:
            continue
        shutil.rmtree(entry, ignore_errors=True)
        removed.append(entry)
    return removed
