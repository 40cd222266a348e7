"""The revisions of one change under examination, each where the one before it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.dialects import Address
from assay.procedure.proving import Examination
from assay.procedure.session import Session
from assay.shadow.reading import Reading

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["Part", "examined"]


@dataclass
class Part(Examination):
    """One of several revisions of a change.

    :param earlier: the one that runs before it; None: the session stands before this one.
    """

    earlier: Part | None = None
    _after: tuple[Address, Reading] | None = field(default=None, repr=False)

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


def examined(session: Session, revisions: Sequence[Script]) -> list[Part]:
    """Examinations of the revisions of one change; nothing is run yet."""
    parts: list[Part] = []
    for revision in revisions:
        parts.append(Part(session, revision, True, earlier=parts[-1] if parts else None))
    return parts
