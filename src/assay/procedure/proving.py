"""Steps 3, 4, 5 and 7 of one revision, on shadows and copies only: used by ``change`` and ``prove``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from assay.catalog import Difference, compare
from assay.dialects import Address, load
from assay.errors import AssayError
from assay.generate.plan.comparison import Request
from assay.generate.renames import renames_in
from assay.procedure.drift import compared
from assay.procedure.session import Session
from assay.procedure.steps import backfill_step, reverse_lines, review_step
from assay.procedure.waivers import bonds_of, remember_bonds
from assay.procedure.writing import generation
from assay.project.revision_file import find_slots
from assay.prove.handedits import Ddl, compare_ddl, generated_ddl, own_ddl
from assay.prove.parity import Parity
from assay.prove.reversal import Reversal
from assay.prove.rows import make_rows
from assay.prove.walk import walk
from assay.report import Line, Status, Step
from assay.review.engine import Review, review
from assay.shadow.reading import Reading, read_database
from assay.trace.again import look_again, worth_a_second_look
from assay.trace.effects import Trace
from assay.trace.run import Fill, trace_revision

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["ROWS", "Examination"]

Made = TypeVar("Made")

ROWS = 3
"""Rows made in each empty table before a revision is reversed."""


@dataclass
class Examination:
    """One revision under examination. Each step is made once and may be asked for in any order.

    :param newest: the revision is the head and the models are meant to be what it makes, so that
        generation can be asked what it would make.
    """

    session: Session
    revision: Script
    newest: bool
    _before: Address | None = field(default=None, repr=False)
    _drift: tuple[Step, Parity, Reading] | None = field(default=None, repr=False)

    @property
    def before(self) -> Address:
        """The shadow that stands just before the revision; copied, never changed."""
        if self._before is None:
            self._before = self.session.before(self.revision)
        return self._before

    def review(self) -> tuple[Step, Review, Trace]:
        """Step 3."""
        session, project = self.session, self.session.project
        session.listener.doing("tracing the revision on a shadow")
        fill: Fill | None = partial(make_rows, per_table=ROWS)
        trace = self._traced(fill)
        if trace.failure is not None:
            # rows that were made up may be what it fails on; what it does to tables is the same
            with_rows, fill = trace, None
            trace = self._traced(fill)
            trace = replace(trace, on_rows=with_rows.failure) if not trace.failure else with_rows
        if worth_a_second_look(trace):
            session.listener.doing("running it once more, on another shadow")
            trace = self._on_copy(lambda at: look_again(project, at, self.revision, fill, trace))
        intent: tuple[Difference, ...] | None = None
        if self.newest:
            intent = compare(trace.before, session.models.snapshot)
        folder, ident = session.settings.state_folder, self.revision.revision
        reviewed = review(
            trace,
            intent,
            session.settings.review,
            session.settings.locks,
            bonds_of(folder, ident),
        )
        remember_bonds(folder, ident, reviewed.bonds)
        return review_step(reviewed), reviewed, trace

    def _traced(self, fill: Fill | None) -> Trace:
        project, revision = self.session.project, self.revision
        known = self.session.state_before(self.before)
        return self._on_copy(lambda at: trace_revision(project, at, revision, fill, known))

    def backfill(self, hand_written: Reversal | None = None) -> Step:
        """Step 4: empty slots, and DDL that generation would not have made."""
        session, project = self.session, self.session.project
        path = Path(self.revision.path)
        slots = find_slots(path.read_text(encoding="utf-8"))
        if not self.newest:
            found = hand_written.hand_written if hand_written is not None else ()
            return backfill_step(slots, None, found, str(path))
        session.listener.doing("comparing with what generation makes")
        own = self._on_copy(lambda at: own_ddl(project, at, self.revision))
        ddl = compare_ddl(own, self._generated())
        if not ddl.empty:
            # a revision that plain Alembic generated is no hand edit either
            plain = compare_ddl(own, self._generated(plain=True))
            ddl = plain if plain.empty else ddl
        return backfill_step(slots, ddl, (), str(path))

    def _generated(self, *, plain: bool = False) -> Ddl:
        """The DDL that generation makes, of the renames that the revision makes.

        :param plain: ask Alembic's own comparators.
        """
        session = self.session

        def made(at: Address, prepared: tuple[Address, Request | None]) -> Ddl:
            return generated_ddl(
                session.project, prepared, at, self.revision, session.shadows.folder
            )

        if plain:
            return self._on_copy(lambda at: made(at, (self.before, None)))
        old = read_database(session.project, self.before)
        answers = renames_in(Path(self.revision.path), old.snapshot)
        with generation(session, self.before, old, answers) as prepared:
            return self._on_copy(lambda at: made(at, prepared))

    def _on_copy(self, made: Callable[[Address], Made]) -> Made:
        """What is made on a copy of the shadow before the revision; the copy is gone after."""
        at = self.session.copy(self.before)
        try:
            return made(at)
        finally:
            self.session.shadows.drop(at)

    def drift(self) -> tuple[Step, Parity, Reading]:
        """Step 5: models and chain, each on its own shadow; ``alembic check`` beside it."""
        if self._drift is None:
            self._drift = self._compare()
        return self._drift

    def _compare(self) -> tuple[Step, Parity, Reading]:
        session = self.session
        session.listener.doing("comparing models and chain")
        at = session.copy(self.before)
        try:
            after = session.upgraded(at, session.project.history.revisions)
            step, parity = compared(session, after, at)
        finally:
            session.shadows.drop(at)
        return step, parity, after

    def reverse(self, live_url: str | None) -> tuple[Step, Reversal]:
        """Step 7: up, down, up on a shadow holding rows, and on a copy of the real database.

        :param live_url: the real database's URL with its password; None makes no copy.
        """
        session = self.session
        session.listener.doing("up, down, up on a shadow holding rows")
        at = session.copy(self.before)
        (result,) = walk(session.project, session.shadows, at, [self.revision], rows=ROWS)
        made = sum(result.rows.values())
        lines = list(reverse_lines(result))
        on = [f"a shadow holding {made} rows" if made else "an empty shadow"]
        copied: Reversal | None = None
        note = ""
        if result.reverses and live_url is not None:
            session.listener.doing("up, down, up on a copy of the database")
            copied, note = self._on_live_copy(live_url)
            if copied is not None:
                on.append(note)
                lines.extend(reverse_lines(copied))
                note = ""
        good = result.reverses and (copied is None or copied.reverses)
        if note:
            lines.append(Line(f"no copy of the real database: {note}", "hint"))
        data = {
            "shadow": result.to_json(),
            "copy": copied.to_json() if copied else None,
            "no_copy_because": note or None,
        }
        if good:
            summary = f"up, down, up on {' and on '.join(on)}: every catalog came back."
        elif result.raised or (copied and copied.raised):
            step = (result.raised or copied.raised).step  # type: ignore[union-attr]
            summary = f"The {step} fails."
        else:
            summary = "The revision does not reverse."
        status = Status.PASSED if good else Status.STOPPED
        return Step("reverse", status, summary, 7, tuple(lines), data), result

    def _on_live_copy(self, live_url: str) -> tuple[Reversal | None, str]:
        session = self.session
        dialect = session.probe.dialect
        server = session.shadows.server(dialect)
        limit = session.settings.copy_limit_mb * 1024 * 1024
        at, said = load(dialect).copy_live(server, live_url, limit)
        if at is None:
            return None, said
        try:
            history = session.project.history
            earlier = history.before(self.revision)
            reading = read_database(session.project, at)
            applied = history.applied(h for h in reading.heads if history.has(h))
            if self.revision.revision in applied:
                return None, "the database has the revision already"
            session.upgraded(at, earlier)
            (result,) = walk(session.project, session.shadows, at, [self.revision])
        except AssayError as error:
            return None, f"the copy could not be brought to the revision before: {error.what}"
        return result, f"a copy of the database ({said})"


def stopped(steps: Sequence[Step]) -> Step | None:
    """The step that stops the procedure, if one does."""
    return next((s for s in steps if s.status in (Status.STOPPED, Status.DECIDE)), None)
