"""SQLAlchemy's connections: when one is made, closed, or used from below it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import InvalidRequestError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "CLOSES",
    "ask_first",
    "before_each_connect",
    "close_left_open",
    "cursors_of_others",
    "kept_open",
    "taken_from_below",
]

CLOSES = "the revision closes the connection that it is given, and Alembic goes on with it"
"""What an error says that is raised for it."""


@contextmanager
def before_each_connect(look: Callable[[Any, bool], None]) -> Iterator[None]:
    """Call ``look`` before any pool of the process makes a connection, whenever the pool was made.

    It gets the engine's dialect and True; or the creator and False where the pool does not connect
    by SQLAlchemy's own function. An engine made with ``creator=``, ``async_creator=`` or a pool of
    its own sends no ``do_connect`` event, so it would reach the real database.
    """
    from sqlalchemy.pool.base import _ConnectionRecord

    name = "_ConnectionRecord__connect"
    original = getattr(_ConnectionRecord, name)

    def connect(record: Any) -> None:
        pool = getattr(record, "_ConnectionRecord__pool")  # noqa: B009
        own = getattr(pool._creator, "__module__", "") == "sqlalchemy.engine.create"
        look(pool._dialect if own else pool._creator, own)
        original(record)

    setattr(_ConnectionRecord, name, connect)
    try:
        yield
    finally:
        setattr(_ConnectionRecord, name, original)


def ask_first(dialect: Any, listener: Callable[..., Any]) -> None:
    """Let a ``do_connect`` listener of the class ``Engine`` be asked before all others.

    ``insert=True`` does not: SQLAlchemy takes no notice of it for this event.
    """
    listeners = dialect.dispatch.do_connect.parent_listeners
    if listeners[0] != listener:
        listeners.remove(listener)
        listeners.appendleft(listener)


@contextmanager
def cursors_of_others(
    connection: Connection, own: tuple[str, ...], made: Callable[[Any], Any]
) -> Iterator[None]:
    """Give out what ``made`` makes of a cursor to who takes one from below SQLAlchemy.

    :param own: folders of code that is given the cursor itself, beside SQLAlchemy's.
    """
    import sqlalchemy
    from sqlalchemy.pool.base import _ConnectionFairy

    folders = (str(Path(sqlalchemy.__file__).parent), *own)
    original = _ConnectionFairy.cursor

    def cursor(fairy: Any, *arguments: Any, **keywords: Any) -> Any:
        found = original(fairy, *arguments, **keywords)
        others = connection.closed or connection.connection is not fairy
        if others or sys._getframe(1).f_code.co_filename.startswith(folders):
            return found
        return made(found)

    setattr(_ConnectionFairy, "cursor", cursor)  # noqa: B010
    try:
        yield
    finally:
        setattr(_ConnectionFairy, "cursor", original)  # noqa: B010


@contextmanager
def taken_from_below(
    connection: Connection, own: tuple[str, ...], told: Callable[[], None]
) -> Iterator[None]:
    """Tell when the driver's connection is taken from below SQLAlchemy, or called through it.

    :param own: folders of code that may, beside SQLAlchemy's.
    """
    import sqlalchemy
    from sqlalchemy.pool.base import _ConnectionFairy

    folders = (str(Path(sqlalchemy.__file__).parent), *own)
    names = ("dbapi_connection", "driver_connection")
    originals = {name: vars(_ConnectionFairy)[name] for name in names}
    passed_on = _ConnectionFairy.__getattr__

    def look(fairy: Any) -> None:
        # the frame first: SQLAlchemy itself asks often, also while it looks who is asked here
        if sys._getframe(2).f_code.co_filename.startswith(folders):
            return
        if not connection.closed and connection.connection is fairy:
            told()

    def reading(name: str) -> property:
        original = originals[name]

        def read(fairy: Any) -> Any:
            look(fairy)
            return original.__get__(fairy)

        return property(read, getattr(original, "__set__", None))

    def pass_on(fairy: Any, key: str) -> Any:
        if key.startswith(("execute", "copy")):
            look(fairy)
        return passed_on(fairy, key)

    for name in names:
        setattr(_ConnectionFairy, name, reading(name))
    setattr(_ConnectionFairy, "__getattr__", pass_on)  # noqa: B010
    try:
        yield
    finally:
        for name in names:
            setattr(_ConnectionFairy, name, originals[name])
        setattr(_ConnectionFairy, "__getattr__", passed_on)  # noqa: B010


@contextmanager
def kept_open(connection: Connection) -> Iterator[None]:
    """Let closing ``connection``, or giving back what is below it, raise where that is called.

    Without it the error comes from whoever uses the connection next: Alembic, in ``env.py``.
    """
    from sqlalchemy.pool.base import _ConnectionFairy

    original = _ConnectionFairy.close

    def close() -> None:
        raise InvalidRequestError(CLOSES)

    def give_back(fairy: Any) -> None:
        if not connection.closed and connection.connection is fairy:
            raise InvalidRequestError(CLOSES)
        original(fairy)

    # on the instance: SQLAlchemy itself closes connections by the class's method
    connection.close = close  # type: ignore[method-assign]
    setattr(_ConnectionFairy, "close", give_back)  # noqa: B010
    try:
        yield
    finally:
        setattr(_ConnectionFairy, "close", original)  # noqa: B010
        del connection.close


def close_left_open(connection: Any) -> None:
    """Close a driver's connection, without an event loop where it needs one."""
    driver = getattr(connection, "driver_connection", connection)
    if driver is connection:
        connection.close()
    elif hasattr(connection, "terminate"):
        connection.terminate()  # asyncpg, aiosqlite
    else:
        driver.pgconn.finish()  # psycopg
