"""What a driver raised, as a value: its code, whatever the driver is called, and its words."""

from __future__ import annotations

from assay.project.failures import describe, line_in
from assay.project.limit import TookTooLong
from assay.project.waits import wait_of
from assay.trace.effects import Failure
from assay.trace.lines import line_on_stack

__all__ = ["TOO_LONG", "WAITED", "failure_of"]

WAITED = "waited"
"""The code of a failure where a wait for a lock was ended, whatever the server called that."""

TOO_LONG = "too-long"
"""The code of a failure where a function did not come to its end, and was ended."""

_CODES = ("pgcode", "sqlite_errorname", "errno", "sqlstate")
"""Where psycopg2, sqlite3, MySQL's connector, psycopg and asyncpg keep the code."""


def failure_of(error: BaseException, file: str) -> Failure:
    """The failure that an exception tells of; a database error is unwrapped.

    :param file: the revision file, for the line.
    """
    original: BaseException = getattr(error, "orig", None) or error
    line = line_in(error, file) or line_on_stack(file)
    causes = (original, original.__cause__, original.__context__)
    if wait_of(error) is not None:
        return Failure(WAITED, describe(error), line)
    if isinstance(error, TookTooLong):
        return Failure(TOO_LONG, str(error), line)
    found = next((code for code in map(_code, filter(None, causes)) if code is not None), None)
    return Failure(found, describe(original), line)


def _code(error: BaseException) -> str | None:
    first = error.args[0] if error.args else None
    if isinstance(first, int) and not isinstance(error, OSError):
        return str(first)  # PyMySQL, aiomysql, asyncmy
    if isinstance(first, dict) and "C" in first:
        return str(first["C"])  # pg8000
    return next((str(getattr(error, n)) for n in _CODES if getattr(error, n, None)), None)
