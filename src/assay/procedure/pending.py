"""The change in the making: what guards it, where its file is, how it is dropped."""

from __future__ import annotations

from itertools import count, takewhile
from pathlib import Path

from assay.apply.backup import leaving_no_file
from assay.errors import AssayError, ExitCode, ProcedureStop, UsageError
from assay.generate.recipes.scripts import part_id
from assay.procedure import state
from assay.procedure.session import Session
from assay.procedure.undoing import recover
from assay.project.failures import short
from assay.report import Report
from assay.shadow.reading import read_database

__all__ = [
    "abort",
    "files_of",
    "new_id",
    "refuse_if_applied",
    "refuse_second_change",
    "relative",
    "revisions_of",
]


def abort(session: Session) -> Report:
    """Remove the unapplied revision and forget the change.

    :raises ProcedureStop: the real database has the revision.
    """
    folder = session.settings.state_folder
    with state.locked(folder):
        pending = state.load(folder)
        if pending is None:
            raise UsageError("There is no change to abort.", next_step="See `assay status`.")
        pending, recovered = recover(session, pending)
        steps = (recovered,) if recovered is not None else ()
        if not pending.revision:
            return Report("change", ExitCode.GOOD, "The killed `assay apply` is undone.", steps)
        paths = files_of(session, pending)
        if paths:
            refuse_if_applied(session, pending, "removing its file would strand it")
        for path in reversed(paths):  # the chain stays whole, wherever this is killed
            path.unlink()
        state.clear(folder)
        shown = [short(str(path)) for path in paths]
        said = ", ".join(shown) if shown else "no file had been written"
        were = " were removed." if len(shown) > 1 else " was removed."
        return Report(
            "change",
            ExitCode.GOOD,
            f"The change {pending.message!r} was aborted: {said}" + (were if paths else "."),
            steps,
            next_step="Your models are as you left them.",
            data={
                "revision": pending.revision,
                "file": shown[0] if shown else None,
                "files": shown,
            },
        )


def refuse_second_change(session: Session) -> None:
    """One change at a time.

    :raises ProcedureStop: one is in the making.
    """
    pending = state.load(session.settings.state_folder)
    if pending is not None and not pending.revision:
        raise ProcedureStop(
            f"`assay apply` was killed while it upgraded {short(pending.database)}.",
            next_step="Run `assay apply` again: it puts the file back first.",
        )
    if pending is not None:
        at = f" It stopped at step {pending.stopped_at}: {pending.why}" if pending.why else ""
        raise ProcedureStop(
            f"A change is in the making: {pending.message!r}, revision {pending.revision}.{at}",
            where=pending.path or None,
            next_step="Go on with `assay change --continue`, or drop it with "
            "`assay change --abort`.",
        )


def refuse_if_applied(session: Session, pending: state.Change, because: str) -> None:
    """A revision that the real database has is not changed or removed any more.

    :raises ProcedureStop: it has, or may have.
    """
    try:
        with leaving_no_file(session.probe, session.settings.root):
            heads = read_database(session.project, None).heads
    except AssayError as error:
        if not pending.reached:
            return
        raise ProcedureStop(
            f"The database may have {pending.revision} already, and it cannot be read: "
            f"{error.what}",
            where=pending.path,
            next_step="Make the database reachable, and try again.",
        ) from error
    history = session.project.history
    applied = history.applied(h for h in heads if history.has(h))
    if applied & set(revisions_of(session, pending)):
        raise ProcedureStop(
            f"The database has {pending.revision} already; {because}.",
            where=pending.path,
            next_step="Run `alembic downgrade -1` first; or go on with `assay change --continue`.",
        )


def files_of(session: Session, pending: state.Change) -> list[Path]:
    """Every revision file of a change that is there, in the order they run.

    Found also where the run was killed before it noted them.
    """
    if pending.path:
        names = pending.paths or (pending.path,)
        return [path for path in (session.settings.root / name for name in names) if path.is_file()]
    history = session.project.history
    return [Path(history.get(one).path) for one in revisions_of(session, pending)]


def revisions_of(session: Session, pending: state.Change) -> list[str]:
    """Ids of the revisions of a change that are in the chain, in the order they run.

    They follow from the first one's, so that what a killed run wrote is found.
    """
    history = session.project.history
    ids = takewhile(history.has, (part_id(pending.revision, part) for part in count()))
    return list(ids)


def relative(session: Session, path: Path) -> str:
    return str(path.resolve().relative_to(session.settings.root.resolve()))


def new_id() -> str:
    from alembic.util import rev_id

    return str(rev_id())
