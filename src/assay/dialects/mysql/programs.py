"""MariaDB and MySQL server programs: which there are on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assay.errors import UsageError

__all__ = ["FORCE", "Programs", "as_root", "environment", "find"]

FORCE = "ASSAY_MYSQL_BIN"
"""A folder with server programs: ``mariadbd`` or ``mysqld``."""

_PLACES = (
    "/usr/sbin",
    "/usr/libexec",
    "/usr/local/sbin",
    "/usr/local/mysql/bin",
    "/usr/local/mariadb/bin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/opt/homebrew/opt/mysql*/bin",
    "/usr/local/opt/mariadb*/bin",
    "/usr/local/opt/mysql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/mariadb*/bin",
)


@dataclass(frozen=True)
class Programs:
    """One server program, and for MariaDB the one that makes its data folder.

    :param installer: ``mariadb-install-db``; MySQL's server makes its data folder itself.
    """

    server: str
    installer: str | None
    version: str

    @property
    def mariadb(self) -> bool:
        """Whether it is MariaDB's."""
        return self.installer is not None

    @property
    def product(self) -> str:
        """For example "MariaDB 10.11.19"."""
        return f"{'MariaDB' if self.mariadb else 'MySQL'} {self.version}"


def find() -> Programs:
    """The programs to use: forced by ``ASSAY_MYSQL_BIN``, else MariaDB's, else MySQL's.

    :raises UsageError: there are none, with the ways to get some.
    """
    forced = os.environ.get(FORCE)
    folders = [Path(forced).expanduser()] if forced else list(_folders())
    for folder in folders:
        for name in ("mariadbd", "mysqld"):
            programs = _look(folder / name)
            if programs is not None:
                return programs
    if forced:
        raise UsageError(
            "There are no MariaDB or MySQL server programs there.",
            where=f"{FORCE}={forced}",
            next_step="Name a folder that holds mariadbd (and mariadb-install-db) or mysqld.",
        )
    raise UsageError(
        "There is no MariaDB or MySQL to make shadows on.",
        next_step=(
            "Do one of these: install a MariaDB or MySQL server, so that its programs are found;"
            " or name a server on which databases may be made, by [tool.assay.shadow]"
            ' mysql = "mysql+pymysql://..." in pyproject.toml or ASSAY_SHADOW_MYSQL.'
        ),
    )


def as_root() -> list[str]:
    """The option without which these programs do not run as root."""
    return ["--user=root"] if os.geteuid() == 0 else []


def environment() -> dict[str, str]:
    """What server programs get: ours without their own variables and without a language."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("MYSQL", "MARIADB", "LC_", "LANG")) and key != "TZ"
    }
    return {**kept, "LC_ALL": "C"}


def _folders() -> Iterator[Path]:
    for name in ("mariadbd", "mysqld"):
        found = shutil.which(name)
        if found:
            yield Path(found).parent
    for pattern in _PLACES:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)


@lru_cache(maxsize=64)
def _look(server: Path) -> Programs | None:
    if not os.access(server, os.X_OK):
        return None
    try:
        said = subprocess.run(
            [str(server), "--no-defaults", "--version"],
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
            timeout=30,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"Ver ([0-9][0-9.]*)", said)
    if match is None:
        return None
    if "MariaDB" not in said:
        return Programs(str(server), None, match[1])
    installer = _installer(server)
    return Programs(str(server), installer, match[1]) if installer else None


def _installer(server: Path) -> str | None:
    real = server.resolve().parent
    for folder in (server.parent, real, real.parent / "bin", real.parent / "scripts"):
        for name in ("mariadb-install-db", "mysql_install_db"):
            if os.access(folder / name, os.X_OK):
                return str(folder / name)
    return shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
