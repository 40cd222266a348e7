"""Recording every statement on a connection while a revision runs on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.catalog import Snapshot
from assay.dialects import Dialect, Follower, Observation, Observer, verb
from assay.operations.online.stated import as_stated
from assay.project.compat.connections import cursors_of_others, kept_open, taken_from_below
from assay.project.project import execute_on, query_on
from assay.trace.by_operation import made_by_operation
from assay.trace.cursors import RecordedCursor
from assay.trace.effects import StatementEffect, is_writing
from assay.trace.enclosing import Enclosing
from assay.trace.failing import failure_of
from assay.trace.granting import Granting
from assay.trace.lines import line_on_stack

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Recorder", "as_sent", "recording"]


class Recorder:
    """Statements of one connection, with their effects.

    :param file: the revision file whose lines are looked for on the stack.
    :param follower: knows the catalog now, for a difference per statement; None records none.
    :param observer: who watches what the server does; None: nobody.
    :param granting: who tells of privileges; None: nobody.
    """

    def __init__(
        self,
        connection: Connection,
        file: str,
        dialect: Dialect,
        follower: Follower | None = None,
        observer: Observer | None = None,
        granting: Granting | None = None,
    ) -> None:
        self.connection, self.file, self.dialect = connection, file, dialect
        self.observer = observer
        self.statements: list[StatementEffect] = []
        self._query = query_on(connection)
        self._enclosing = Enclosing(connection, execute_on(connection), dialect, observer)
        self.follower = follower
        self.seen = follower.state if follower else None
        """The catalog after the last statement."""
        self._mark: str | None = None
        self._granting = granting
        self._began = 0.0
        self._sql, self._operation, self._shown = "", False, ""
        self.taken: int | None = None
        """The line from which on the driver's own connection may be used, unseen."""
        self._rolled_back: int | None = None

    def before(
        self, _connection: Any, _cursor: Any, statement: str, given: Any, context: Any, _many: bool
    ) -> tuple[str, Any]:
        self._operation = made_by_operation(context)
        self._catch_up()
        self._sql = as_stated(self.connection, statement)
        self._shown = as_sent(self._sql, context)
        self._enclosing.begin(self._sql, self.follower, by_operation=self._operation)
        if (
            self.follower is None
            and self._mark is None
            and _looks(statement, by_operation=self._operation)
        ):
            self._mark = self._read_mark()
        if self._granting is not None and not self._enclosing.asks:
            self._granting.before(self._sql, autocommit=self._enclosing.outside)
        self._began = time.perf_counter()
        if self.observer is not None and not self._enclosing.asks:
            try:
                sent = self.observer.before(self._sql, autocommit=self._enclosing.outside)
                if sent != self._sql:
                    statement = sent
            except Exception as error:
                # MySQL: a form of it was tried, and it is the statement that is wrong
                self._failed(error)
                raise
        return statement, given

    def end(self) -> None:
        """The function has returned, and its transaction is about to be committed."""
        self._catch_up()
        if self.follower is not None:
            self.seen = self.follower.state
            if self._enclosing.followed:
                self.follower.end()

    def take(self) -> None:
        """The driver's own connection was taken from below SQLAlchemy."""
        if self.taken is None:
            self.taken = line_on_stack(self.file)

    def roll_back(self, *_event: Any) -> None:
        """A transaction is about to be rolled back; a savepoint, which is a statement, is not told."""
        self._rolled_back = line_on_stack(self.file) or self._rolled_back
        self._enclosing.known = False

    def commit(self, *_event: Any) -> None:
        """A transaction is about to be committed."""
        self._enclosing.known = True

    def close(self) -> None:
        """Nothing more is recorded."""
        self._enclosing.abandon()

    def _catch_up(self) -> None:
        """What the catalog became without a statement is not what the next statement made of it."""
        line = self._rolled_back or self.taken
        if self.follower is None or line is None:
            return
        before = self.follower.state.snapshot
        after = self.follower.settle().snapshot
        self._enclosing.forget()
        if after.objects != before.objects:
            self.statements.append(
                StatementEffect(
                    sql="ROLLBACK" if self._rolled_back else UNSEEN,
                    line=line,
                    by_operation=False,
                    changed_catalog=not self._rolled_back,
                    rows=None,
                    duration=0.0,
                    before=before,
                    after=after,
                    autocommit=self._enclosing.autocommit,
                )
            )
        self._rolled_back = None

    def failed(self, context: Any) -> None:
        """The driver raised for a statement."""
        if context.connection is self.connection and context.statement is not None:
            self._failed(context.original_exception)

    def raised(self, error: BaseException) -> None:
        """The driver raised for a statement that SQLAlchemy knows nothing of."""
        self._failed(error)

    def _failed(self, error: BaseException) -> None:
        duration = time.perf_counter() - self._began
        outside = self._enclosing.outside
        if self.observer is not None:
            self.observer.close()
        self._enclosing.abandon()
        before = after = None
        if self.follower is not None and outside and not self._enclosing.asks:
            # an index that is not valid stays, and what a DO block has committed
            before = self.follower.state.snapshot
            with suppress(Exception):
                self._enclosing.look(self.follower)
                after = self.follower.state.snapshot
        self.statements.append(
            StatementEffect(
                sql=self._shown,
                line=line_on_stack(self.file),
                by_operation=False,
                changed_catalog=False,
                rows=None,
                duration=duration,
                before=before if after else None,
                after=after,
                autocommit=self._enclosing.autocommit,
                failure=failure_of(error, self.file),
            )
        )

    def after(
        self, _connection: Any, cursor: Any, _sent: str, _p: Any, _context: Any, _many: bool
    ) -> None:
        duration = time.perf_counter() - self._began
        statement, rows = self._sql, _rows(cursor)
        observed = Observation()
        if self.observer is not None and not self._enclosing.asks:
            observed = self._enclosing.told(self.observer.after(statement, rows))
        by_operation = self._operation
        before: Snapshot | None = self.follower.state.snapshot if self.follower else None
        # an operation's DDL writes the catalog, or it asks on the way; no need to look
        looks = _looks(statement, by_operation=by_operation)
        changed = not looks and is_writing(statement) and verb(statement) not in _SESSION
        if self.follower is not None:
            if changed or looks:
                wrote = self._enclosing.look(self.follower)
                changed = changed or wrote
        elif not looks:
            self._mark = None
        else:
            mark = self._read_mark()
            changed, self._mark = mark != self._mark and mark != "unknown", mark
        after = self.follower.state.snapshot if self.follower else None
        granted, revoked = (
            self._granting.after(statement)
            if self._granting is not None and changed and not by_operation
            else ((), ())
        )
        try:
            self._enclosing.end(self.follower)
        except Exception:
            self.roll_back()
            raise
        self.statements.append(
            StatementEffect(
                sql=self._shown,
                line=line_on_stack(self.file),
                by_operation=by_operation,
                changed_catalog=changed,
                rows=rows,
                duration=duration,
                before=before,
                after=after,
                observed=observed,
                autocommit=self._enclosing.autocommit,
                granted=granted,
                revoked=revoked,
            )
        )

    def _read_mark(self) -> str:
        """The catalog's mark; in autocommit the counters of a transaction say nothing."""
        if self._enclosing.outside and self.dialect.capabilities.transactional_ddl:
            return "unknown"
        return self.dialect.catalog_mark(self._query)


