"""What connections through a driver itself, never through SQLAlchemy, have alike on every server.

While a project is run, every SQLAlchemy connection of the process is sent to a shadow, and the
connection that makes shadows must not be.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import Any, TypeVar

__all__ = ["ConnectError", "DbapiConnection", "LoopThread", "reason_of"]

T = TypeVar("T")


class ConnectError(Exception):
    """No connection; the text is the driver's reason."""


def reason_of(error: Exception, password: str | None) -> str:
    """What a driver says in one line, without the password."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason.replace(password, "***") if password else reason


class DbapiConnection:
    """What drivers with the interface of PEP 249 have in common.

    :param raw: the driver's connection, in autocommit.
    """

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one SQL text."""
        cursor = self._raw.cursor()
        try:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def execute(self, sql: str) -> None:
        """Run one statement."""
        cursor = self._raw.cursor()
        try:
            cursor.execute(sql)
        finally:
            cursor.close()

    def close(self) -> None:
        """End it."""
        try:
            self._raw.close()
        except Exception:
            # A connection that cannot be closed is closed already.
            return


class LoopThread:
    """An event loop in a thread: the caller may be inside a running one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._loop.is_closed()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Wait for it, and give what it gives."""

        async def wait() -> T:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(wait(), self._loop).result()

    def stop(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
