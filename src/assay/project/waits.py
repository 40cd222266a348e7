"""On a shadow nothing waits for a lock for ever.

A revision that opens a connection of its own waits there for what its own transaction holds, or the
other way round: no server sees that as a deadlock, because the one who could go on is this process.
So a thread looks from time to time what waits on the shadow, and ends what has waited too long. It
sets nothing on the project's connections, and a statement that works is left alone until the time of its
revision is over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from assay.dialects import Address, LockWait

__all__ = ["LONGEST", "Waits", "set_overdue", "wait_of", "waits_ended"]

LONGEST = 3.0
"""Seconds that a statement may wait for a lock on a shadow, where nobody else works."""
_LOOK = 0.5  # seconds
_MARK = "_assay_waited_for"


class Waits(Protocol):
    """Who sees the waits on a shadow."""

    def lock_waits(self, database: Address) -> tuple[LockWait, ...]:
        """What waits for a lock now in a database made here; nothing of any other."""
        ...

    def waits_for(self, database: Address, wait: LockWait) -> str:
        """What a statement waits for, in words."""
        ...

    def end_wait(self, database: Address, wait: LockWait) -> None:
        """Let a statement fail that waits for a lock."""
        ...

    def end_running(self, database: Address) -> None:
        """Let every statement fail that runs now in a database made here; nothing of any other."""
        ...


def wait_of(error: BaseException) -> str | None:
    """What a statement waited for that was ended here; None for any other error."""
    original = getattr(error, "orig", None)
    if original is None and any(one.__name__ == "DatabaseError" for one in type(error).__mro__):
        for watch in _watches:  # a driver raised it past SQLAlchemy
            watch.mark_all(error)
    found = getattr(error, _MARK, None) or getattr(original, _MARK, None)
    return None if found is None else str(found)


def set_overdue(*, overdue: bool) -> None:
    """Whether what runs on shadows is to be ended: its time is over (:mod:`assay.project.limit`)."""
    for watch in _watches:
        watch.overdue = overdue


@contextmanager
def waits_ended(waits: Waits | None, at: Address | None) -> Iterator[None]:
    """Within, a statement on the shadow ``at`` that waits for a lock fails after :data:`LONGEST`.

    The driver's error is raised as it is, marked for :func:`wait_of`.
    """
    if waits is None or at is None:
        yield
        return
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    watch = _Watch(waits, at)
    event.listen(Engine, "handle_error", watch.mark)
    event.listen(Engine, "before_cursor_execute", watch.begin)
    watch.thread.start()
    _watches.append(watch)
    try:
        yield
    finally:
        _watches.remove(watch)
        watch.over.set()
        watch.thread.join()
        event.remove(Engine, "handle_error", watch.mark)
        event.remove(Engine, "before_cursor_execute", watch.begin)


class _Watch:
    def __init__(self, waits: Waits, at: Address) -> None:
        self.waits, self.at = waits, at
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, name="assay-waits", daemon=True)
        self.ended: list[str] = []
        self._seen: dict[LockWait, float] = {}
        self.overdue = False

    def begin(self, *_statement: Any) -> None:
        """A statement begins: what was ended before it has raised, or was not told so (GET_LOCK)."""
        self.ended.clear()

    def mark(self, context: Any) -> None:
        """An error comes from the driver: the first one after a wait was ended is of that wait."""
        self.mark_all(context.original_exception, context.sqlalchemy_exception)

    def mark_all(self, *errors: BaseException | None) -> None:
        """Mark an error, as the driver raised it and as it is raised."""
        waited_for = self.ended.pop() if self.ended else None
        if waited_for is None and _is_busy(errors[0]):
            waited_for = "the database file, which another connection has locked"
        if waited_for is None:
            return
        for error in errors:
            with suppress(AttributeError, TypeError):
                setattr(error, _MARK, waited_for)

    def _look(self) -> None:
        while not self.over.wait(_LOOK):
            # the server may be ending: then the run fails by itself, and says so better
            with suppress(Exception):
                if self.overdue:
                    self.waits.end_running(self.at)
                now = time.monotonic()
                waiting = self.waits.lock_waits(self.at)
                self._seen = {wait: self._seen.get(wait, now) for wait in waiting}
                for wait, began in self._seen.items():
                    if now - began >= LONGEST:
                        self._end(wait)

    def _end(self, wait: LockWait) -> None:
        # noted first: the error is there before the server has answered
        self.ended.append(self.waits.waits_for(self.at, wait))
        try:
            self.waits.end_wait(self.at, wait)
        except BaseException:
            self.ended.pop()
            raise


def _is_busy(error: BaseException | None) -> bool:
    """Whether it is SQLite's SQLITE_BUSY; the code is in the error from Python 3.11 on only."""
    return str(error) == "database is locked"


_watches: list[_Watch] = []
