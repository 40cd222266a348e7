"""While proving, every connection of this process reaches the shadow, or none is made.

``do_connect`` rewrites the arguments of the driver's ``connect``, and so do the drivers' own functions
(:mod:`assay.project.drivers`); a pooled connection made before is not handed out; a connection already
open is not executed on; an engine with ``creator=`` is refused. So it does not matter how ``env.py``
finds its URL. Databases in memory are left alone: they are the application's own, and no real database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

from assay.dialects import SUPPORTED, Address, ConnectArguments, canonical, load
from assay.errors import UsageError
from assay.project.compat.connections import ask_first, before_each_connect, close_left_open
from assay.project.drivers import leading, passing
from assay.project.failures import is_installed, short

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect

__all__ = ["Refused", "Target", "listening", "reaches_shadow", "redirected"]

Target = Address | Callable[[str], Address]
"""Where to: an address, or what gives one once the dialect's name is known."""

_TOKEN = "assay_redirected_to"
_MEMORY = "a database in memory"


class Refused(UsageError):
    """A connection that the project's code asked for, and that cannot be led to the shadow."""


class _Redirection:
    """The listeners of one redirection."""

    def __init__(self, to: Target) -> None:
        self.to = to
        self.opened: list[tuple[Any, Any]] = []
        self.files: set[str] = set()
        """Those that were named where SQLAlchemy was led elsewhere."""

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
        to = self._shadow(dialect.name)
        if to is None:
            assert isinstance(self.to, Address)
            raise UsageError(
                f"env.py connects with the {dialect.name} dialect, "
                f"but the shadow is {self.to.dialect}.",
                next_step="Let env.py use one database; Assay proves one dialect in a run.",
            )
        self.files.update(str(argument) for argument in cargs[:1])
        load(dialect.name).redirect(dialect.driver, arguments, to)
        with passing():
            connection = dialect.connect(*arguments.args, **arguments.keywords)
        if record is not None:
            record.info[_TOKEN] = self
        self.opened.append((record, connection))
        return connection

    def _shadow(self, dialect: str) -> Address | None:
        """Where it leads; None where that is another engine's."""
        if not isinstance(self.to, Address):
            self.to = self.to(dialect)
        return self.to if canonical(dialect) == canonical(self.to.dialect) else None

    def lead(
        self, dialect: str, driver: str, arguments: ConnectArguments, asking: FrameType | None
    ) -> bool:
        """A driver is called by other code than SQLAlchemy."""
        if load(dialect).in_memory(arguments):
            return False
        installed = asking is not None and is_installed(asking.f_code.co_filename)
        if dialect == "sqlite" and installed and not self._names(arguments):
            return False  # a file of some tool's own: a cache, what coverage measured
        for told in _listening:
            told(driver)
        where = f"{short(asking.f_code.co_filename)}:{asking.f_lineno}" if asking else None
        to = self._shadow(dialect)
        if to is None:
            assert isinstance(self.to, Address)
            raise Refused(
                f"{driver} is called to connect to a {dialect} database, but the shadow is "
                f"{self.to.dialect}; no connection was made.",
                where=where,
                next_step="Let what is migrated use one database, by op.get_bind().",
            )
        try:
            load(dialect).redirect(driver, arguments, to)
        except UsageError as error:
            raise Refused(error.what, where=where, next_step=error.next_step) from error
        return True

    def _names(self, arguments: ConnectArguments) -> bool:
        """Whether a file is named that SQLAlchemy was led away from."""
        named = [*arguments.args[:1], arguments.keywords.get("database")]
        return any(str(one) in self.files for one in named if one is not None)

    def made(self, connection: Any) -> None:
        """A driver gave a connection, or what one is awaited from."""
        if hasattr(connection, "cursor") and not hasattr(connection, "__await__"):
            self.opened.append((None, connection))

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
    """Within, every connection that SQLAlchemy or a driver makes reaches ``to``."""
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
        with before_each_connect(redirection.before_connect), leading(redirection):
            yield
    finally:
        event.remove(Engine, "do_connect", redirection.do_connect)
        event.remove(Engine, "before_cursor_execute", redirection.before_execute)
        _current.remove(redirection)
        redirection.end()


@contextmanager
def listening(told: Callable[[str], None]) -> Iterator[None]:
    """Within, tell when a driver itself is called to connect; it gets SQLAlchemy's name of it."""
    _listening.append(told)
    try:
        yield
    finally:
        _listening.remove(told)


_current: list[_Redirection] = []
_listening: list[Callable[[str], None]] = []


def _checkout_any(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    if _current:
        _current[-1].checkout(dbapi_connection, record, proxy)
    else:
        _not_redirected(dbapi_connection, record, proxy)
