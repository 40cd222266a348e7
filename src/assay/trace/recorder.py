"""Recording every statement on a connection while a revision runs on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
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
from assay.trace.failing import failure_of
from assay.trace.granting import Granting
from assay.trace.lines import line_on_stack

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Recorder", "recording"]


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
        self._query, self._execute = query_on(connection), execute_on(connection)
        self.follower = follower
        self.seen = follower.state if follower else None
        """The catalog after the last statement."""
        self._transaction: object = None
        self._enclosed = False
        """A transaction of ours is open, on a connection in autocommit."""
        self._asks = False
        """An operation only asks, in autocommit: that has no effect to be seen."""
        self._known = False
        """What was seen until now was committed."""
        self._numbers: dict[int, int] = {}
        self._mark: str | None = None
        self._granting = granting
        self._began = 0.0
        self._sql, self._operation = "", False
        self.taken: int | None = None
        """The line from which on the driver's own connection may be used, unseen."""
        self._rolled_back: int | None = None

    def before(
        self, _connection: Any, _cursor: Any, statement: str, given: Any, context: Any, _many: bool
    ) -> tuple[str, Any]:
        self._operation = made_by_operation(context)
        self._catch_up()
        self._sql = as_stated(self.connection, statement)
        self._enclose()
        if self.follower is not None:
            self._begin(self.follower)
        elif self._mark is None and _looks(statement, by_operation=self._operation):
            self._mark = self._read_mark()
        if self._granting is not None and not self._asks:
            self._granting.before(self._sql, autocommit=self._outside)
        self._began = time.perf_counter()
        if self.observer is not None and not self._asks:
            try:
                sent = self.observer.before(self._sql, autocommit=self._outside)
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
            if self.connection.get_transaction() is self._transaction and not self._autocommit:
                self.follower.end()

    def take(self) -> None:
        """The driver's own connection was taken from below SQLAlchemy."""
        if self.taken is None:
            self.taken = line_on_stack(self.file)

    def roll_back(self, *_event: Any) -> None:
        """A transaction is about to be rolled back; a savepoint, which is a statement, is not told."""
        self._rolled_back = line_on_stack(self.file) or self._rolled_back
        self._known = False

    def commit(self, *_event: Any) -> None:
        """A transaction is about to be committed."""
        self._known = True

    def _catch_up(self) -> None:
        """What the catalog became without a statement is not what the next statement made of it."""
        line = self._rolled_back or self.taken
        if self.follower is None or line is None:
            return
        before = self.follower.state.snapshot
        after = self.follower.settle().snapshot
        self._transaction = None  # followed from here
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
                    autocommit=self._autocommit,
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
        if self.observer is not None:
            self.observer.close()
        if self._enclosed:
            self._enclosed = False
            with suppress(Exception):
                self._execute("ROLLBACK")
            self._known = True
        before = after = None
        if self.follower is not None and self._outside and not self._asks:
            # an index that is not valid stays, and what a DO block has committed
            before = self.follower.state.snapshot
            with suppress(Exception):
                self._look(self.follower)
                after = self.follower.state.snapshot
        self.statements.append(
            StatementEffect(
                sql=self._sql,
                line=line_on_stack(self.file),
                by_operation=False,
                changed_catalog=False,
                rows=None,
                duration=duration,
                before=before if after else None,
                after=after,
                autocommit=self._autocommit,
                failure=failure_of(error, self.file),
            )
        )

    def after(
        self, _connection: Any, cursor: Any, _sent: str, _p: Any, _context: Any, _many: bool
    ) -> None:
        duration = time.perf_counter() - self._began
        statement, rows = self._sql, _rows(cursor)
        observed = Observation()
        if self.observer is not None and not self._asks:
            observed = self._as_numbered(self.observer.after(statement, rows))
        by_operation = self._operation
        before: Snapshot | None = self.follower.state.snapshot if self.follower else None
        # an operation's DDL writes the catalog, or it asks on the way; no need to look
        looks = _looks(statement, by_operation=by_operation)
        changed = not looks and is_writing(statement) and verb(statement) not in _SESSION
        if self.follower is not None:
            if changed or looks:
                wrote = self._look(self.follower)
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
        self._disclose()
        self.statements.append(
            StatementEffect(
                sql=statement,
                line=line_on_stack(self.file),
                by_operation=by_operation,
                changed_catalog=changed,
                rows=rows,
                duration=duration,
                before=before,
                after=after,
                observed=observed,
                autocommit=self._autocommit,
                granted=granted,
                revoked=revoked,
            )
        )

    def _as_numbered(self, observed: Observation) -> Observation:
        """With the number of the transaction among those of the revision's own."""
        number = observed.transaction
        if number is None:
            return observed
        if self._enclosed:
            return replace(observed, transaction=None, held=())
        own = self._numbers.setdefault(number, len(self._numbers) + 1)
        return observed if own == number else replace(observed, transaction=own)

    def _enclose(self) -> None:
        """Begin a transaction where a statement is watched in one that has none."""
        can = self.observer is not None and self._autocommit and self.observer.encloses(self._sql)
        self._asks = can and self._operation and verb(self._sql) in _ASKING
        self._enclosed = can and not self._asks
        if self._enclosed:
            self._execute("BEGIN")

    def _look(self, follower: Follower) -> bool:
        if not self._outside:
            return follower.look(autocommit=False)
        self._known = True
        if not self.dialect.capabilities.transactional_ddl:
            return follower.look(autocommit=True)
        self._execute("BEGIN")
        try:
            return follower.look(autocommit=True)
        finally:
            self._execute("COMMIT")

    def _disclose(self) -> None:
        """Commit our own transaction; what waits for that may fail, as it would in autocommit."""
        if self._enclosed:
            if self.follower is not None:
                self.follower.end(told=True)
            try:
                self._execute("COMMIT")
            except Exception:
                self.roll_back()
                raise
            self._enclosed, self._known = False, True

    def _begin(self, follower: Follower) -> None:
        transaction = self.connection.get_transaction()
        new = transaction is not self._transaction and not self._autocommit
        if new or self._enclosed:
            follower.begin(known=self._known)
            self._known = False
        self._transaction = transaction

    @property
    def _outside(self) -> bool:
        """Whether a statement runs in no transaction."""
        return self._autocommit and not self._enclosed

    @property
    def _autocommit(self) -> bool:
        return self.connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"

    def _read_mark(self) -> str:
        """The catalog's mark; in autocommit the counters of a transaction say nothing."""
        if self._outside and self.dialect.capabilities.transactional_ddl:
            return "unknown"
        return self.dialect.catalog_mark(self._query)


UNSEEN = "-- sent on the driver's own connection, unseen"
"""Stands for statements that nobody told of."""

_ASKING = ("RESET", "SELECT", "SET", "SHOW")
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
        event.remove(connection, "before_cursor_execute", recorder.before)
        event.remove(connection, "after_cursor_execute", recorder.after)
        event.remove(connection, "rollback", recorder.roll_back)
        event.remove(connection, "commit", recorder.commit)
        event.remove(connection.engine, "handle_error", recorder.failed)
