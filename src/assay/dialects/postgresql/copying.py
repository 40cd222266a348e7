"""A copy of a live PostgreSQL database, with its rows, on the server for shadows.

The source is only read: by ``CREATE DATABASE ... TEMPLATE`` where it is on the same server and
nobody else is connected to it, else by ``pg_dump``.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from typing import IO

from assay.dialects.postgresql.connecting import (
    ConnectError,
    Connection,
    Target,
    connect,
    parse_url,
)
from assay.dialects.postgresql.databases import Databases
from assay.dialects.postgresql.programs import Programs, clients
from assay.dialects.values import Address
from assay.errors import UsageError

__all__ = ["copy_database"]

_IDENTIFIER = "SELECT system_identifier::text FROM pg_control_system()"
_KEPT = ("PGPASSFILE", "PGSSL", "PGKRB", "PGGSS")


def copy_database(
    server: Databases, source_url: str, limit_bytes: int
) -> tuple[Address | None, str]:
    """Copy the database that ``source_url`` names.

    :param source_url: any SQLAlchemy URL for PostgreSQL.
    :param limit_bytes: a larger database (``pg_database_size``) is not copied.
    :returns: the copy and how it was made, or ``None`` and why there is none, both for people.
    :raises UsageError: the URL cannot be read, or no driver is installed.
    """
    source = parse_url(source_url)
    try:
        connection = connect(source)
    except ConnectError as error:
        return None, f"{source.address} cannot be reached: {error}"
    try:
        size = int(connection.query("SELECT pg_database_size(current_database())")[0][0])
        major = int(connection.query("SHOW server_version_num")[0][0]) // 10000
        alone = not connection.query(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        same_server = _identifier(connection) == _identifier(server)
    except Exception as error:
        return None, f"{source.address} cannot be read: {' '.join(str(error).split())}"
    finally:
        connection.close()
    if size > limit_bytes:
        return None, f"it is too large: {_size(size)}, and the limit is {_size(limit_bytes)}"
    if same_server and alone:
        try:
            return server.copy_foreign(source.address.database), f"{_size(size)}, as a template"
        except UsageError:
            # Not ours to use as a template, or somebody has connected meanwhile.
            pass
    if major > server.major:
        return None, (
            f"its server is PostgreSQL {major}, and the one for shadows is {server.major}, which"
            " does not take what a newer one writes"
        )
    programs = _choose(clients(), source_major=major, target_major=server.major)
    if programs is None:
        return None, f"there is no pg_dump of PostgreSQL {major} or newer on this machine"
    copy = server.create()
    try:
        reason = _dump_and_restore(programs, source, server.target(copy))
    except BaseException:
        server.drop(copy)
        raise
    if reason is not None:
        server.drop(copy)
        return None, reason
    return copy, f"{_size(size)}, by pg_dump {programs.version}"


def _identifier(asked: Connection | Databases) -> str | None:
    """The number a cluster got from ``initdb``; ``None`` where the user may not see it."""
    try:
        return str(asked.query(_IDENTIFIER)[0][0])
    except Exception:
        # Different from the other side's, also when both may not see it: then it is dumped.
        return None if isinstance(asked, Databases) else ""


def _choose(there: list[Programs], *, source_major: int, target_major: int) -> Programs | None:
    """``pg_dump`` reads older servers only; what suits the target best is its own version's."""
    able = [programs for programs in there if programs.major >= source_major]
    return min(able, key=lambda each: (each.major != target_major, each.major), default=None)


def _dump_and_restore(programs: Programs, source: Target, target: Target) -> str | None:
    """Stream one into the other; the reason when it failed."""
    dump_command = [
        programs.path("pg_dump"),
        f"--dbname={_conninfo(source)}",
        "--format=custom",
        "--compress=0",
        "--no-owner",
        "--no-privileges",
        "--no-subscriptions",
        "--no-password",
        "--lock-wait-timeout=5000",
    ]
    restore_command = [
        programs.path("pg_restore"),
        f"--dbname={_conninfo(target)}",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        "--exit-on-error",
    ]
    with tempfile.TemporaryFile() as dump_said, tempfile.TemporaryFile() as restore_said:
        dump = subprocess.Popen(
            dump_command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=dump_said,
            env=_environment(source),
        )
        started = [dump]
        try:
            restore = subprocess.Popen(
                restore_command,
                stdin=dump.stdout,
                stdout=subprocess.DEVNULL,
                stderr=restore_said,
                env=_environment(target),
            )
            started.append(restore)
            if dump.stdout is not None:
                # Ours is one end too many: the dump is to end when the restore does.
                dump.stdout.close()
            restore.wait()
            dump.wait()
        except BaseException:
            for process in started:
                process.kill()
                process.wait()
            raise
        if restore.returncode != 0 and (reason := _reason(restore_said)) and _own(reason):
            return f"it could not be restored: {reason}"
        if dump.returncode != 0:
            return f"it could not be dumped: {_reason(dump_said) or dump.returncode}"
        if restore.returncode != 0:
            return f"it could not be restored: {_reason(restore_said) or restore.returncode}"
        return None


def _own(reason: str) -> bool:
    """Not just the restore's complaint about a dump that broke off."""
    return "end of file" not in reason and "input file" not in reason


def _reason(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    for line in lines:
        if "ERROR:" in line:
            return line.partition("ERROR:")[2].strip()
    for line in lines:
        if "error:" in line:
            return line.partition("error:")[2].strip()
    return lines[-1].strip() if lines else ""


def _conninfo(target: Target) -> str:
    """libpq's connection string, without the password: a list of processes shows it."""
    address = target.address
    words: Mapping[str, str | int | None] = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "dbname": address.database,
        **target.options,
    }
    return " ".join(
        "{}='{}'".format(key, str(value).replace("\\", "\\\\").replace("'", "\\'"))
        for key, value in words.items()
        if value is not None
    )


def _environment(target: Target) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PG", "LC_", "LANG")) or key.startswith(_KEPT)
    }
    kept["LC_ALL"] = "C"
    if target.address.password is not None:
        kept["PGPASSWORD"] = target.address.password
    return kept


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
