"""What a driver raised, as a value: its code, whatever the driver is called, and its words."""

from __future__ import annotations

from assay.project.failures import describe, line_in
from assay.trace.effects import Failure
from assay.trace.lines import line_on_stack

__all__ = ["failure_of"]

_CODES = ("sqlstate", "pgcode", "sqlite_errorname", "errno")
"""Where psycopg and asyncpg, psycopg2, sqlite3 and MySQL's connector keep the code."""


def failure_of(error: BaseException, file: str) -> Failure:
    """The failure that an exception tells of; a database error is unwrapped.

    :param file: the revision file, for the line.
    """
    original: BaseException = getattr(error, "orig", None) or error
    found: object = None
    for candidate in (original, original.__cause__, original.__context__):
        if candidate is None or found is not None:
            continue
        found = next((getattr(candidate, n) for n in _CODES if getattr(candidate, n, None)), None)
        first = candidate.args[0] if candidate.args else None
        if found is None and isinstance(first, dict):
            found = first.get("C")  # pg8000
        elif found is None and isinstance(first, int):
            found = first  # PyMySQL
    line = line_in(error, file) or line_on_stack(file)
    return Failure(None if found is None else str(found), describe(original), line)
