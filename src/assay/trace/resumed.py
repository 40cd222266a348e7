"""Whether a revision that dies half-way can be run again from its beginning: it is killed, and is.

Where each DDL statement commits (MySQL, MariaDB), what was done before a failure stays. On a shadow of
its own the upgrade dies before each of its statements, and is run again until the next one; what it
leads to at the end is held against what it leads to in one go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.catalog import compare
from assay.dialects import Address, load
from assay.errors import AssayError
from assay.operations.online.stated import as_stated
from assay.project.project import Project, query_on
from assay.shadow.reading import connection_of, own_objects
from assay.trace.calling import Call
from assay.trace.effects import StatementEffect, Trace
from assay.trace.filled import Fill, filled
from assay.trace.recorder import as_sent

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script
    from sqlalchemy import Connection

__all__ = ["may_be_left_half_done", "run_again"]

_DEATHS = 30
"""The most statements that it dies before; of more, those are taken that lie evenly among them."""


class _Died(Exception):
    """The process is gone."""


def may_be_left_half_done(trace: Trace) -> bool:
    """Whether a failure can leave a part of the upgrade, with a table changed that was there.

    Of one that sleeps, or opens a connection of its own, that is not tried.
    """
    if trace.failure is not None or load(trace.before.dialect).capabilities.transactional_ddl:
        return False
    if any(one.kind in ("sleep", "connection") for one in trace.happenings):
        return False  # it would sleep as often, and what another connection does cannot be stopped
    tables = {found.name for found in trace.before.of_kind("table")}
    done = [s for s in trace.statements if _stays(s)]
    return len(done) > 1 and any(_touched(s) & tables for s in done)


def _stays(statement: StatementEffect) -> bool:
    before, after = statement.before, statement.after
    if statement.elsewhere or before is None or after is None:
        return False
    return bool(compare(before, after)) or any(
        change.any for change in statement.observed.rows.values()
    )


def _touched(statement: StatementEffect) -> set[str]:
    observed = statement.observed
    return {*(lock.relation for lock in observed.locks), *observed.rows}


def run_again(
    project: Project, at: Address, revision: Script, fill: Fill | None, trace: Trace
) -> Trace:
    """The trace, with whether the revision may run again from its beginning.

    What changes rows once more where it is run once more may not; that was seen before.

    :param at: a shadow as that of the first run was.
    :param fill: as of the first run.
    """
    found: list[bool] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        filled(context, fill)
        found.append(_ends_the_same(context, revision, trace))
        return []

    with suppress(AssayError):
        project.run(work, to=at, per_migration=True, dont_mutate=True)
    return replace(trace, resumes=found == [True])


def _ends_the_same(context: MigrationContext, revision: Script, trace: Trace) -> bool:
    if any(statement.repeats for statement in trace.statements):
        return False
    connection = connection_of(context)
    with suppress(Exception):
        for sql in _deaths(trace):
            with _dying_before(connection, sql):
                _upgrade(context, revision)
        _upgrade(context, revision)
        after = load(connection.dialect.name).read_catalog(query_on(connection)).snapshot
        return after.without(own_objects(after, context)).objects == trace.after.objects
    return False


def _deaths(trace: Trace) -> list[str]:
    """Statements to die before; before the first there is nothing to be left."""
    texts = list(dict.fromkeys(s.sql for s in trace.statements if _stays(s)))[1:]
    step = max(1, -(-len(texts) // _DEATHS))
    return texts[::step]


@contextmanager
def _dying_before(connection: Connection, sql: str) -> Iterator[None]:
    """A run that ends before a statement; where it never comes to it, it ends as it does."""
    from sqlalchemy import event

    def look(_c: Any, _cursor: Any, statement: str, _g: Any, context: Any, _many: bool) -> None:
        if as_sent(as_stated(connection, statement), context) == sql:
            raise _Died

    event.listen(connection, "before_cursor_execute", look)
    try:
        with suppress(_Died):
            yield
    finally:
        event.remove(connection, "before_cursor_execute", look)


def _upgrade(context: MigrationContext, revision: Script) -> None:
    call = Call(context, revision, "upgrade")
    with call.transaction():
        call()
