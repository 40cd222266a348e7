"""One command's view of a project: what was built on shadows so far is built once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from assay.catalog import CatalogObject
from assay.config import Settings
from assay.dialects import Address, CatalogState, load
from assay.procedure.defaults import known_defaults, remember_defaults
from assay.procedure.in_place import undo_killed
from assay.project.environment import EnvRun
from assay.project.project import Project, open_project
from assay.shadow.building import build_chain, build_models
from assay.shadow.ignoring import ignored_by
from assay.shadow.reading import Reading
from assay.shadow.shadows import Shadows

if TYPE_CHECKING:
    from alembic.script import Script

    from assay.procedure.questions import Questioner
    from assay.report import Step

__all__ = ["Listener", "Session", "Silent", "open_session"]


class Listener(Protocol):
    """Who is told how a command goes on: a terminal, or nobody."""

    def doing(self, what: str) -> None:
        """What is being done now; replaced by the next."""
        ...

    def done(self, step: Step) -> None:
        """A step has ended."""
        ...


class Silent:
    """Tells nobody."""

    def doing(self, what: str) -> None:
        """Nothing."""

    def done(self, step: Step) -> None:
        """Nothing."""


class Session:
    """Project, shadows, and what was read from them."""

    def __init__(self, project: Project, shadows: Shadows, listener: Listener) -> None:
        self.project, self.shadows, self.listener = project, shadows, listener
        self.questioner: Questioner | None = None
        self.online_over: int | None = project.settings.online
        """As :attr:`assay.config.Settings.online`; a flag, or the change in the making, says other."""
        self.online_said = False
        """A flag said it: not even the change in the making says other."""
        self.lock_timeout: int | None = project.settings.lock_timeout
        """As :attr:`assay.config.Settings.lock_timeout`; a flag says other."""
        self._states: dict[Address, CatalogState | None] = {}
        project.spare = shadows.create
        project.entering = shadows.enter
        project.waits = shadows

    @property
    def settings(self) -> Settings:
        """The project's settings."""
        return self.project.settings

    @cached_property
    def probe(self) -> EnvRun:
        """What ``env.py`` says of itself, seen on an empty shadow: dialect, URL, options."""
        self.listener.doing("looking at env.py")
        self._spare: list[Address] = []

        def target(dialect: str) -> Address:
            self._spare.append(self.shadows.create(dialect))
            return self._spare[-1]

        found = self.project.visit(lambda _context: None, to=target)
        if defaults := known_defaults(self.settings.state_folder):
            self.shadows.server(found.dialect).like(defaults)
        return found

    def like_live(self) -> None:
        """Shadows get the defaults of the real database, for what will be compared with it."""
        url, dialect = self.probe.engine_url, self.probe.dialect
        if url is not None:
            defaults = load(dialect).defaults_of(url.render_as_string(hide_password=False))
            if defaults:
                remember_defaults(self.settings.state_folder, defaults)
                self.shadows.server(dialect).like(defaults)

    def say_online(self, said: bool | None) -> None:
        """What a flag says; None says nothing."""
        self.online_said = said is not None
        if said is not None:
            self.online_over = 0 if said else None

    @property
    def online(self) -> Callable[[tuple[str, ...]], bool] | None:
        """Which tables are changed by safe forms; None: none."""
        over = self.online_over
        if over is None:
            return None
        # one of which nothing is known counts as large
        return lambda table: over == 0 or self._rows.get(table, over + 1) > over

    @cached_property
    def _rows(self) -> Mapping[tuple[str, ...], int]:
        """The real database's estimates."""
        url = self.probe.engine_url
        if url is None:
            return {}
        return load(self.probe.dialect).rows_in(url.render_as_string(hide_password=False))

    def fresh(self) -> Address:
        """A new empty shadow of the project's dialect."""
        dialect = self.probe.dialect
        return self._spare.pop() if self._spare else self.shadows.create(dialect)

    @cached_property
    def _chain(self) -> tuple[Address, Reading]:
        at = self.fresh()
        return at, build_chain(self.project, at, progress=self.listener.doing)

    @property
    def chain(self) -> Reading:
        """The catalog of ``upgrade head`` on a shadow."""
        return self._chain[1]

    @property
    def chain_at(self) -> Address:
        """The shadow at head."""
        return self._chain[0]

    @cached_property
    def models(self) -> Reading:
        """The catalog of ``create_all`` on a shadow of its own."""
        self.listener.doing("create_all of the models")
        at = self.fresh()
        try:
            return build_models(self.project, at, self.chain.snapshot)
        finally:
            self.shadows.drop(at)

    @cached_property
    def ignore(self) -> Callable[[CatalogObject], bool]:
        """What parity leaves out: the settings' patterns and the project's own filters."""
        return ignored_by(self.settings.ignore, self.probe.options)

    def stand_before(self, revision: Script) -> None:
        """Let :attr:`chain` be the chain before a revision that is in the making."""
        at = self.fresh()
        earlier = self.project.history.before(revision)
        self.__dict__["_chain"] = (
            at,
            build_chain(self.project, at, earlier, self.listener.doing),
        )

    def before(self, revision: Script) -> Address:
        """A shadow that stands just before a revision; a copy is cheap: see :meth:`copy`."""
        at = self.fresh()
        earlier = self.project.history.before(revision)
        reading = build_chain(self.project, at, earlier, self.listener.doing)
        self._states[at] = reading.state
        return at

    def state_before(self, at: Address) -> CatalogState | None:
        """The catalog of what :meth:`before` made."""
        return self._states.get(at)

    def upgraded(self, at: Address, revisions: Sequence[Script]) -> Reading:
        """A shadow of ours, brought further."""
        return build_chain(self.project, at, revisions)

    def copy(self, at: Address) -> Address:
        """A copy of a shadow."""
        return self.shadows.copy(at)

    @contextmanager
    def copied(self, at: Address) -> Iterator[Address]:
        """A copy of a shadow that is gone when the block ends."""
        copy = self.copy(at)
        try:
            yield copy
        finally:
            self.shadows.drop(copy)

    def leaked(self) -> tuple[str, ...]:
        """What revisions made outside their databases, on the server: ``ROLE "reader"``."""
        return self.shadows.leaked()

    def forget(self) -> None:
        """The chain on disk has changed."""
        for name in ("_chain", "models"):
            self.__dict__.pop(name, None)
        self.project.forget_history()


@contextmanager
def open_session(settings: Settings, listener: Listener | None = None) -> Iterator[Session]:
    """A session; every shadow is gone when it ends. What a killed run left half written is undone first."""
    listener = listener or Silent()
    undone = undo_killed(settings.state_folder)
    if undone is not None:
        listener.done(undone)
    with open_project(settings) as project, Shadows(settings) as shadows:
        yield Session(project, shadows, listener)
