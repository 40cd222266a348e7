"""The project's ``env.py``, run unmodified, its options captured."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext
from alembic.util import CommandError

from assay.errors import AssayError, UsageError
from assay.project.compat.alembic import set_process_revision_directives
from assay.project.failures import user_failure
from assay.project.quiet import quiet
from assay.project.redirect import Target, reaches_shadow, redirected

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import URL, MetaData

    from assay.config import Settings

__all__ = ["EnvRun", "Work", "prepared_config", "prepared_process", "run_env"]

Work = Callable[[tuple[str, ...], "MigrationContext"], Iterable[Any]]
"""What is done inside ``env.py``: gets the database's heads and Alembic's context, gives steps."""


@dataclass
class EnvRun:
    """What one run of ``env.py`` showed."""

    options: dict[str, Any] = field(default_factory=dict)
    """The options it gave to ``context.configure()``."""
    dialect: str = ""
    engine_url: URL | None = None
    """The URL it made its engine from, which a redirection leaves as it is."""
    sql_before_configure: bool = False
    """A transaction was open when ``configure()`` was called: some SQL ran before it."""
    run_arguments: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments of ``run_migrations``, passed on to ``upgrade()``."""
    runs: int = 0

    @property
    def url(self) -> str:
        """The engine's URL for people, password hidden."""
        return self.engine_url.render_as_string(hide_password=True) if self.engine_url else ""

    @property
    def metadatas(self) -> tuple[MetaData, ...]:
        """The target metadata; several where the project has several."""
        found = self.options.get("target_metadata")
        if found is None:
            return ()
        return tuple(found) if isinstance(found, (list, tuple)) else (found,)


class _Eyes:
    """Looks through an environment context: its functions are replaced on the instance.

    Not a subclass: Alembic's module proxy, which ``from alembic import context`` gives, is looked
    up by the exact class.
    """

    def __init__(
        self,
        environment: EnvironmentContext,
        on_shadow: bool,
        per_migration: bool,
        last_hook: Callable[[Any, Any, list[Any]], None] | None,
    ) -> None:
        self.seen, self.on_shadow = EnvRun(), on_shadow
        self.environment, self.per_migration, self.last_hook = (
            environment,
            per_migration,
            last_hook,
        )
        self._configure, self._run = environment.configure, environment.run_migrations
        environment.__dict__["configure"] = self.configure
        environment.__dict__["run_migrations"] = self.run_migrations

    def configure(self, connection: Any = None, *arguments: Any, **options: Any) -> None:
        seen = self.seen
        if connection is not None and hasattr(connection, "in_transaction"):
            seen.sql_before_configure = connection.in_transaction()
            if self.on_shadow and not reaches_shadow(connection):
                raise UsageError(
                    "env.py gives Alembic a connection that does not reach the shadow: a database "
                    "in memory, or one connected before.",
                    where=connection.engine.url.render_as_string(hide_password=True),
                    next_step="Let env.py connect to the real database's URL; it is led elsewhere.",
                )
        if self.per_migration:
            options["transaction_per_migration"] = True
        self._configure(connection, *arguments, **options)
        context = self.environment.get_context()
        if context.connection is None:
            raise UsageError(
                "env.py gives no connection to context.configure().",
                next_step="Let run_migrations_online() connect; offline mode cannot be proven.",
            )
        seen.options = dict(context.opts)
        context.opts["assay_run"] = seen
        seen.dialect = context.dialect.name
        if connection is not None:
            seen.engine_url = connection.engine.url
        if self.last_hook is not None:
            set_process_revision_directives(context, self.last_hook)

    def run_migrations(self, **arguments: Any) -> None:
        seen = self.seen
        seen.runs += 1
        if seen.runs > 1:
            raise UsageError(
                "env.py runs migrations more than once in a run (several databases).",
                next_step='Select one database by [tool.assay] x = ["…"] or section = "…".',
            )
        seen.run_arguments = arguments
        self._run(**arguments)


def run_env(
    settings: Settings,
    config: Config,
    script: ScriptDirectory,
    work: Work,
    *,
    to: Target | None,
    per_migration: bool = False,
    last_hook: Callable[[Any, Any, list[Any]], None] | None = None,
    **context_options: Any,
) -> EnvRun:
    """Run the project's ``env.py`` with ``work`` as Alembic's work function.

    :param to: where every connection is led; None is the real database, for ``apply`` alone.
    :param per_migration: force a transaction per migration, so that ``work`` owns transactions.
    :param last_hook: runs after the project's own ``process_revision_directives``.
    :raises UsageError: ``env.py`` raised, or never ran migrations.
    """
    environment = EnvironmentContext(config, script, fn=work, **context_options)
    seen = _Eyes(environment, to is not None, per_migration, last_hook).seen
    try:
        with ExitStack() as stack:
            stack.enter_context(prepared_config(settings, config, to))
            stack.enter_context(environment)
            script.run_env()
    except AssayError:
        raise
    except CommandError as error:
        raise UsageError(
            f"Alembic says: {error}", next_step="See `alembic history` and `assay doctor`."
        ) from error
    except Exception as error:
        raise user_failure(error, "env.py raised") from error
    except SystemExit as error:
        raise UsageError(
            f"env.py left the process with sys.exit({error.code!r}).",
            next_step="Let env.py raise an exception that says why.",
        ) from error
    if seen.runs == 0:
        raise UsageError(
            "env.py ended without calling context.run_migrations().",
            where=str(script.env_py_location),
            next_step="Compare it with the one `assay init` writes.",
        )
    return seen


@contextmanager
def prepared_process(settings: Settings) -> Iterator[None]:
    """The process as the project expects it: its folder, its variables."""
    before = os.getcwd()  # noqa: PTH109
    os.chdir(settings.root)
    os.environ.update(settings.env)
    if settings.setup is not None and str(settings.root) not in sys.path:
        sys.path.append(str(settings.root))
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def prepared_config(settings: Settings, config: Config, to: Target | None) -> Iterator[None]:
    """What the project's code runs in: quiet, led to ``to``, ``[tool.assay] setup`` around it."""
    attributes = dict(config.attributes)
    with ExitStack() as stack:
        stack.enter_context(quiet())
        stack.enter_context(redirected(to) if to is not None else nullcontext())
        # what setup and env.py put there may hold a connection to this shadow, not to the next
        stack.callback(config.attributes.update, attributes)
        stack.callback(config.attributes.clear)
        stack.enter_context(_setup(settings, config))
        yield


@contextmanager
def _setup(settings: Settings, config: Config) -> Iterator[None]:
    """Run ``[tool.assay] setup``: a function, a generator function or a context manager."""
    if settings.setup is None:
        yield
        return
    module_name, _, attribute = settings.setup.partition(":")
    try:
        target: Any = import_module(module_name)
        for part in (attribute or "setup").split("."):
            target = getattr(target, part)
    except Exception as error:
        raise user_failure(
            error, f"[tool.assay] setup = {settings.setup!r} cannot be loaded:"
        ) from error
    try:
        result = target(config)
        if hasattr(result, "__next__"):
            result = contextmanager(lambda: result)()
        around = result if hasattr(result, "__enter__") else nullcontext()
        around.__enter__()
    except AssayError:
        raise
    except Exception as error:
        raise user_failure(error, f"[tool.assay] setup = {settings.setup!r} raised") from error
    with ExitStack() as stack:
        stack.push(around.__exit__)
        yield
