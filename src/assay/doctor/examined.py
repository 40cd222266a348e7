"""A project as the doctor looks at it: everything is looked up once, failures are kept."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from assay.config import Settings
from assay.dialects import Address
from assay.doctor.check import NotLookedAt
from assay.errors import AssayError, UsageError
from assay.project.environment import EnvRun, Work, run_env
from assay.project.failures import describe, short
from assay.project.history import History
from assay.project.project import Project
from assay.project.redirect import Target
from assay.shadow.shadows import Shadows

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import MetaData

__all__ = ["Examined"]

T = TypeVar("T")


class Examined:
    """What the checks look at. Nothing reaches a real database but :mod:`checks.live`."""

    def __init__(self, project: Project, shadows: Shadows) -> None:
        self.project, self.shadows = project, shadows
        self.shadow_failure: AssayError | None = None
        self.first_sql: str | None = None
        """``file:line`` of ``env.py`` where it first ran SQL before it ran migrations."""
        self._known: dict[str, Any] = {}

    @property
    def settings(self) -> Settings:
        """The project's settings."""
        return self.project.settings

    @property
    def script(self) -> ScriptDirectory:
        """Alembic's script directory, no revision file loaded yet.

        :raises UsageError: there is none: the project cannot be opened.
        """
        return self._once("script", self._open_script)

    @property
    def env_file(self) -> Path:
        """``env.py``."""
        return Path(self.script.env_py_location)

    @property
    def env_failure(self) -> AssayError | None:
        """Why ``env.py`` does not run on a shadow; None when it does."""
        return self._failure_of("env", self._look_at_env)

    @property
    def env(self) -> EnvRun:
        """What ``env.py`` says of itself, seen on an empty shadow.

        :raises NotLookedAt: it does not run.
        """
        if self.env_failure is not None:
            raise NotLookedAt(
                "no shadow can be made" if self.shadow_failure else "env.py does not run"
            )
        return self._once("env", self._look_at_env)

    @property
    def metadatas(self) -> tuple[MetaData, ...]:
        """The models, none of them when they are not given."""
        return tuple(one for one in self.env.metadatas if one is not None)

    @property
    def table_names(self) -> frozenset[str]:
        """Names of all tables of the models right after ``env.py`` ran, without their schemas."""
        _ = self.env
        return frozenset(self._known["tables"])

    @property
    def chain_failure(self) -> AssayError | None:
        """Why the chain cannot be read; None when it can."""
        return self._failure_of("history", lambda: self.project.history)

    @property
    def history(self) -> History:
        """The chain.

        :raises NotLookedAt: it cannot be read.
        """
        if self.chain_failure is not None:
            raise NotLookedAt("the chain of revisions cannot be read")
        return self.project.history

    def run(self, work: Work, to: Target, **context_options: Any) -> EnvRun:
        """Run ``env.py`` on a shadow; the chain is not loaded for it."""
        return run_env(
            self.settings, self.project.config, self.script, work, to=to, **context_options
        )

    def fresh(self) -> Address:
        """A new empty shadow of the project's dialect; drop it when done."""
        return self.shadows.create(self.env.dialect)

    def _open_script(self) -> ScriptDirectory:
        from alembic.script import ScriptDirectory

        try:
            return ScriptDirectory.from_config(self.project.config)
        except AssayError:
            raise
        except Exception as error:
            raise UsageError(
                f"Alembic cannot open its script folder: {describe(error)}",
                where=str(self.settings.config or self.settings.root),
                next_step="Correct script_location, or make the project with `assay init`.",
            ) from error

    def _look_at_env(self) -> EnvRun:
        made: list[Address] = []

        def target(dialect: str) -> Address:
            try:
                made.append(self.shadows.create(dialect))
            except AssayError as error:
                self.shadow_failure = error
                raise
            return made[-1]

        try:
            with self._watching_sql():
                run = self.run(lambda _heads, _context: [], target, dont_mutate=True)
        finally:
            for address in made:
                self.shadows.drop(address)
        # other checks load revision files, which may import models
        self._known["tables"] = {
            table.name for one in run.metadatas if one is not None for table in one.tables.values()
        }
        return run

    @contextmanager
    def _watching_sql(self) -> Iterator[None]:
        """Remember the line of ``env.py`` that runs SQL before it runs migrations."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        env = self.env_file.resolve()

        def watch(*_arguments: Any) -> None:
            if self.first_sql is not None:
                return
            for file, line in _stack():
                if file.replace("\\", "/").endswith("alembic/runtime/environment.py"):
                    return
                if Path(file).resolve() == env:
                    self.first_sql = f"{short(str(env))}:{line}"
                    return

        event.listen(Engine, "before_cursor_execute", watch)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", watch)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._known:
            try:
                self._known[name] = make()
            except AssayError as error:
                self._known[name] = error
        found: Any = self._known[name]
        if isinstance(found, AssayError):
            raise found
        return found  # type: ignore[no-any-return]

    def _failure_of(self, name: str, make: Callable[[], object]) -> AssayError | None:
        try:
            self._once(name, make)
        except AssayError as error:
            return error
        return None


def _stack() -> Iterator[tuple[str, int]]:
    """File and line of each frame, innermost first; through the greenlets of an async engine."""
    frame: Any = inspect.currentframe()
    greenlet: Any = sys.modules.get("greenlet")
    current = greenlet.getcurrent() if greenlet is not None else None
    while True:
        while frame is not None:
            yield frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        current = current.parent if current is not None else None
        if current is None:
            return
        frame = current.gr_frame