UNSEEN = "-- sent on the driver's own connection, unseen"
"""Stands for statements that nobody told of."""


def as_sent(sql: str, context: Any) -> str:
    """A statement as the server gets it: SQLAlchemy doubles ``%`` for a driver that takes ``%s``.

    :param context: SQLAlchemy's own of the statement; None: it was given to the driver as it is.
    """
    doubled = context is not None and context.dialect.paramstyle in ("format", "pyformat")
    return sql.replace("%%", "%") if doubled else sql


_ASSAY = str(Path(__file__).parent.parent)
_SESSION = ("SET", "RESET", "COMMIT", "LOCK", "UNLOCK")


def _looks(statement: str, *, by_operation: bool) -> bool:
    """Whether only looking tells if the catalog was written: not for what an operation makes.

    Of its statements an ``UPDATE`` can run anything: functions, triggers.
    """
    return not by_operation or verb(statement) == "UPDATE"


def _rows(cursor: Any) -> int | None:
    count = getattr(cursor, "rowcount", None)
    return count if isinstance(count, int) and count >= 0 else None


@contextmanager
def recording(
    connection: Connection,
    file: str,
    dialect: Dialect,
    follower: Follower | None = None,
    observer: Observer | None = None,
    granting: Granting | None = None,
) -> Iterator[Recorder]:
    """Record every statement on ``connection`` within; who made the observer closes it."""
    from sqlalchemy import event

    recorder = Recorder(connection, file, dialect, follower, observer, granting)
    event.listen(connection, "before_cursor_execute", recorder.before, retval=True)
    event.listen(connection, "after_cursor_execute", recorder.after)
    # an event of the dialect, which only an engine takes
    event.listen(connection.engine, "handle_error", recorder.failed)
    event.listen(connection, "rollback", recorder.roll_back)
    event.listen(connection, "commit", recorder.commit)
    others = cursors_of_others(connection, (_ASSAY,), lambda c: RecordedCursor(c, recorder))
    try:
        with others, kept_open(connection), taken_from_below(connection, (_ASSAY,), recorder.take):
            yield recorder
        recorder.end()
    finally:
        recorder.close()
        event.remove(connection, "before_cursor_execute", recorder.before)
        event.remove(connection, "after_cursor_execute", recorder.after)
        event.remove(connection, "rollback", recorder.roll_back)
        event.remove(connection, "commit", recorder.commit)
        event.remove(connection.engine, "handle_error", recorder.failed)
