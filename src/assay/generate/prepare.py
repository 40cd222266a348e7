"""What generation starts from: a shadow at head with the declared renames done, and both catalogs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from assay.catalog import CatalogObject, Snapshot
from assay.dialects import Address, load
from assay.generate.answers import Answers
from assay.generate.autogenerate import planned_steps
from assay.generate.plan.comparison import Request
from assay.generate.plan.step import Step, in_order
from assay.generate.plugin import engine
from assay.generate.recipes.stated import tried
from assay.generate.renames import default_schema_of
from assay.project.compat.alembic import commit_unless_owned, end_external_transaction
from assay.project.project import Project
from assay.shadow.reading import connection_of, read_here
from assay.shadow.shadows import Shadows

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["prepared"]


@contextmanager
def prepared(
    project: Project,
    shadows: Shadows,
    at: Address,
    old: Snapshot,
    new: Snapshot,
    answers: Answers,
    ignore: Callable[[CatalogObject], bool],
    online: Callable[[tuple[str, ...]], bool] | None = None,
) -> Iterator[tuple[Address, Request]]:
    """Where autogenerate runs, and what it is asked.

    Renames are run on a copy of the shadow, so that the server itself rewrites every text that
    mentions the old names; without renames the shadow itself is used, and stays as it is.

    :param at: the shadow before the revision, its catalog being ``old``.
    :param new: the catalog of the models.
    :param online: see :class:`assay.generate.plan.comparison.Request`.
    """
    plan = import_module(f"{engine(at.dialect)}.renames")
    steps = in_order(plan.rename_steps(default_schema_of(old), old, new, answers))
    if not steps:
        request = Request(old, new, answers, ignore, online=online)
        yield at, _with_forms(project, shadows, at, request)
        return
    copy = shadows.copy(at)
    try:
        request = Request(_run(project, copy, steps), new, answers, ignore, steps, online)
        yield copy, _with_forms(project, shadows, copy, request)
    finally:
        shadows.drop(copy)


def _with_forms(project: Project, shadows: Shadows, at: Address, request: Request) -> Request:
    """What is asked, with what the server accepts of the plan where that must be tried."""
    dialect = load(at.dialect)
    if request.online is None or dialect.capabilities.transactional_ddl or dialect.files:
        return request
    steps = planned_steps(project, at, request)
    trial = shadows.copy(at)
    try:
        # renames were run on the shadow already
        return replace(request, forms=tried(project, trial, steps, done=len(request.renames)))
    finally:
        shadows.drop(trial)


def _run(project: Project, at: Address, steps: list[Step]) -> Snapshot:
    """The catalog after the steps that rename."""
    from alembic.operations import Operations

    found: list[Snapshot] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        end_external_transaction(context)
        with Operations.context(context) as operations:
            for step in steps:
                for op in step.ops:
                    operations.invoke(op)
        connection_of(context).commit()
        found.append(read_here(context))
        commit_unless_owned(context)
        return []

    project.run(work, to=at, per_migration=True, dont_mutate=True)
    return found[0]
