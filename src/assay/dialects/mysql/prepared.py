"""Data folders for private servers: made once, then a copy of what was made.

MariaDB 10.11, measured in memory: making one takes 0.4 s and 77 MB; MySQL takes seconds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from assay.dialects.mysql.programs import Programs, as_root, environment
from assay.dialects.owners import new_name, sweep_folders
from assay.errors import UsageError

__all__ = ["LAYOUT", "forget_prepared", "make_data_folder"]

_FORM = "1"
"""Counted up when what is prepared changes."""

LAYOUT = ("--innodb-data-file-path=ibdata1:4M:autoextend",)
"""Options that a data folder is made with and must be used with."""
_MARIADB_LAYOUT = (*LAYOUT, "--innodb-log-file-size=4M")


def make_data_folder(programs: Programs, data: Path) -> bool:
    """Make ``data``, which must not exist; true when it came from the cache.

    Beside it there must be a folder ``tmp``.

    :raises UsageError: the installer failed, with what it said.
    """
    prepared = _place(programs)
    if prepared is not None and _sound(prepared):
        try:
            shutil.copytree(prepared, data, symlinks=True)
        except (OSError, shutil.Error):
            # Somebody is rebuilding it, or it is broken: do without.
            shutil.rmtree(data, ignore_errors=True)
        else:
            # a server of its own: MySQL makes a new identity where the file is missing
            (data / "auto.cnf").unlink(missing_ok=True)
            return True
    _install(programs, data)
    if prepared is not None:
        _keep(data, prepared)
    return False


def forget_prepared(programs: Programs) -> None:
    """Throw the prepared folder away: a server did not start from a copy of it."""
    prepared = _place(programs)
    if prepared is not None:
        shutil.rmtree(prepared, ignore_errors=True)


def _place(programs: Programs) -> Path | None:
    from platformdirs import user_cache_path

    try:
        stat = Path(programs.server).stat()
        folder = user_cache_path("assay") / "mysql"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError):
        return None
    if not os.access(folder, os.W_OK):
        return None
    made_of = f"{_FORM}|{programs.server}|{programs.product}|{stat.st_size}|{stat.st_mtime_ns}"
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    return folder / f"{programs.version}-{digest}"


def _sound(prepared: Path) -> bool:
    """Complete, and ours: what is in it says who may do what on the server."""
    try:
        ours = prepared.lstat().st_uid == os.geteuid() and not prepared.is_symlink()
    except OSError:
        return False
    return ours and (prepared / "ibdata1").exists() and (prepared / "mysql").exists()


def _install(programs: Programs, data: Path) -> None:
    # never the machine's: see launcher.py
    temporary = data.parent / "tmp"
    common = ["--no-defaults", f"--datadir={data}", f"--tmpdir={temporary}", *as_root()]
    if programs.installer is not None:
        command = [programs.installer, *common, "--auth-root-authentication-method=normal"]
        command += ["--skip-test-db", *_MARIADB_LAYOUT]
    else:
        command = [programs.server, *common, "--initialize-insecure", *LAYOUT]
    made = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd="/",
        env=environment(),
        check=False,
    )
    if made.returncode != 0 or not (data / "ibdata1").exists():
        shutil.rmtree(data, ignore_errors=True)
        raise UsageError(
            f"A data folder for a private {programs.product} could not be made.",
            where=command[0],
            next_step="Name a server by ASSAY_SHADOW_MYSQL, or repair what it says.",
            cause=made.stdout.strip()[-2000:],
        )


def _keep(data: Path, prepared: Path) -> None:
    """Put a copy into the cache in one step; of several processes one does it."""
    sweep_folders(prepared.parent)
    building = prepared.parent / new_name()
    try:
        shutil.copytree(data, building, symlinks=True)
        building.rename(prepared)
    except (OSError, shutil.Error):
        shutil.rmtree(building, ignore_errors=True)
