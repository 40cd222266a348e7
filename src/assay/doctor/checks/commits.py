"""What Alembic does is committed: no SQL before ``configure()`` that takes the transaction away.

Alembic exits 0 having applied nothing when a transaction is open on the connection at
``context.configure()`` and nobody commits it. An ``engine.begin()`` around everything commits, and
is fine; so the effect decides: a row is written on a shadow as a migration would write it, and
looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assay.dialects import Address
from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.project.compat.alembic import migration_transaction
from assay.project.failures import short
from assay.project.project import query_on
from assay.shadow.reading import connection_of, read_here

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["CHECK"]

TABLE = "assay_probe"


def _look(examined: Examined) -> Iterator[Finding]:
    before_configure = examined.env.sql_before_configure
    at = examined.fresh()
    try:
        kept = _write_and_look(examined, at)
    finally:
        examined.shadows.drop(at)
    if kept:
        if examined.first_sql and not before_configure:
            yield Finding.note(
                "env.py runs SQL before context.configure() and commits it: fine.",
                examined.first_sql,
            )
        return
    if before_configure:
        yield Finding.mistake(
            "env.py runs SQL on the connection before context.configure(): Alembic takes the open "
            "transaction for somebody else's, reports success and applies nothing.",
            examined.first_sql or short(str(examined.env_file)),
            "Move that SQL behind context.configure(), commit it before, or connect with "
            "`with engine.begin() as connection:`.",
        )
        return
    yield Finding.mistake(
        "Nothing that env.py runs is committed: Alembic would report success and apply nothing.",
        short(str(examined.env_file)),
        "Run migrations in `with context.begin_transaction():`, and let nothing roll it back.",
    )


def _write_and_look(examined: Examined, at: Address) -> bool:
    """Whether a row written as a migration writes is there afterwards."""
    from sqlalchemy import text

    def write(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        connection = connection_of(context)
        with migration_transaction(context):
            connection.execute(text(f"CREATE TABLE {TABLE} (id INTEGER)"))
            connection.execute(text(f"INSERT INTO {TABLE} (id) VALUES (1)"))
        return []

    found: list[bool] = []

    def look(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        there = any(o.key[-1] == TABLE for o in read_here(context).of_kind("table"))
        query = query_on(connection_of(context))
        found.append(there and bool(query(f"SELECT id FROM {TABLE}")))
        return []

    examined.run(write, at, dont_mutate=True)
    examined.run(look, at, dont_mutate=True)
    return found[0]


CHECK = Check("commits", 40, "What a migration does is committed.", _look)
