"""The receipt of a green run, and whether an older one still speaks of what is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from assay import __version__
from assay.procedure.session import Session
from assay.procedure.state import set_up_folder
from assay.project.revision_file import content_fingerprint
from assay.prove.parity import Parity
from assay.prove.proof import Check, Outcome
from assay.prove.receipt import Receipt, write_receipt
from assay.report import Status, Step

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["issue_receipt"]

_OUTCOMES = {
    Status.PASSED: Outcome.PASSED,
    Status.STOPPED: Outcome.FAILED,
    Status.DECIDE: Outcome.FAILED,
    Status.SKIPPED: Outcome.NOT_APPLICABLE,
    Status.NOTE: Outcome.PASSED,
}


def issue_receipt(
    session: Session,
    revision: Script,
    parity: Parity,
    steps: Sequence[Step],
    between: tuple[str, str],
) -> Path:
    """Write the receipt of a revision whose every step passed.

    :param steps: those of this revision, and those of the whole change.
    :param between: fingerprints of the catalog before it and after it.
    """
    folder = session.settings.state_folder
    set_up_folder(folder)
    down = revision.down_revision
    receipt = Receipt(
        revision=revision.revision,
        down_revision=down if isinstance(down, str) else None,
        message=(revision.doc or "").strip(),
        file=str(Path(revision.path).resolve().relative_to(session.settings.root.resolve())),
        file_fingerprint=content_fingerprint(Path(revision.path)),
        models_fingerprint=parity.models,
        before_fingerprint=between[0],
        after_fingerprint=between[1],
        dialect=session.probe.dialect,
        servers=session.shadows.descriptions(),
        checks=tuple(as_check(step) for step in steps if step.number),
        assay=__version__,
        alembic=version("alembic"),
        sqlalchemy=version("sqlalchemy"),
        when=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    return write_receipt(folder, receipt)


def as_check(step: Step) -> Check:
    """A step as a check of a proof."""
    outcome = _OUTCOMES[step.status]
    if outcome is Outcome.PASSED and any(f["waived"] for f in step.data.get("findings", ())):
        outcome = Outcome.WAIVED
    return Check(f"{step.number} {step.name}", outcome, step.summary)
