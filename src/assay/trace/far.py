"""A run of a revision on rows whose keys lie far apart: which updates of every row are of a part only.

``UPDATE … WHERE id < 50`` has all rows of a shadow, and of batches by ranges of keys the first has; on
a large table they are a part. What still changes every row there, in one transaction, does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.dialects import Address
from assay.errors import AssayError
from assay.project.project import Project
from assay.trace.effects import StatementEffect, Trace
from assay.trace.run import trace_revision

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["look_far", "updated_whole"]

FarFill = Callable[["MigrationContext"], Mapping[str, int]]
"""Makes rows as for the first run, and some that are far; how many rows tables with one then hold."""

_LONGEST = 10
"""Seconds that it may run: batches by keys are many more than in the first run."""


def updated_whole(statement: StatementEffect) -> frozenset[str]:
    """Tables of which a statement updated every row, and deleted none."""
    if statement.by_operation or statement.elsewhere:
        return frozenset()
    rows = statement.observed.rows
    return frozenset(
        name for name in statement.observed.whole if rows[name].updated and not rows[name].deleted
    )


def look_far(project: Project, at: Address, revision: Script, fill: FarFill, trace: Trace) -> Trace:
    """The trace, its updates of every row without those that spare rows with far keys.

    :param at: a shadow as that of the first run was.
    """
    held: dict[str, int] = {}

    def noting(context: MigrationContext) -> None:
        held.update(fill(context))

    far: Trace | None = None
    limit = min(project.settings.trace_limit or _LONGEST, _LONGEST)
    # what the first run did not raise on is no verdict here either
    with suppress(AssayError):
        far = trace_revision(project, at, revision, noting, limit=limit)
    if far is None or far.failure is not None or not held:
        return trace
    most = _most_at_once(far)

    def parted(statement: StatementEffect) -> StatementEffect:
        spared = {
            name
            for name in updated_whole(statement)
            if 0 < most.get((statement.line, name), 0) < held.get(name, 0)
        }
        if not spared:
            return statement
        observed = statement.observed
        whole = tuple(name for name in observed.whole if name not in spared)
        return replace(statement, observed=replace(observed, whole=whole))

    return replace(trace, statements=tuple(map(parted, trace.statements)))


def _most_at_once(trace: Trace) -> dict[tuple[int | None, str], int]:
    """How many rows of each table each line updated in one transaction, where it updated most."""
    sums: Counter[tuple[int | None, str, tuple[int, int]]] = Counter()
    for number, statement in enumerate(trace.statements):
        transaction = statement.observed.transaction
        # outside of a transaction each statement is one
        within = (-1, number)
        if transaction is not None and not statement.autocommit:
            within = (transaction, 0)
        for name, change in statement.observed.rows.items():
            sums[statement.line, name, within] += change.updated
    found: dict[tuple[int | None, str], int] = {}
    for (line, name, _), updated in sums.items():
        found[line, name] = max(updated, found.get((line, name), 0))
    return found
