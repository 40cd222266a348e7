"""What a revision does beside its statements, watched while it runs: sleeps, variables, connections.

A sleep on a shadow proves nothing, so only its beginning is waited for.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import alembic
import sqlalchemy

from assay import dialects
from assay.project.failures import DRIVERS
from assay.project.redirect import listening
from assay.trace.effects import Happening, StatementEffect
from assay.trace.lines import line_on_stack

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Watch", "watching"]

LONGEST_SLEEP = 0.05  # seconds
_DATABASES = tuple(
    str(Path(str(found.__file__)).parent) for found in (alembic, sqlalchemy, dialects)
)


class Watch:
    """What was seen beside the statements of one connection.

    :param connection: the one that the revision is given.
    :param file: the revision file.
    """

    def __init__(self, connection: Connection, file: str) -> None:
        self.connection, self.file = connection, file
        self.happenings: list[Happening] = []
        self.elsewhere: list[StatementEffect] = []
        self._began = 0.0

    def sleep(self, seconds: float) -> None:
        """Stands in for ``time.sleep``."""
        line = line_on_stack(self.file)
        if line is not None:
            self.happenings.append(Happening("sleep", line, seconds=float(seconds)))
            seconds = min(seconds, LONGEST_SLEEP)
        _sleep(seconds)

    def read_variable(self, name: str) -> None:
        """The environment was asked for a variable."""
        line = line_on_stack(self.file)
        if line is not None and not _by_the_way(self.file) and not self._known("environment", name):
            self.happenings.append(Happening("environment", line, name))

    def connected(self, connection: Any, *_branch: Any) -> None:
        """SQLAlchemy gave out a connection."""
        line = line_on_stack(self.file)
        if line is None or connection is self.connection:
            return
        self.happenings.append(Happening("connection", line, str(connection.engine.url.database)))

    def called(self, driver: str) -> None:
        """A driver itself was called to connect."""
        line = line_on_stack(self.file)
        if line is not None:
            self.happenings.append(Happening("connection", line, driver=driver))

    def before(self, connection: Any, *_rest: Any) -> None:
        """A statement begins on some connection."""
        if connection is not self.connection:
            self._began = time.perf_counter()

    def after(self, connection: Any, cursor: Any, sql: str, *_rest: Any) -> None:
        """A statement ended on some connection."""
        line = line_on_stack(self.file)
        if connection is self.connection or line is None:
            return
        rows = getattr(cursor, "rowcount", None)
        self.elsewhere.append(
            StatementEffect(
                sql=sql,
                line=line,
                by_operation=False,
                changed_catalog=False,
                rows=rows if isinstance(rows, int) and rows >= 0 else None,
                duration=time.perf_counter() - self._began,
                elsewhere=True,
            )
        )

    def _known(self, kind: str, about: str) -> bool:
        return any(h.kind == kind and h.about == about for h in self.happenings)


_sleep = time.sleep


@contextmanager
def watching(connection: Connection, file: str, module: ModuleType) -> Iterator[Watch]:
    """Watch what a revision's module does within, beside its statements on ``connection``."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    watch = Watch(connection, file)
    # `from time import sleep` has a name of its own for it
    named = [name for name, value in vars(module).items() if value is time.sleep]
    listeners = (
        ("engine_connect", watch.connected),
        ("before_cursor_execute", watch.before),
        ("after_cursor_execute", watch.after),
    )
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    for owner, name in [(time, "sleep"), *((module, name) for name in named)]:
        setattr(owner, name, watch.sleep)
    try:
        with _variables(watch), listening(watch.called):
            yield watch
    finally:
        for owner, name in [(time, "sleep"), *((module, name) for name in named)]:
            setattr(owner, name, _sleep)
        for name, listener in listeners:
            event.remove(Engine, name, listener)


@contextmanager
def _variables(watch: Watch) -> Iterator[None]:
    """Let the environment tell what it is asked for."""
    plain = type(os.environ)

    class Watched(plain):  # type: ignore[misc, valid-type]
        def __getitem__(self, key: str) -> str:
            watch.read_variable(key)
            return str(plain.__getitem__(self, key))

    os.environ.__class__ = Watched
    try:
        yield
    finally:
        os.environ.__class__ = plain


def _by_the_way(file: str) -> bool:
    """Whether it is not the revision that asks: a driver being connected, a module being imported."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename != file:
        code = frame.f_code
        if code.co_filename.startswith(_DATABASES) or code.co_name == "<module>":
            return True
        if str(frame.f_globals.get("__name__")).partition(".")[0] in DRIVERS:
            return True
        frame = frame.f_back
    return False
