"""How long an upgrade of a real database waits for a lock: not for ever, since everybody waits behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from assay.dialects import load
from assay.errors import AssayError
from assay.project.failures import RevisionFailed
from assay.project.project import Project, execute_on, query_on
from assay.shadow.reading import connection_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["DEFAULT", "gave_up", "holders", "limit_waits"]

DEFAULT = 5
"""Seconds, where neither the settings nor the session say something."""
_LONG = 3600.0
"""Seconds from which on a session's limit is none; MariaDB's own is a day."""


def limit_waits(context: MigrationContext, said: int | None) -> None:
    """Let Alembic's connection wait for a lock only so long.

    Not in an ``autocommit_block()``: a limit there leaves an INVALID index of ``CREATE INDEX
    CONCURRENTLY`` (PostgreSQL 15, measured), behind which nobody waits. What a revision sets wins.

    :param said: seconds; 0 leaves the session as it is, None as well where it has a limit.
    """
    connection = connection_of(context)
    able = load(connection.dialect.name).capabilities.waiting
    if able is None or said == 0:
        return
    query, execute = query_on(connection), execute_on(connection)
    before = float(query(able.limit)[0][0])
    if said is None and 0 < before < _LONG:
        return
    seconds = DEFAULT if said is None else said
    execute(able.set_limit.format(seconds))
    if not able.off_alone:
        return
    block: Any = context.autocommit_block

    @contextmanager
    def without() -> Iterator[None]:
        with block():
            ours = float(query(able.limit)[0][0]) == seconds
            if ours:
                execute(able.set_limit.format(0))
            try:
                yield
            finally:
                if ours:
                    with suppress(Exception):  # what went wrong is what is told
                        execute(able.set_limit.format(seconds))

    context.__dict__["autocommit_block"] = without


def gave_up(error: BaseException, dialect: str) -> bool:
    """Whether a revision failed because it got no lock in time."""
    able = load(dialect).capabilities.waiting
    if able is None or not isinstance(error, RevisionFailed):
        return False
    found: Any = getattr(error.error, "orig", None)
    arguments = getattr(found, "args", ()) or (None,)
    codes = [getattr(found, name, None) for name in ("sqlstate", "pgcode", "errno")]
    codes.append(arguments[0].get("C") if isinstance(arguments[0], dict) else arguments[0])
    return any(str(code) in able.codes for code in codes)


def holders(project: Project, dialect: str) -> tuple[str, ...]:
    """Transactions that are open on the real database now, the oldest first; one of them may hold it.

    Empty where it cannot be asked.
    """
    able = load(dialect).capabilities.waiting
    found: list[str] = []
    if able is not None:
        ask = able.holders

        def look(context: MigrationContext) -> None:
            found.extend(str(row[0]) for row in query_on(connection_of(context))(ask))

        with suppress(AssayError, Exception):
            project.visit(look, to=None)
    return tuple(found[:5])
