"""One project, opened once: its configuration, its chain, its ``env.py``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.config import Settings
from assay.dialects import Address
from assay.errors import ProcedureStop, UsageError
from assay.project.alembic_config import make_config
from assay.project.drivers import replace_connects
from assay.project.environment import EnvRun, Work, prepared_config, prepared_process, run_env
from assay.project.history import History
from assay.project.quiet import quiet
from assay.project.redirect import Target
from assay.project.waits import Waits, waits_ended

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection

    from assay.dialects import Execute, Query

__all__ = ["Project", "execute_on", "open_project", "query_on"]


class Project:
    """A SQLAlchemy + Alembic project. Make it with :func:`open_project`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.spare: Target = _no_shadow
        """Gives a shadow for what ``setup`` connects to while the chain is read."""
        self.entering: Callable[[Address], None] = lambda _to: None
        """Told before connections are led to a shadow."""
        self.waits: Waits | None = None
        """Who sees waits for locks on shadows, and ends them."""

    @cached_property
    def config(self) -> Config:
        """Alembic's configuration."""
        return make_config(self.settings)

    @cached_property
    def history(self) -> History:
        """The chain; read once. :meth:`forget_history` after a file was written.

        ``setup`` may say where it is (``version_locations``), so it runs first, redirected too.
        """
        if self.settings.setup is None:
            with quiet():
                return History(self.config, self.settings.target)
        with prepared_config(self.settings, self.config, self.spare):
            return History(self.config, self.settings.target)

    def forget_history(self) -> None:
        """Read the chain anew at the next use."""
        self.__dict__.pop("history", None)

    def run(
        self,
        work: Work,
        *,
        to: Target | None,
        per_migration: bool = False,
        last_hook: Callable[[Any, Any, list[Any]], None] | None = None,
        **context_options: Any,
    ) -> EnvRun:
        """Run ``env.py``; see :func:`assay.project.environment.run_env`.

        On a shadow, nothing waits for a lock for ever.
        """
        shadow = to if isinstance(to, Address) else None
        if shadow is not None:
            self.entering(shadow)
        script = self.history.script
        with waits_ended(self.waits, shadow):
            return run_env(
                self.settings,
                self.config,
                script,
                work,
                to=to,
                per_migration=per_migration,
                last_hook=last_hook,
                **context_options,
            )

    def visit(self, look: Callable[[MigrationContext], None], *, to: Target | None) -> EnvRun:
        """Run ``env.py`` and only look: nothing is migrated, no version table is made."""

        def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
            look(context)
            return []

        return self.run(work, to=to, dont_mutate=True)

    def metadatas(self, run: EnvRun) -> tuple[MetaData, ...]:
        """The models that ``env.py`` gave to Alembic in that run.

        :raises UsageError: none, or all of them are empty: the models are not imported.
        :raises ProcedureStop: something else than ``MetaData``.
        """
        found = run.metadatas
        if not found:
            raise UsageError(
                "env.py gives no target_metadata to context.configure().",
                where=str(self.history.script.env_py_location),
                next_step="Import the module of your tables there and pass its metadata.",
            )
        from sqlalchemy import MetaData

        wrong = [one for one in found if not isinstance(one, MetaData)]
        if wrong:
            raise ProcedureStop(
                f"env.py gives {wrong[0]!r} as target_metadata, which is no MetaData; "
                "`alembic check` fails on it too.",
                where=str(self.history.script.env_py_location),
                next_step="Pass MetaData objects.",
            )
        if not any(one.tables for one in found):
            raise UsageError(
                "The metadata that env.py gives to Alembic is empty: the models are not imported.",
                where=str(self.history.script.env_py_location),
                next_step="Import the module that defines the tables in env.py; "
                "autogenerate would propose to drop every table.",
            )
        return found


def _no_shadow(dialect: str) -> Address:
    raise UsageError(
        f"[tool.assay] setup connects to a {dialect} database where only the chain is read.",
        next_step="Connect in env.py, or do without the connection there.",
    )


@contextmanager
def open_project(settings: Settings) -> Iterator[Project]:
    """The project, with the process prepared for it (folder, variables)."""
    before = dict(os.environ)
    replace_connects()
    try:
        with prepared_process(settings):
            yield Project(settings)
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def query_on(connection: Connection) -> Query:
    """Run catalog queries below SQLAlchemy: no autobegin, no events of the project."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    return run


def execute_on(connection: Connection) -> Execute:
    """Run a statement below SQLAlchemy, as SQLAlchemy sends one without parameters."""

    def run(sql: str) -> None:
        cursor = connection.connection.cursor()
        try:
            # with parameters, if none: SQLAlchemy has doubled the percent signs for such drivers
            cursor.execute(sql, ())
        finally:
            cursor.close()

    return run
