"""A cursor of the driver that a revision took from below SQLAlchemy, its statements recorded too.

``op.get_bind().connection.cursor()`` sends what no event of SQLAlchemy tells of; its effects would be
told of as of the statement that comes next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

__all__ = ["RecordedCursor", "Records"]

_SENDING = ("execute", "executemany", "executescript", "copy_expert")
"""What sends a statement; ``executescript`` is SQLite's, ``copy_expert`` psycopg2's."""


class Records(Protocol):
    """What is told of each statement."""

    def before(
        self, connection: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool, /
    ) -> tuple[str, Any]:
        """It is about to be sent; the text to send instead."""

    def after(
        self, connection: Any, cursor: Any, sent: str, given: Any, context: Any, many: bool, /
    ) -> None:
        """It was sent."""

    def raised(self, error: BaseException) -> None:
        """The driver raised for it."""


class RecordedCursor:
    """Stands for a cursor; all but what sends statements is the cursor's own."""

    def __init__(self, cursor: Any, records: Records) -> None:
        self._cursor, self._records = cursor, records

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cursor, name)
        if name not in _SENDING:
            return found

        def send(statement: Any, *arguments: Any, **keywords: Any) -> Any:
            many = name == "executemany"
            text = _text(statement, self._cursor)
            sent, _ = self._records.before(None, self._cursor, text, arguments, None, many)
            try:
                given = found(statement if sent == text else sent, *arguments, **keywords)
            except Exception as error:
                self._records.raised(error)
                raise
            self._records.after(None, self._cursor, sent, arguments, None, many)
            return self if given is self._cursor else given

        return send

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def __next__(self) -> Any:
        return next(self._cursor)

    def __enter__(self) -> RecordedCursor:
        self._cursor.__enter__()
        return self

    def __exit__(self, *raised: Any) -> Any:
        return self._cursor.__exit__(*raised)


def _text(statement: Any, cursor: Any) -> str:
    """A statement as text: drivers take bytes, psycopg what its module ``sql`` composes."""
    if isinstance(statement, bytes):
        return statement.decode(errors="replace")
    composed = getattr(statement, "as_string", None)
    return str(composed(cursor) if callable(composed) else statement)
