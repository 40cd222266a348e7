"""Reading a database's catalog through the project's own connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.catalog import CatalogObject, Snapshot
from assay.dialects import CatalogState, load
from assay.errors import UsageError
from assay.project.compat.alembic import version_table
from assay.project.environment import EnvRun
from assay.project.project import Project, query_on
from assay.project.redirect import Target

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["Reading", "own_objects", "read_database", "read_here", "read_state", "visible"]


@dataclass(frozen=True)
class Reading:
    """A database as it was read: its revisions and its catalog, Alembic's own table left out."""

    heads: tuple[str, ...]
    snapshot: Snapshot
    run: EnvRun
    state: CatalogState | None = field(default=None, repr=False, compare=False)
    """The catalog as it was read, to be read again on a copy of that database."""


def read_state(context: MigrationContext) -> CatalogState:
    """The whole catalog on Alembic's connection, Alembic's own table still in it."""
    connection = connection_of(context)
    return load(connection.dialect.name).read_catalog(query_on(connection))


def read_here(context: MigrationContext) -> Snapshot:
    """The catalog on Alembic's connection, Alembic's own table left out."""
    return visible(read_state(context).snapshot, context)


def read_database(project: Project, to: Target | None) -> Reading:
    """Revisions and catalog of a database; nothing is changed in it.

    :param to: None reads the project's real database.
    """
    found: list[Any] = []

    def look(context: MigrationContext) -> None:
        # below SQLAlchemy first: get_current_heads() begins a transaction
        snapshot = read_here(context)
        found.append((context.get_current_heads(), snapshot))

    run = project.visit(look, to=to)
    heads, snapshot = found[0]
    return Reading(tuple(heads), snapshot, run)


def connection_of(context: MigrationContext) -> Any:
    """Alembic's connection.

    :raises UsageError: ``env.py`` runs offline.
    """
    if context.connection is None or context.as_sql:
        raise UsageError(
            "env.py gives no connection to context.configure().",
            next_step="Let run_migrations_online() connect; offline mode cannot be proven.",
        )
    return context.connection


def visible(snapshot: Snapshot, context: MigrationContext) -> Snapshot:
    """A snapshot without Alembic's version table."""
    return snapshot.without(own_objects(snapshot, context))


def own_objects(snapshot: Snapshot, context: MigrationContext) -> tuple[CatalogObject, ...]:
    """Alembic's version table and what belongs to it."""
    schema, name = version_table(context)
    schemas = [o.key[0] for o in snapshot.of_kind("schema")] if schema is None else [schema]
    paths = [(name,), *((one, name) for one in schemas)]  # SQLite: (table, …)
    return tuple(one for path in paths for one in snapshot.under(*path))
