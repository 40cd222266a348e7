"""While proving, every SQLAlchemy connection of this process reaches the shadow, or none is made.

``do_connect`` rewrites the arguments of the driver's ``connect``; a pooled connection made before
is not handed out; a connection already open is not executed on; an engine with ``creator=`` is
refused. So it does not matter how ``env.py`` finds its URL. Databases in memory are left alone: they
are the application's own, and no real database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from assay.dialects import SUPPORTED, Address, ConnectArguments, canonical, load
from assay.errors import UsageError
from assay.project.compat import ask_first, before_each_connect, close_left_open

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect

__all__ = ["Target", "reaches_shadow", "redirected"]

Target = Address | Callable[[str], Address]
"""Where to: an address, or what gives one once the dialect's name is known."""

_TOKEN = "assay_redirected_to"
_MEMORY = "a database in memory"


class _Redirection:
    """The listeners of one redirection."""

    def __init__(self, to: Target) -> None:
        self.to = to
        self.opened: list[tuple[Any, Any]] = []

    def do_connect(self, dialect: Dialect, record: Any, cargs: Any, cparams: Any) -> Any:
        if _current[-1] is not self:
            return None
        # copies: the engine outlives the redirection and must find its own arguments again
        arguments = ConnectArguments(list(cargs), dict(cparams))
        if canonical(dialect.name) in SUPPORTED and load(dialect.name).in_memory(arguments):
            # not the real database but one of the application's own, gone with the connection
            if record is not None:
                record.info[_TOKEN] = _MEMORY
            return None
        if not isinstance(self.to, Address):
            self.to = self.to(dialect.name)
        if canonical(dialect.name) != canonical(self.to.dialect):
            raise UsageError(
                f"env.py connects with the {dialect.name} dialect, "
                f"but the shadow is {self.to.dialect}.",
                next_step="Let env.py use one database; Assay proves one dialect in a run.",
            )
        load(dialect.name).redirect(dialect.driver, arguments, self.to)
        connection = dialect.connect(*arguments.args, **arguments.keywords)
        if record is not None:
            record.info[_TOKEN] = self
        self.opened.append((record, connection))
        return connection

    def before_connect(self, found: Any, own: bool) -> None:
        """Refuse a foreign creator; be asked first, before the project's own listeners."""
        if _current[-1] is not self:
            return
        if not own:
            self.refuse(found)
        else:
            ask_first(found, self.do_connect)

    def checkout(self, dbapi_connection: Any, record: Any, _proxy: Any) -> None:
        """A pooled connection that goes elsewhere is thrown away; the pool makes a new one."""
        from sqlalchemy.exc import DisconnectionError

        if not self._allowed(record.info, dbapi_connection):
            raise DisconnectionError("pooled before the redirection to a shadow")

    def _allowed(self, info: Any, dbapi_connection: Any) -> bool:
        token = info.get(_TOKEN)
        if token is None and _is_in_memory(dbapi_connection):
            token = info[_TOKEN] = _MEMORY
        return token is self or token is _MEMORY

    def before_execute(
        self,
        connection: Connection,
        _cursor: Any,
        _statement: str,
        _parameters: Any,
        _context: Any,
        _executemany: bool,
    ) -> None:
        if _current[-1] is not self:
            return
        if not self._allowed(connection.info, connection.connection.dbapi_connection):
            raise UsageError(
                "A connection opened before the proof began was used in it; nothing was executed.",
                where=connection.engine.url.render_as_string(hide_password=True),
                next_step="Open it in [tool.assay] setup (it runs redirected) or in env.py.",
            )

    def refuse(self, creator: Any) -> None:
        name = getattr(creator, "__qualname__", repr(creator))
        raise UsageError(
            f"An engine connects by its own creator ({name}), which cannot be led to a shadow; "
            "no connection was made.",
            next_step="Let env.py make its engine from a URL, and put what creator= does into "
            "connect_args or a do_connect listener.",
        )

    def end(self) -> None:
        """Close what was left open: a session or pool must not keep the shadow from ending."""
        for record, connection in self.opened:
            if record is not None and record.dbapi_connection is connection:
                # its pool must not wait, in another event loop, for a closed connection to close
                with suppress(Exception):
                    record.invalidate()
            with suppress(Exception):
                close_left_open(connection)
        self.opened.clear()


def reaches_shadow(connection: Connection) -> bool:
    """Whether a connection was led to the current redirection's target."""
    return bool(_current) and connection.info.get(_TOKEN) is _current[-1]


def _is_in_memory(dbapi_connection: Any) -> bool:
    """Whether an open connection is to a database of the application's own, in memory."""
    return any(load(name).is_in_memory(dbapi_connection) for name in SUPPORTED)


def _not_redirected(_dbapi_connection: Any, record: Any, _proxy: Any) -> None:
    """After a redirection, a pooled connection to a shadow is thrown away."""
    from sqlalchemy.exc import DisconnectionError

    if record.info.get(_TOKEN, _MEMORY) is not _MEMORY:
        raise DisconnectionError("pooled while redirected to a shadow")


_watching_pools = False


@contextmanager
def redirected(to: Target) -> Iterator[None]:
    """Within, every SQLAlchemy connection of the process reaches ``to``."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import Pool

    global _watching_pools
    if not _watching_pools:
        # for the rest of the process: a pool may hold connections to shadows from now on
        event.listen(Pool, "checkout", _checkout_any)
        _watching_pools = True

    redirection = _Redirection(to)
    _current.append(redirection)
    event.listen(Engine, "do_connect", redirection.do_connect)
    event.listen(Engine, "before_cursor_execute", redirection.before_execute, insert=True)
    try:
        with before_each_connect(redirection.before_connect):
            yield
    finally:
        event.remove(Engine, "do_connect", redirection.do_connect)
        event.remove(Engine, "before_cursor_execute", redirection.before_execute)
        _current.remove(redirection)
        redirection.end()


_current: list[_Redirection] = []


def _checkout_any(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    if _current:
        _current[-1].checkout(dbapi_connection, record, proxy)
    else:
        _not_redirected(dbapi_connection, record, proxy)
