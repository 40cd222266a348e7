"""Before a real database is touched: is it what its revision says?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay.catalog import CatalogObject, Difference
from assay.errors import ProcedureStop
from assay.project.project import Project
from assay.prove.parity import same_catalog
from assay.shadow.building import build_chain
from assay.shadow.reading import Reading, read_database
from assay.shadow.shadows import Shadows

__all__ = ["Live", "preflight"]


@dataclass(frozen=True)
class Live:
    """A real database, and how it differs from what its revisions say."""

    reading: Reading
    drift: tuple[Difference, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The revisions it is stamped with."""
        return self.reading.heads


def preflight(project: Project, shadows: Shadows, ignore: Callable[[CatalogObject], bool]) -> Live:
    """Read the real database and compare it with a shadow at the same revisions.

    :raises UsageError: it cannot be reached.
    :raises ProcedureStop: it is stamped with a revision that the chain does not have.
    """
    reading = read_database(project, None)
    unknown = [head for head in reading.heads if not project.history.has(head)]
    if unknown:
        raise ProcedureStop(
            f"The database is stamped with {', '.join(unknown)}, which the chain does not have.",
            where=reading.run.url,
            next_step="Get the missing revision file (another branch?), or correct the stamp with "
            "`alembic stamp`.",
        )
    history = project.history
    done = history.applied(reading.heads)
    revisions = [r for r in history.revisions if r.revision in done]
    at = shadows.create(reading.run.dialect)
    try:
        if revisions or (reading.snapshot.objects and project.settings.baseline):
            expected = build_chain(project, at, revisions).snapshot
        else:
            expected = read_database(project, at).snapshot
    finally:
        shadows.drop(at)
    return Live(reading, same_catalog(expected, reading.snapshot, ignore))
