"""A driver's own ``connect``, which no event of SQLAlchemy tells of: led where SQLAlchemy's are led.

A revision may call ``psycopg.connect(…)`` itself. So the functions that connect are replaced, once for
the process, in the drivers that are imported and in those that will be; while nothing is redirected
they do what they always did. Where the name was imported from the driver before, it is replaced too.
What Assay connects itself goes through, and what SQLAlchemy connects was led already.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Protocol

from assay import dialects
from assay.dialects import ConnectArguments

__all__ = ["Leads", "leading", "passing", "replace_connects"]


class Leads(Protocol):
    """Who says where a driver connects."""

    def lead(
        self, dialect: str, driver: str, arguments: ConnectArguments, asking: FrameType | None
    ) -> bool:
        """Rewrite the arguments, or raise; False: it may go where it says.

        :param asking: the code that called the driver.
        """
        ...

    def made(self, connection: Any) -> None:
        """The driver gave this."""
        ...


class _Connect(NamedTuple):
    """A function of a driver that connects.

    :param module: after whose import it can be replaced.
    :param name: in the module; ``Class.method`` stays the class's however it was imported.
    :param driver: SQLAlchemy's name.
    """

    module: str
    name: str
    dialect: str
    driver: str


_CONNECTS = (
    _Connect("psycopg", "connect", "postgresql", "psycopg"),
    _Connect("psycopg", "Connection.connect", "postgresql", "psycopg"),
    _Connect("psycopg", "AsyncConnection.connect", "postgresql", "psycopg_async"),
    _Connect("psycopg2", "connect", "postgresql", "psycopg2"),
    _Connect("psycopg2cffi", "connect", "postgresql", "psycopg2cffi"),
    _Connect("pg8000.core", "CoreConnection.__init__", "postgresql", "pg8000"),
    _Connect("asyncpg", "connect", "postgresql", "asyncpg"),
    _Connect("pymysql.connections", "Connection.__init__", "mysql", "pymysql"),
    _Connect("MySQLdb.connections", "Connection.__init__", "mysql", "mysqldb"),
    _Connect("mariadb", "connect", "mysql", "mariadbconnector"),
    _Connect("mariadb", "Connection.__init__", "mysql", "mariadbconnector"),
    _Connect("mysql.connector", "connect", "mysql", "mysqlconnector"),
    _Connect("mysql.connector.aio", "connect", "mysql", "mysqlconnector"),
    _Connect(
        "mysql.connector.abstracts", "MySQLConnectionAbstract.connect", "mysql", "mysqlconnector"
    ),
    _Connect("asyncmy", "connect", "mysql", "asyncmy"),
    _Connect("aiomysql", "connect", "mysql", "aiomysql"),
    _Connect("sqlite3", "connect", "sqlite", "pysqlite"),
    _Connect("aiosqlite", "connect", "sqlite", "aiosqlite"),
    _Connect("sqlcipher3.dbapi2", "connect", "sqlite", "pysqlcipher"),
    _Connect("pysqlcipher3.dbapi2", "connect", "sqlite", "pysqlcipher"),
)
_MODULES = frozenset(one.module for one in _CONNECTS)
_OWN = str(Path(dialects.__file__).parent)

_leads: list[Leads] = []
_thread = threading.local()


@contextmanager
def leading(leads: Leads) -> Iterator[None]:
    """Within, the connections that drivers make go where ``leads`` says."""
    replace_connects()
    _leads.append(leads)
    try:
        yield
    finally:
        _leads.remove(leads)


@contextmanager
def passing() -> Iterator[None]:
    """Within, what this thread connects goes where it says: it was led already."""
    before = getattr(_thread, "passing", False)
    _thread.passing = True
    try:
        yield
    finally:
        _thread.passing = before


def replace_connects() -> None:
    """Replace the functions that connect, once; called before any code of the project is imported."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _Finder())
    for module in _MODULES & sys.modules.keys():
        _replace(module)


class _Finder:
    """Sees drivers being imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in _MODULES:
            return None
        others = (f for f in sys.meta_path if f is not self)
        found = next(filter(None, (f.find_spec(name, path, target) for f in others)), None)
        loader: Any = found.loader if found is not None else None
        if loader is not None:
            execute = loader.exec_module

            def exec_module(module: Any) -> None:
                execute(module)
                _replace(name)

            loader.exec_module = exec_module
        return found


def _replace(module: str) -> None:
    for one in _CONNECTS:
        # another version of the driver may not have it
        if one.module == module:
            with suppress(AttributeError, KeyError, TypeError):
                _replace_one(one)


def _replace_one(one: _Connect) -> None:
    owner, _, method = one.name.partition(".")
    found = getattr(sys.modules[one.module], owner)
    if not method:
        instead = _led(found, one, given=0)
        for module in list(sys.modules.values()):
            names = getattr(module, "__dict__", {})
            for name in [name for name, value in list(names.items()) if value is found]:
                names[name] = instead
        return
    function = vars(found)[method]
    if isinstance(function, classmethod):
        setattr(found, method, classmethod(_led(function.__func__, one, given=1)))
    else:
        setattr(found, method, _led(function, one, given=1))


def _led(original: Callable[..., Any], one: _Connect, given: int) -> Callable[..., Any]:
    """What stands for a function that connects.

    :param given: how many arguments it has before those that are about the connection.
    """

    @functools.wraps(original)
    def connect(*args: Any, **keywords: Any) -> Any:
        if not _leads or getattr(_thread, "passing", False):
            return original(*args, **keywords)
        asking = _asking(one)
        if asking is not None and asking.f_code.co_filename.startswith(_OWN):
            return original(*args, **keywords)
        leads = _leads[-1]
        arguments = ConnectArguments(list(args[given:]), dict(keywords))
        if not leads.lead(one.dialect, one.driver, arguments, asking):
            return original(*args, **keywords)
        with passing():
            made = original(*args[:given], *arguments.args, **arguments.keywords)
        leads.made(args[0] if one.name.endswith("__init__") else made)
        return made

    return connect


def _asking(one: _Connect) -> FrameType | None:
    """Who called the driver: the innermost frame outside of it."""
    package = one.module.partition(".")[0]
    frame = inspect.currentframe()
    frame = frame.f_back.f_back if frame is not None and frame.f_back is not None else None
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] != package:
            return frame
        frame = frame.f_back
    return None
