"""Which operations and statements each line of a revision's functions made, seen while it ran."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from assay.catalog import compare
from assay.dialects import Address, load
from assay.generate.recipes.happened import Happened, Ran
from assay.project.compat.alembic import set_ddl_memo, version_table
from assay.project.failures import RevisionFailed
from assay.project.project import Project, execute_on, query_on
from assay.shadow.reading import connection_of
from assay.trace.calling import Call
from assay.trace.filled import Fill, filled
from assay.trace.recorder import Recorder, recording

if TYPE_CHECKING:
    from alembic.operations import ops
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script
    from sqlalchemy import Connection

__all__ = ["captured"]

Found = TypeVar("Found")


def captured(
    project: Project,
    at: Address,
    revision: Script,
    then: Callable[[MigrationContext, Ran], Found],
    fill: Fill | None = None,
) -> Found:
    """Run ``upgrade()`` and ``downgrade()`` on a shadow of ours that stands just before the revision.

    :param then: is told what was seen, on the same connection; its answer is returned.
    :param fill: makes rows first, so that what reads and writes them shows.
    :raises RevisionFailed: one of them raises.
    """
    found: list[Found] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        connection = filled(context, fill)
        dialect = load(at.dialect)
        before = dialect.read_catalog(query_on(connection)).snapshot
        connection.rollback()
        up = _run(context, at, revision, "upgrade")
        after = dialect.read_catalog(query_on(connection)).snapshot
        connection.rollback()
        down = _run(context, at, revision, "downgrade")
        set_ddl_memo(context, {})
        found.append(then(context, Ran(tuple(up), tuple(down), before, after)))
        if connection.in_transaction():
            connection.rollback()
        return []

    project.run(work, to=at, per_migration=True, dont_mutate=True)
    return found[0]


def _run(
    context: MigrationContext, at: Address, revision: Script, direction: str
) -> list[Happened]:
    connection = connection_of(context)
    dialect = load(at.dialect)
    query, execute = query_on(connection), execute_on(connection)
    state = dialect.read_catalog(query)
    observer = dialect.observer(query, execute, at)
    follower = dialect.follower(query, state, observer)
    # below SQLAlchemy, as the observer asks: its rollback() would not know of a transaction
    connection.connection.rollback()
    call = Call(context, revision, direction)
    own = ".".join(part for part in version_table(context) if part)
    try:
        with (
            closing(observer),
            call.transaction(),
            recording(connection, str(revision.path), dialect, follower, observer) as recorder,
            _watching(connection, call.code, recorder, {own}) as found,
        ):
            call()
    except (Exception, SystemExit) as error:
        raise RevisionFailed(revision.revision, direction, error, str(revision.path)) from error
    return found


@contextmanager
def _watching(
    connection: Connection, code: CodeType | None, recorder: Recorder, own: set[str]
) -> Iterator[list[Happened]]:
    """Operations from outside of any other, and statements, with the line of the function itself."""
    from alembic.operations.base import AbstractOperations
    from sqlalchemy import event

    found: list[Happened] = []
    original = AbstractOperations.invoke
    depth = 0
    limit = [_limit(connection)]

    def outside() -> bool:
        return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    def invoke(self: AbstractOperations, operation: ops.MigrateOperation) -> Any:
        nonlocal depth
        if depth == 0:
            _with_instances(operation)
            found.append(Happened(_line(code), operation=operation, outside=outside()))
        depth += 1
        try:
            return original(self, operation)
        finally:
            depth -= 1

    def after(*_given: Any) -> None:
        if not recorder.statements:
            return
        seen = recorder.statements[-1]
        old, new = seen.before, seen.after
        differences = compare(old, new) if old is not None and new is not None else ()
        locked = [lock.relation for lock in seen.observed.locks if lock.kind != "index"]
        touched = {*locked, *seen.observed.rows} - own
        before, limit[0] = limit[0], _limit(connection)
        found.append(
            Happened(
                _line(code),
                differences=differences,
                changed_catalog=seen.changed_catalog,
                touched=frozenset(touched),
                counts=seen.rows is not None,
                limits=limit[0] != before and not (touched or seen.changed_catalog),
                outside=seen.autocommit,
            )
        )

    setattr(AbstractOperations, "invoke", invoke)  # noqa: B010
    event.listen(connection, "after_cursor_execute", after)
    try:
        yield found
    finally:
        setattr(AbstractOperations, "invoke", original)  # noqa: B010
        event.remove(connection, "after_cursor_execute", after)


def _with_instances(operation: ops.MigrateOperation) -> None:
    """``existing_type=sa.Integer`` is as good as ``sa.Integer()``, and only that can be written again."""
    for name in ("existing_type", "modify_type"):
        given = getattr(operation, name, None)
        if isinstance(given, type):
            setattr(operation, name, given())


def _limit(connection: Connection) -> object:
    """How long a statement waits for a lock now; None where safe forms do not say so themselves."""
    if connection.dialect.name != "postgresql":
        return None
    return query_on(connection)("SELECT current_setting('lock_timeout')")[0][0]


def _line(code: CodeType | None) -> int | None:
    """The line of the function on the calling stack, whoever it called."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        if frame.f_code is code:
            return frame.f_lineno
        frame = frame.f_back
    return None
