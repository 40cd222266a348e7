"""Run one revision up and down on a shadow that stands just before it, and record its effects."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.catalog import Snapshot, compare
from assay.dialects import Address, CatalogState, Dialect, Follower, Observer, load, plain_ddl, verb
from assay.errors import AssayError
from assay.project.compat.alembic import version_table
from assay.project.limit import ended_after
from assay.project.project import Project, execute_on, query_on
from assay.project.redirect import Refused
from assay.shadow.reading import connection_of, own_objects
from assay.trace.calling import Call
from assay.trace.effects import Failure, Happening, StatementEffect, Trace
from assay.trace.failing import failure_of
from assay.trace.filled import Fill, filled
from assay.trace.granting import Granting
from assay.trace.happenings import watching
from assay.trace.recorder import recording

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["trace_revision"]


def trace_revision(
    project: Project,
    at: Address,
    revision: Script,
    fill: Fill | None = None,
    known: CatalogState | None = None,
    limit: float | None = None,
) -> Trace:
    """The trace of ``upgrade()``, with that of ``downgrade()`` where it did not raise.

    The shadow is not stamped. What the revision raises is in the trace, with what it did until then.

    :param fill: makes rows first, so that scans and rewrites show.
    :param known: the catalog of what the shadow was copied from, and nobody has changed since; at
        most what may differ in a copy is read.
    :param limit: seconds that a function may run; None: as long as the settings say.
    """
    found: list[Trace] = []
    longest = project.settings.trace_limit if limit is None else limit

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        filled(context, fill)
        tracing = _Tracing(context, revision, at, known, longest)
        up = tracing.run("upgrade")
        down = tracing.run("downgrade") if up.failure is None else None
        found.append(replace(up, downgrade=down))
        return []

    try:
        project.run(work, to=at, per_migration=True, dont_mutate=True)
    except AssayError:
        # env.py may fail after the work, on a transaction that a failed revision ended under it
        if not found:
            raise
    return found[0]


class _Tracing:
    """One revision on one connection."""

    def __init__(
        self,
        context: MigrationContext,
        revision: Script,
        at: Address,
        known: CatalogState | None,
        limit: float,
    ) -> None:
        self.context, self.revision, self.at, self.limit = context, revision, at, limit
        self.dialect: Dialect = load(at.dialect)
        self.connection = connection_of(context)
        self.query, self.execute = query_on(self.connection), execute_on(self.connection)
        bounded = self.dialect.capabilities.bounded
        for statement in bounded:
            with suppress(Exception):
                self.execute(statement)
        if bounded:
            self.connection.connection.commit()
        read = self.dialect.read_catalog if known is None else known.copied
        self.state: CatalogState = read(self.query)
        self._end()
        self._own = own_objects(self.state.snapshot, context)
        self._seen = (self.state.snapshot, self.state.snapshot.without(self._own))
        self._granting = Granting(self.dialect, self.query, at)
        self._observer: Observer | None = None
        self._follower: Follower | None = None
        self._alone = False
        """What the follower has seen last is all that has happened."""
        self._rendered = True
        """Nothing but DDL that operations rendered, or that is as plain, has written the catalog."""

    def _end(self) -> None:
        """End the transaction that questions have begun below SQLAlchemy, with its locks."""
        self.connection.connection.rollback()

    def run(self, direction: str) -> Trace:
        """Run one function of the revision and record it."""
        before = self.state
        observer, follower = self._watchers()
        call = Call(self.context, self.revision, direction)
        failure: Failure | None = None
        watched = watching(self.connection, call.file, self.revision.module)
        try:
            with (
                call.transaction(),
                recording(
                    self.connection, call.file, self.dialect, follower, observer, self._granting
                ) as recorder,
                watched as watch,
                ended_after(self.limit),
            ):
                call()
        except (Exception, SystemExit) as error:
            if isinstance(error, AssayError) and not isinstance(error, Refused):
                raise
            failure = failure_of(error, call.file)
        # an UPDATE may run whatever a trigger runs, be it an operation's
        self._rendered &= all(
            (s.by_operation and verb(s.sql) != "UPDATE")
            or plain_ddl(s.sql)
            or not s.changed_catalog
            for s in recorder.statements
        )
        # what is wrong after the one is found after the other
        again = direction == "upgrade" and failure is None
        self.state = after = follower.settle(trusting=again or self._rendered)
        self._alone = after is recorder.seen
        self._end()
        return Trace(
            self.revision.revision,
            direction,
            self._path,
            (*(self._without_own(s) for s in recorder.statements), *watch.elsewhere),
            self._visible(before.snapshot),
            self._visible(after.snapshot),
            failure,
            (*watch.happenings, *_taken(recorder.taken)),
            unattributed=()
            if failure or recorder.seen is None
            else compare(recorder.seen.snapshot, after.snapshot),
        )

    def _watchers(self) -> tuple[Observer, Follower]:
        """Who watches and who follows: the same in both directions, where nobody came between."""
        before = self._observer if self._alone else None
        observer = self.dialect.observer(self.query, self.execute, self.at, before)
        if self._follower is None or observer is not self._observer:
            self._follower = self.dialect.follower(self.query, self.state, observer)
            self._end()
        self._observer = observer
        return observer, self._follower

    def _visible(self, snapshot: Snapshot) -> Snapshot:
        """Without Alembic's own table; what is after one direction is before the other."""
        if snapshot is not self._seen[0]:
            self._seen = (snapshot, snapshot.without(self._own))
        return self._seen[1]

    @property
    def _path(self) -> str:
        return str(self.revision.path)

    def _without_own(self, statement: StatementEffect) -> StatementEffect:
        """Without what Alembic's version table was seen in."""
        schema, name = version_table(self.context)
        own = name if schema is None else f"{schema}.{name}"
        observed = statement.observed.without(own)
        return (
            replace(statement, observed=observed)
            if observed is not statement.observed
            else statement
        )


def _taken(line: int | None) -> tuple[Happening, ...]:
    return () if line is None else (Happening("driver", line),)
