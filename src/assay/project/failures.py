"""Errors of the user's own code, shown with the user's own frames as the cause."""

from __future__ import annotations

import socket
import sysconfig
import traceback
from pathlib import Path

import alembic

from assay.errors import AssayError, ProcedureStop, UsageError, hide_passwords
from assay.project.waits import wait_of

__all__ = ["DRIVERS", "RevisionFailed", "describe", "is_installed", "own_place", "user_failure"]

_ONE_CONNECTION = (
    "Do everything on the connection that the revision is given, `op.get_bind()`; or let nothing be "
    "open on another one meanwhile."
)
"""What to do where a revision waited for itself."""

_OURS = str(Path(__file__).resolve().parent.parent)
_ALEMBIC = str(Path(alembic.__file__).parent)
_INSTALLED = (
    "<frozen ",
    *(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib")),
)


class RevisionFailed(ProcedureStop):
    """A revision's ``upgrade`` or ``downgrade`` raised.

    :ivar revision: the revision's id.
    :ivar direction: ``upgrade`` or ``downgrade``.
    """

    def __init__(self, revision: str, direction: str, error: BaseException, file: str) -> None:
        line = line_in(error, file)
        super().__init__(
            f"{direction} of {revision} failed: {describe(error)}",
            where=f"{short(file)}:{line}" if line else short(file),
            next_step="Correct the revision, or regenerate it from the models."
            if wait_of(error) is None
            else _ONE_CONNECTION,
        )
        self.revision, self.direction, self.error = revision, direction, error


def short(path: str) -> str:
    """A path relative to the working folder where it lies in it."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path


def is_installed(file: str) -> bool:
    """Whether a source file is of an installed package, or of Python itself."""
    return file.startswith(_INSTALLED)


def own_place(error: BaseException) -> str | None:
    """``file:line`` of the project's own code that ``error`` went through, innermost."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((*_INSTALLED, _OURS, "<"))
        and "site-packages" not in frame.filename
    ]
    return f"{short(own[-1].filename)}:{own[-1].lineno}" if own else None


def line_in(error: BaseException, file: str) -> int | None:
    """The line of ``file`` that ``error`` went through, innermost."""
    wanted = Path(file).resolve()
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename and Path(frame.filename).resolve() == wanted:
            found = frame.lineno
    return found


def describe(error: BaseException) -> str:
    """One line for an exception: the driver's own words for a database error; no password of a URL."""
    waited_for = wait_of(error)
    if waited_for is not None:
        return (
            "the statement waited for a lock that another connection of the same run holds, "
            f"and would wait for ever: {waited_for}"
        )
    if isinstance(error, AssayError):
        return error.what
    original = getattr(error, "orig", None)
    shown = original if original is not None else error
    text = hide_passwords(" ".join(str(shown).split())) or type(shown).__name__
    kind = type(shown).__name__
    return text if kind in text else f"{kind}: {text}"


DRIVERS = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pg8000": "pg8000",
    "asyncpg": "asyncpg",
    "aiosqlite": "aiosqlite",
    "pymysql": "PyMySQL",
    "MySQLdb": "mysqlclient",
    "mysql": "mysql-connector-python",
    "mariadb": "mariadb",
    "asyncmy": "asyncmy",
    "aiomysql": "aiomysql",
}
"""Modules of drivers, and what to install for each."""


def _missing_driver(error: BaseException, where: str | None) -> UsageError | None:
    """The error for a database driver that is not installed."""
    name = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if name in DRIVERS:
        return UsageError(
            f"The database driver {name} is not installed.",
            where=where,
            next_step=f'Install it beside Assay: pip install "{DRIVERS[name]}"',
        )
    return None


def _no_connection(error: BaseException, where: str | None) -> UsageError | None:
    """The error for a database that gives no connection: no statement was sent to it."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    refused = isinstance(error, (OperationalError, InterfaceError)) and error.statement is None
    refused = refused and wait_of(error) is None  # of a commit that waited
    if not refused and not isinstance(error, (ConnectionError, socket.gaierror, TimeoutError)):
        return None
    return UsageError(
        f"The database cannot be reached: {describe(error)}",
        where=where,
        next_step="Start it, or correct its URL; `alembic current` shows the same error.",
    )


def user_failure(error: BaseException, doing: str) -> UsageError:
    """The error for an exception that the project's own code raised.

    :param doing: what was going on, for example ``env.py raised``.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return UsageError(
            f"{Path(error.filename).name} has a syntax error: {error.msg}.",
            where=f"{short(error.filename)}:{error.lineno}",
            next_step="Correct the file.",
            cause="".join(traceback.format_exception_only(type(error), error)).rstrip(),
        )
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((_OURS, _ALEMBIC, "<frozen "))
    ]
    own = [
        frame
        for frame in frames
        if "site-packages" not in frame.filename and not frame.filename.startswith("<")
    ] or frames
    where = f"{short(own[-1].filename)}:{own[-1].lineno}" if own else None
    known = _missing_driver(error, where) or _no_connection(error, where)
    if known is not None:
        return known
    cause = "".join(
        [
            "Traceback (most recent call last):\n",
            *traceback.format_list(frames[-8:]),
            *traceback.format_exception_only(type(error), error),
        ]
    ).rstrip()
    return UsageError(
        f"{doing} {describe(error)}",
        where=where,
        next_step="Correct it; `alembic current` shows the same error without Assay.",
        cause=cause,
    )
