"""What a revision does beside its statements, watched while it runs: sleeps, variables, files, connections.

A sleep on a shadow proves nothing, so only its beginning is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from assay.project.redirect import listening
from assay.trace.effects import Happening, StatementEffect
from assay.trace.files import telling_of_writes
from assay.trace.lines import for_itself, frames_to, line_on_stack, package_of
from assay.trace.variables import EVERY, by_the_way, telling_of_reads

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Watch", "watching"]

LONGEST_SLEEP = 0.05  # seconds
_OF_THE_RUN = ("logging", "tempfile")
"""Modules whose files are gone after it, or are no concern of the database."""


class Watch:
    """What was seen beside the statements of one connection.

    :param connection: the one that the revision is given.
    :param file: the revision file.
    """

    def __init__(self, connection: Connection, file: str) -> None:
        self.connection, self.file = connection, file
        self.happenings: list[Happening] = []
        self.elsewhere: list[StatementEffect] = []
        self._read_all: set[int] = set()
        self._began = 0.0

    def sleep(self, seconds: float) -> None:
        """Stands in for ``time.sleep``."""
        line = line_on_stack(self.file)
        if line is not None:
            self.happenings.append(Happening("sleep", line, seconds=float(seconds)))
            seconds = min(seconds, LONGEST_SLEEP)
        _sleep(seconds)

    def read_variable(self, name: str) -> None:
        """The environment was asked for a variable; see :data:`EVERY`."""
        line = line_on_stack(self.file)
        if line is None or line in self._read_all or by_the_way(self.file, name):
            return
        if name == EVERY:
            self._read_all.add(line)
        if not self._known("environment", name):
            self.happenings.append(Happening("environment", line, name))

    def wrote_file(self, path: str) -> None:
        """A file was opened to be written."""
        line = line_on_stack(self.file)
        if line is None or self._known("file", path):
            return
        if not any(for_itself(f) or package_of(f) in _OF_THE_RUN for f in frames_to(self.file)):
            self.happenings.append(Happening("file", line, path))

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
        with (
            telling_of_reads(watch.read_variable),
            telling_of_writes(watch.wrote_file),
            listening(watch.called),
        ):
            yield watch
    finally:
        for owner, name in [(time, "sleep"), *((module, name) for name in named)]:
            setattr(owner, name, _sleep)
        for name, listener in listeners:
            event.remove(Engine, name, listener)
