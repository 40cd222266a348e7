"""``alembic upgrade`` on the real database, believed only when the database says so itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.apply.limit import limit_waits
from assay.catalog import CatalogObject, Snapshot
from assay.errors import ProcedureStop
from assay.project.compat.alembic import downgrade_steps, upgrade_step_of
from assay.project.project import Project
from assay.prove.parity import same_catalog
from assay.shadow.building import guarded_steps, nothing_applied
from assay.shadow.reading import Reading, read_database

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["Applied", "downgrade_live", "upgrade_live"]


@dataclass(frozen=True)
class Applied:
    """A real database after an upgrade that did what it should."""

    revisions: tuple[str, ...]
    reading: Reading


def upgrade_live(
    project: Project,
    revisions: Sequence[Script],
    expected_heads: Sequence[str],
    expected: Snapshot,
    ignore: Callable[[CatalogObject], bool],
    lock_timeout: int | None = None,
) -> Applied:
    """Apply revisions to the real database and verify the result.

    :param expected: the catalog of a shadow after the same revisions.
    :param lock_timeout: as :attr:`assay.config.Settings.lock_timeout`.
    :raises RevisionFailed: a revision raised.
    :raises ProcedureStop: Alembic ended well, but the database is not what the shadow is.
    """

    def work(_heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        limit_waits(context, lock_timeout)
        steps = [upgrade_step_of(project.history.script, r) for r in revisions]
        yield from guarded_steps(steps, "upgrade")

    project.run(work, to=None)
    reading = read_database(project, None)
    verify(project, reading, expected_heads, expected, ignore)
    return Applied(tuple(r.revision for r in revisions), reading)


def downgrade_live(project: Project, revision: Script, lock_timeout: int | None = None) -> Reading:
    """``alembic downgrade`` to before a revision, on the real database."""
    down = revision.down_revision
    target = down if isinstance(down, str) else "base"

    def work(heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        limit_waits(context, lock_timeout)
        steps = downgrade_steps(project.history.script, target, heads)
        yield from guarded_steps(steps, "downgrade")

    project.run(work, to=None)
    return read_database(project, None)


def verify(
    project: Project,
    reading: Reading,
    heads: Sequence[str],
    expected: Snapshot,
    ignore: Callable[[CatalogObject], bool],
) -> None:
    """The database's revisions and catalog must be the shadow's.

    :raises ProcedureStop: they are not.
    """
    if set(reading.heads) != set(heads):
        if reading.run.sql_before_configure:
            raise nothing_applied(project)
        raise ProcedureStop(
            f"Alembic reported success, but the database is at {', '.join(reading.heads) or 'base'}"
            f" instead of {', '.join(heads) or 'base'}.",
            where=reading.run.url,
            next_step="See what env.py does after context.run_migrations(); `assay doctor` looks.",
        )
    differences = same_catalog(expected, reading.snapshot, ignore)
    if differences:
        raise ProcedureStop(
            "The upgrade ended well, but the database's catalog is not the shadow's.",
            where=reading.run.url,
            next_step="Find out what else changes this database, and run the change again.",
            cause="\n".join(d.text for d in differences),
        )
