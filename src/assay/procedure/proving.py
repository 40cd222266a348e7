"""Steps 3, 4, 5 and 7 of one revision, on shadows and copies only: used by ``change`` and ``prove``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from assay.catalog import Difference, compare
from assay.dialects import Address, load
from assay.errors import AssayError
from assay.generate.answers import Answers
from assay.generate.plan.comparison import Request
from assay.generate.renames import renames_in
from assay.procedure.drift import compared
from assay.procedure.reviewing import review_step
from assay.procedure.session import Session
from assay.procedure.steps import backfill_step, reverse_lines
from assay.procedure.tracing import ROWS, traced
from assay.procedure.waivers import bonds_of, remember_bonds
from assay.procedure.writing import generation
from assay.project.revision_file import find_slots
from assay.prove.handedits import Ddl, DdlDifference, compare_ddl, generated_ddl, own_ddl
from assay.prove.parity import Parity
from assay.prove.reversal import Reversal
from assay.prove.walk import walk
from assay.report import Line, Status, Step
from assay.review.engine import Review, review
from assay.shadow.reading import Reading, read_database
from assay.trace.effects import Trace
from assay.trace.filled import Fill

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["Examination"]

Made = TypeVar("Made")


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

    def begin(self, _fill: Fill | None) -> Address:
        """The shadow that a trace begins on a copy of."""
        return self.before

    def review(self) -> tuple[Step, Review, Trace]:
        """Step 3."""
        session = self.session
        trace = traced(session, self.revision, self.begin)
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
        ddl: DdlDifference | None = None
        for generated in self._generations():
            compared_with = [compare_ddl(own, one) for one in generated]
            same = next((one for one in compared_with if one.empty), None)
            # of several revisions the one that it is most like
            ddl = same or ddl or min(compared_with, key=lambda d: (len(d.extra), len(d.missing)))
            if same is not None:
                break
        return backfill_step(slots, ddl, (), str(path))

    def _generations(self) -> Iterator[list[Ddl]]:
        """The DDL of each revision that generation makes, of the renames that this revision makes.

        First as the settings say, then in safe forms, then without them. A revision that plain
        Alembic generated is no hand edit either: last its own comparators are asked.
        """
        session = self.session
        old = read_database(session.project, self.before)
        path = Path(self.revision.path)
        slots = find_slots(path.read_text(encoding="utf-8"))
        answers = replace(
            renames_in(path, old.snapshot), filled=frozenset(s.target for s in slots if not s.empty)
        )
        asked = session.online
        yield self._generated(old, answers, asked)
        if session.online_over != 0:
            yield self._generated(old, answers, lambda _table: True)
        if asked is not None:
            yield self._generated(old, answers, None)
        yield self._on_copy(lambda at: self._made(at, (self.before, None)))

    def _generated(
        self, old: Reading, answers: Answers, online: Callable[[tuple[str, ...]], bool] | None
    ) -> list[Ddl]:
        with generation(self.session, self.before, old, answers, online) as prepared:
            return self._on_copy(lambda at: self._made(at, prepared))

    def _made(self, at: Address, prepared: tuple[Address, Request | None]) -> list[Ddl]:
        session = self.session
        return generated_ddl(session.project, prepared, at, self.revision, session.shadows.folder)

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
        result = self._walked()
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

    def _walked(self) -> Reversal:
        session = self.session
        at = session.copy(self.before)
        (result,) = walk(session.project, session.shadows, at, [self.revision], rows=ROWS)
        return result

    def _on_live_copy(self, live_url: str) -> tuple[Reversal | None, str]:
        results, said = self.walk_on_copy(live_url, [self.revision])
        return (results[0] if results else None), said

    def walk_on_copy(
        self, live_url: str, revisions: Sequence[Script]
    ) -> tuple[tuple[Reversal, ...], str]:
        """Up, down, up for revisions on a copy of the real database.

        :param revisions: this one, and those after it.
        :returns: none, and why, where there is no copy.
        """
        session = self.session
        dialect = session.probe.dialect
        server = session.shadows.server(dialect)
        limit = session.settings.copy_limit_mb * 1024 * 1024
        at, said = load(dialect).copy_live(server, live_url, limit)
        if at is None:
            return (), said
        try:
            history = session.project.history
            earlier = history.before(self.revision)
            reading = read_database(session.project, at)
            applied = history.applied(h for h in reading.heads if history.has(h))
            if self.revision.revision in applied:
                return (), "the database has the revision already"
            session.upgraded(at, earlier)
            results = walk(session.project, session.shadows, at, revisions)
        except AssayError as error:
            return (), f"the copy could not be brought to the revision before: {error.what}"
        return results, f"a copy of the database ({said})"


def stopped(steps: Sequence[Step]) -> Step | None:
    """The step that stops the procedure, if one does."""
    return next((s for s in steps if s.status in (Status.STOPPED, Status.DECIDE)), None)
