"""Run one revision's upgrade on a shadow that stands just before it, and record its effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.dialects import Address, load
from assay.project.compat import end_external_transaction, migration_transaction, version_table
from assay.project.failures import RevisionFailed
from assay.project.project import Project, execute_on, query_on
from assay.shadow.reading import connection_of, visible
from assay.trace.effects import StatementEffect, Trace
from assay.trace.recorder import recording

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script
    from sqlalchemy import Connection

__all__ = ["trace_upgrade"]


def trace_upgrade(
    project: Project,
    at: Address,
    revision: Script,
    fill: Callable[[Connection], object] | None = None,
) -> Trace:
    """The trace of ``upgrade()``; the shadow is not stamped.

    :param fill: makes rows first, so that scans and rewrites show.
    :raises RevisionFailed: it raises.
    """
    dialect = load(at.dialect)
    found: list[Trace] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        end_external_transaction(context)
        connection = connection_of(context)
        query = query_on(connection)
        if fill is not None:
            fill(connection)
            connection.commit()
        before = dialect.read_catalog(query)
        observer = dialect.observer(query, execute_on(connection), at)
        connection.rollback()
        function = revision.module.upgrade
        arguments = context.opts["assay_run"].run_arguments
        with (
            migration_transaction(context),
            recording(
                connection, function.__code__.co_filename, dialect, before, observer
            ) as recorder,
        ):
            try:
                function(**arguments)
            except Exception as error:
                raise RevisionFailed(revision.revision, "upgrade", error, revision.path) from error
        after = dialect.read_catalog(query)
        connection.rollback()
        found.append(
            Trace(
                revision.revision,
                "upgrade",
                revision.path,
                tuple(_without_own(s, context) for s in recorder.statements),
                visible(before.snapshot, context),
                visible(after.snapshot, context),
            )
        )
        return []

    project.run(work, to=at, per_migration=True, dont_mutate=True)
    return found[0]


def _without_own(statement: StatementEffect, context: MigrationContext) -> StatementEffect:
    """Without what Alembic's version table was seen in."""
    schema, name = version_table(context)
    own = name if schema is None else f"{schema}.{name}"
    return replace(statement, observed=statement.observed.without(own))
