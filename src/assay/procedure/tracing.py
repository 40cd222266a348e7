"""A revision traced on shadows that hold rows, as far as rows can be made that it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from assay.dialects import Address
from assay.procedure.session import Session
from assay.prove.far_keys import make_far_rows
from assay.prove.parents import models_of, point_to_parents
from assay.prove.rows import make_rows
from assay.shadow.reading import connection_of
from assay.trace.again import look_again, worth_a_second_look
from assay.trace.effects import Trace
from assay.trace.failing import TOO_LONG, WAITED
from assay.trace.far import look_far, updated_whole
from assay.trace.filled import Fill
from assay.trace.resumed import may_be_left_half_done, run_again
from assay.trace.run import trace_revision

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["RELATED", "ROWS", "rows_made", "traced"]

ROWS = 3
"""Rows made in each empty table before a revision is traced or reversed."""


def rows_made(context: MigrationContext, *, per_table: int = ROWS, related: bool = False) -> None:
    """Make rows on a context's connection, not committed.

    :param related: rows that were made before too refer to rows where the models say so.
    """
    connection = connection_of(context)
    make_rows(connection, per_table=per_table)
    if related:
        point_to_parents(connection, models_of(context))


RELATED: Fill = partial(rows_made, related=True)
"""For what raised on rows without parents."""

_FILLS: tuple[Fill | None, ...] = (
    rows_made,
    RELATED,
    # the first row has a value in every column
    partial(rows_made, per_table=1),
    None,
)

_WITHOUT_PARENT = ("23503", "1452", "SQLITE_CONSTRAINT_FOREIGNKEY")
"""The codes of a foreign key that rows break: PostgreSQL's, MySQL's, SQLite's."""

Begin = Callable[["Fill | None"], Address]
"""The shadow to begin on a copy of, for a way to make rows."""


def traced(session: Session, revision: Script, begin: Begin) -> Trace:
    """The trace of a revision, up and down, and of a second run where that shows more.

    Rows that were made up may be what it fails on; what it does to tables without rows is the same,
    but for what it reads there. So the trace is that of the most rows that it takes.

    :param begin: gives shadows that stand just before the revision.
    """
    session.listener.doing("tracing the revision on a shadow")
    first: Trace | None = None
    for fill in _FILLS:
        if fill is RELATED and (first is None or not _lacks_parents(first)):
            continue
        known = session.state_before(begin(fill))
        with _copied(session, begin(fill)) as at:
            trace = trace_revision(session.project, at, revision, fill, known)
        if trace.failure is None:
            break
        first = first or trace
        if trace.failure.code in (TOO_LONG, WAITED):
            return first  # rows are not to blame, and others would be waited for as long
    else:
        assert first is not None
        return first
    if first is not None:
        trace = replace(trace, on_rows=first.failure)
    if worth_a_second_look(trace):
        session.listener.doing("running it once more, on another shadow")
        with _copied(session, begin(fill)) as at:
            trace = look_again(session.project, at, revision, fill, trace)
    whole = {name for statement in trace.statements for name in updated_whole(statement)}
    if whole and fill is not None:
        session.listener.doing("running it on rows with keys far apart, on another shadow")
        apart = partial(_rows_far_apart, fill=fill, only=whole)
        with _copied(session, begin(fill)) as at:
            trace = look_far(session.project, at, revision, apart, trace)
    if may_be_left_half_done(trace):
        session.listener.doing("running it again after a failure, on another shadow")
        with _copied(session, begin(fill)) as at:
            trace = run_again(session.project, at, revision, fill, trace)
    return trace


def _rows_far_apart(
    context: MigrationContext, *, fill: Fill, only: Collection[str]
) -> dict[str, int]:
    fill(context)
    return make_far_rows(connection_of(context), only)


def _lacks_parents(trace: Trace) -> bool:
    return trace.failure is not None and trace.failure.code in _WITHOUT_PARENT


@contextmanager
def _copied(session: Session, at: Address) -> Iterator[Address]:
    copy = session.copy(at)
    try:
        yield copy
    finally:
        session.shadows.drop(copy)
