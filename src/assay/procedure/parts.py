"""The revisions of one change under examination, each where the one before it ends.

Rows made before the first go with it to the last: those made in the middle would lack what a backfill
before gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from assay.dialects import Address
from assay.generate.recipes.files import part_ids
from assay.generate.recipes.scripts import part_id
from assay.procedure.proving import Examination
from assay.procedure.session import Session
from assay.procedure.tracing import ROWS, rows_made
from assay.project.compat.alembic import end_external_transaction
from assay.project.failures import RevisionFailed
from assay.project.history import History
from assay.prove.reversal import Reversal
from assay.prove.walk import walk
from assay.shadow.reading import Reading, connection_of
from assay.trace.filled import Fill

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["Part", "begun_by", "examined"]


@dataclass
class _Together:
    """What is run once for all revisions of a change."""

    revisions: Sequence[Script]
    walked: tuple[Reversal, ...] | None = None
    copied: tuple[tuple[Reversal, ...], str] | None = None


@dataclass
class Part(Examination):
    """One of the revisions of a change.

    :param earlier: the one that runs before it; None: the session stands before this one.
    """

    earlier: Part | None = None
    together: _Together = field(default_factory=lambda: _Together(()))
    _after: tuple[Address, Reading] | None = field(default=None, repr=False)
    _filled: Address | None = field(default=None, repr=False)

    @property
    def before(self) -> Address:
        """The shadow that stands just before the revision."""
        return self.session.chain_at if self.earlier is None else self.earlier.after[0]

    @property
    def after(self) -> tuple[Address, Reading]:
        """A shadow that stands just after it; the next begins there."""
        if self._after is None:
            at = self.session.copy(self.before)
            self._after = at, self.session.upgraded(at, [self.revision])
        return self._after

    @property
    def between(self) -> tuple[str, str]:
        """Fingerprints of the catalog before it and after it."""
        before = self.session.chain if self.earlier is None else self.earlier.after[1]
        return before.snapshot.fingerprint, self.after[1].snapshot.fingerprint

    def begin(self, fill: Fill | None) -> Address:
        """The shadow that a trace begins on a copy of: with the rows made before the first."""
        filled = self.earlier.filled if self.earlier is not None and fill is not None else None
        return filled or self.before

    @property
    def filled(self) -> Address | None:
        """A shadow just after the revision, rows in it; None where it does not take them."""
        if self._filled is None:
            at = self.session.copy(self.begin(rows_made))
            try:
                self._fill(at)
                self.session.upgraded(at, [self.revision])
            except RevisionFailed:
                self.session.shadows.drop(at)
                return None
            self._filled = at
        return self._filled

    def _fill(self, at: Address) -> None:
        def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
            end_external_transaction(context)
            rows_made(context)
            connection_of(context).commit()
            return []

        self.session.project.run(work, to=at, dont_mutate=True)

    def _walked(self) -> Reversal:
        if self.together.walked is None:
            session, revisions = self.session, self.together.revisions
            at = session.copy(session.chain_at)
            self.together.walked = walk(session.project, session.shadows, at, revisions, rows=ROWS)
        return self._own(self.together.walked)

    def _on_live_copy(self, live_url: str) -> tuple[Reversal | None, str]:
        if self.together.copied is None:
            # the first part asks, with all of them
            revisions = self.together.revisions
            self.together.copied = self.walk_on_copy(live_url, revisions)
        results, said = self.together.copied
        return (self._own(results) if results else None), said

    def _own(self, results: Sequence[Reversal]) -> Reversal:
        """The result of this revision; rows made before an earlier one are there still."""
        rows: dict[str, int] = {}
        for one in results:
            rows |= one.rows
            if one.revision == self.revision.revision:
                return replace(one, rows=rows)
        raise AssertionError(self.revision.revision)


def begun_by(history: History, revision: Script) -> tuple[Script, ...]:
    """The revisions of the same change that run before one; mostly none."""
    earlier = list(reversed(history.before(revision)))
    for part, first in enumerate(earlier, 1):
        if part_id(first.revision, part) == revision.revision:
            return tuple(reversed(earlier[:part]))
    return _cut_off(history, revision)


def _cut_off(history: History, revision: Script) -> tuple[Script, ...]:
    """Those that ``review --fix`` cut off it, or off the one that it was cut off itself."""
    found = history.revisions
    ids = [one.revision for one in found]
    at = ids.index(revision.revision)
    for last in range(max(at, 1), min(at + _MOST, len(ids))):
        new = part_ids(ids[last], _MOST)[:-1]
        count = new.index(ids[last - 1]) + 1 if ids[last - 1] in new else 0
        first = last - count
        if first < at and ids[first:last] == new[:count]:
            return found[first:at]
    return ()


_MOST = 30
"""Revisions that one is looked for as."""


def examined(session: Session, revisions: Sequence[Script], *, newest: bool = True) -> list[Part]:
    """Examinations of the revisions of one change, to be asked in order; nothing is run yet.

    :param newest: the models are meant to be what they make.
    """
    together = _Together(revisions)
    parts: list[Part] = []
    for revision in revisions:
        earlier = parts[-1] if parts else None
        parts.append(Part(session, revision, newest, earlier=earlier, together=together))
    return parts
