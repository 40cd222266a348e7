"""What an upgrade of a real database that failed, or was killed, left there: a file is put back.

A server has rolled it back by itself, or has committed each statement; then what stayed is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.apply.backup import put_back, set_aside
from assay.apply.preflight import preflight
from assay.catalog import Difference
from assay.dialects import Address, load
from assay.errors import AssayError, UsageError
from assay.procedure.session import Session
from assay.procedure.state import Change, clear, save
from assay.project.failures import short
from assay.prove.parity import same_catalog
from assay.report import Line, Status, Step
from assay.shadow.building import build_chain
from assay.shadow.reading import Reading, read_database

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["Aftermath", "recover", "undo", "way_on"]


@dataclass(frozen=True)
class Aftermath:
    """What a database is after an upgrade that failed.

    :param whole: revision and catalog are what they were.
    :param left: what differs from the revision it is stamped with.
    :param reached: the revision whose catalog it has, where that is not the one stamped.
    """

    said: str
    whole: bool
    left: tuple[Difference, ...] = ()
    reached: str | None = None


def undo(
    session: Session,
    file: Address | None,
    backup: Path | None,
    before: Reading,
    revisions: Sequence[Script],
) -> Aftermath:
    """Put a file back, or look whether the server rolled back, and what stayed if it did not."""
    if file is not None and backup is not None:
        put_back(file, backup)
        return Aftermath("The file was put back as it was.", True)
    try:
        now = read_database(session.project, None)
        if now.heads == before.heads and now.snapshot == before.snapshot:
            rolled = load(now.run.dialect).capabilities.transactional_ddl
            said = "The server rolled it back: revision" if rolled else "Nothing stayed: revision"
            return Aftermath(f"{said} and catalog are what they were.", True)
        left, reached = _left_behind(session, revisions)
    except AssayError as error:
        return Aftermath(f"The database could not be read after it: {error.what}", False)
    at = ", ".join(now.heads) or "base"
    return Aftermath(
        f"The database is now at {at}, and not what it was before: "
        "part of the upgrade was committed.",
        False,
        left,
        reached,
    )


def _left_behind(
    session: Session, revisions: Sequence[Script]
) -> tuple[tuple[Difference, ...], str | None]:
    """How the real database differs from its stamp, and which revision's catalog it has instead."""
    live = preflight(session.project, session.shadows, session.ignore)
    if not live.drift:
        return (), None
    history = session.project.history
    done = history.applied(live.heads)
    base = [r for r in history.revisions if r.revision in done]
    open_ = [r for r in revisions if r.revision not in done]
    for number, revision in enumerate(open_, 1):
        at = session.fresh()
        try:
            like = build_chain(session.project, at, [*base, *open_[:number]])
        except AssayError:
            break
        finally:
            session.shadows.drop(at)
        if not same_catalog(like.snapshot, live.reading.snapshot, session.ignore):
            return live.drift, revision.revision
    return live.drift, None


def way_on(after: Aftermath) -> str:
    """What is to be done about what is left."""
    if after.reached is not None:
        return (
            f"its catalog is that of {after.reached}: check its data, then `alembic stamp "
            f"{after.reached}`"
        )
    return (
        "the server commits each DDL statement, so nothing is rolled back: undo what is listed by "
        "hand, correct what failed, and apply again; `assay check --live` says when it is clean"
    )


def recover(session: Session, change: Change) -> tuple[Change, Step | None]:
    """Put back a file database that a killed run was upgrading; the change without that note.

    What is found is kept beside the backup: somebody may have used the database since. A server
    rolls the killed transaction back by itself, or has committed each statement; then the database
    is found to differ from its revision before it is touched again.

    :returns: the change, and what was done; None where there was nothing to do.
    :raises UsageError: the file is locked, or the backup is gone.
    """
    if not change.backup:
        return change, None
    backup, database = Path(change.backup), Address(session.probe.dialect, change.database)
    name = short(change.database)
    if not backup.is_file():
        raise UsageError(
            f"A run was killed while it upgraded {name}, and the backup made before it is gone.",
            where=short(change.backup),
            next_step=f"Put {name} right by hand, then remove .assay/state.json.",
        )
    found = set_aside(database, backup)
    put_back(database, backup)
    recovered = change.with_(backup="", database="", reached=False)
    folder = session.settings.state_folder
    if recovered.revision:
        save(folder, recovered)
    else:  # of `assay apply` alone
        clear(folder)
    lines = (Line(f"the file as it was found: {short(str(found))}", "hint"),) if found else ()
    step = Step(
        "recover",
        Status.NOTE,
        f"{name} was put back as it was before the killed upgrade.",
        lines=lines,
        data={"database": change.database, "found": str(found) if found else None},
    )
    session.listener.done(step)
    return recovered, step
