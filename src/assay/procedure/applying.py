"""Step 6, and step 7 on the database itself: the only steps that touch a real database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.apply.backup import live_file, put_back, save, set_aside
from assay.apply.limit import gave_up, holders
from assay.apply.preflight import Live, preflight
from assay.apply.runner import downgrade_live, upgrade_live
from assay.catalog import Difference, compare
from assay.dialects import Address, load
from assay.errors import AssayError, ProcedureStop, UsageError
from assay.operations.online.not_null import is_helper
from assay.procedure.session import Session
from assay.procedure.state import Change, clear
from assay.procedure.state import save as save_state
from assay.procedure.steps import stop_step
from assay.project.failures import short
from assay.project.revision_file import runs_again
from assay.prove.parity import same_catalog
from assay.report import Line, Status, Step
from assay.report.differences import difference_lines
from assay.shadow.building import build_chain
from assay.shadow.reading import Reading, read_database

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["apply_step", "on_database_step", "recover"]

Remember = Callable[..., None]
"""Notes in the state of the change, at once, what is about to happen to which file."""


def apply_step(session: Session, expected: Reading, remember: Remember) -> Step:
    """Step 6: upgrade the real database to where ``expected`` stands, believed only after a look.

    :param expected: heads and catalog of the shadow after the same revisions.
    """
    session.listener.doing("comparing the database with what its revision says")
    try:
        live = preflight(session.project, session.shadows, session.ignore)
    except ProcedureStop as stop:
        return _stopped(stop)
    url = live.reading.run.url
    history = session.project.history
    done = history.applied(live.heads)
    target = history.applied(expected.heads)
    revisions = [r for r in history.revisions if r.revision in target - done]
    if live.drift and not _begun(session, live, revisions):
        return _drifted(live, url)
    ids = [r.revision for r in revisions]
    data = {"database": url, "from": list(live.heads), "to": list(expected.heads), "applied": ids}
    if not revisions:
        drift = same_catalog(expected.snapshot, live.reading.snapshot, session.ignore)
        if not drift:
            return Step("apply", Status.PASSED, f"{url} is at head already.", 6, (), data)
    session.listener.doing(f"upgrading {url}")
    file = live_file(live.reading.run, session.settings.root)
    backup = _back_up(session, file, ids[0] if ids else "head", remember)
    remember(reached=True)
    try:
        _upgrade(session, revisions, expected)
    except BaseException as error:
        after = _undo(session, file, backup, live.reading, revisions)
        remember(backup="", database="", reached=not after.whole)
        if not isinstance(error, AssayError):
            raise
        return _waited(session, error, _stopped(error, after, data))
    remember(backup="", database="")
    lines = (Line(f"the file before it: {_relative(session, backup)}", "hint"),) if backup else ()
    return Step(
        "apply",
        Status.PASSED,
        f"{url}: {' '.join(ids)} applied; its revision and catalog are the shadow's.",
        6,
        lines,
        {**data, "backup": str(backup) if backup else None},
    )


def _upgrade(session: Session, revisions: Sequence[Script], expected: Reading) -> None:
    upgrade_live(
        session.project,
        revisions,
        expected.heads,
        expected.snapshot,
        session.ignore,
        session.lock_timeout,
    )


def _waited(session: Session, error: AssayError, step: Step) -> Step:
    """The step, with who is in the way where the upgrade got no lock in time."""
    dialect = session.probe.dialect
    if not gave_up(error, dialect):
        return step
    others = holders(session.project, dialect)
    said = "It gave up waiting for a lock, so that nobody waits behind it for longer."
    if others:
        said = f"{said} Open on the database now, one of them has it:"
    lines = [
        Line(said),
        *(Line(one, "plain", 1) for one in others),
        Line(
            "end what is in the way or wait for it, and apply again; longer waits: lock_timeout in "
            "[tool.assay], or `assay apply --lock-timeout SECONDS`",
            "hint",
        ),
    ]
    data = {**step.data, "waited_for_lock": True, "open_transactions": list(others)}
    return replace(step, lines=(*step.lines, *lines), data=data)


def _begun(session: Session, live: Live, revisions: Sequence[Script]) -> bool:
    """Whether the drift is what a revision left that died in the middle and can be run again.

    So it is where each of its statements commits and looks at what is there, and nothing differs but
    what the revision itself makes or drops. What it comes to is looked at after the upgrade.
    """
    if not revisions or not runs_again(Path(revisions[0].path)):
        return False
    history = session.project.history
    at = session.fresh()
    try:
        before = build_chain(session.project, at, history.before(revisions[0])).snapshot
        after = session.upgraded(at, [revisions[0]]).snapshot
    except AssayError:
        return False
    finally:
        session.shadows.drop(at)
    # by name: an index becomes a constraint of the same name
    touched = {difference.object.key for difference in compare(before, after)}
    return all(d.object.key in touched or is_helper(str(d.object.key[-1])) for d in live.drift)


def on_database_step(
    session: Session, revisions: Sequence[Script], expected: Reading, remember: Remember
) -> Step:
    """Step 7 by hand: down and up again on the real database itself.

    :param revisions: those of the change, in the order they run.
    """
    session.listener.doing("down and up on the database itself")
    before = session.chain.snapshot
    live = read_database(session.project, None)
    file = live_file(live.run, session.settings.root)
    backup = _back_up(session, file, f"reverse-{revisions[0].revision}", remember)
    try:
        down = downgrade_live(session.project, revisions[0], session.lock_timeout)
        after_down = same_catalog(before, down.snapshot, session.ignore)
        _upgrade(session, revisions, expected)
    except BaseException as error:
        after = _undo(session, file, backup, live, revisions)
        remember(backup="", database="")
        if not isinstance(error, AssayError):
            raise
        return replace(_waited(session, error, _stopped(error, after)), name="reverse", number=7)
    remember(backup="", database="")
    if after_down:
        return Step(
            "reverse",
            Status.STOPPED,
            "On the database: the downgrade left a different catalog.",
            7,
            difference_lines(after_down),
        )
    return Step("reverse", Status.PASSED, "down and up again on the database itself.", 7)


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
        save_state(folder, recovered)
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


def _back_up(session: Session, file: Address | None, label: str, remember: Remember) -> Path | None:
    if file is None:
        return None
    backup = save(file, session.settings.state_folder / "backups", label)
    remember(backup=str(backup), database=file.database)
    return backup


@dataclass(frozen=True)
class _After:
    """What a database is after an upgrade that failed.

    :param whole: revision and catalog are what they were.
    :param left: what differs from the revision it is stamped with.
    :param reached: the revision whose catalog it has, where that is not the one stamped.
    """

    said: str
    whole: bool
    left: tuple[Difference, ...] = ()
    reached: str | None = None


def _undo(
    session: Session,
    file: Address | None,
    backup: Path | None,
    before: Reading,
    revisions: Sequence[Script],
) -> _After:
    """Put a file back, or look whether the server rolled back, and what stayed if it did not."""
    if file is not None and backup is not None:
        put_back(file, backup)
        return _After("The file was put back as it was.", True)
    try:
        now = read_database(session.project, None)
        if now.heads == before.heads and now.snapshot == before.snapshot:
            rolled = load(now.run.dialect).capabilities.transactional_ddl
            said = "The server rolled it back: revision" if rolled else "Nothing stayed: revision"
            return _After(f"{said} and catalog are what they were.", True)
        left, reached = _left_behind(session, revisions)
    except AssayError as error:
        return _After(f"The database could not be read after it: {error.what}", False)
    at = ", ".join(now.heads) or "base"
    return _After(
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


def _stopped(
    error: AssayError, after: _After | None = None, data: Mapping[str, object] | None = None
) -> Step:
    step = stop_step(6, "apply", error)
    lines = list(step.lines)
    if after is not None:
        lines.append(Line(after.said))
    if after is not None and after.left:
        lines.append(Line("what the failed upgrade left there, beside the revision it is at:"))
        lines += difference_lines(after.left)
        lines.append(Line(_way_on(after), "hint"))
    left = [d.to_json() for d in after.left] if after is not None else []
    return replace(
        step,
        lines=tuple(lines),
        data={
            **step.data,
            **(data or {}),
            "restored": after.said if after is not None else None,
            "left": left,
            "catalog_of": after.reached if after is not None else None,
        },
    )


def _way_on(after: _After) -> str:
    if after.reached is not None:
        return (
            f"its catalog is that of {after.reached}: check its data, then `alembic stamp "
            f"{after.reached}`"
        )
    return (
        "the server commits each DDL statement, so nothing is rolled back: undo what is listed by "
        "hand, correct what failed, and apply again; `assay check --live` says when it is clean"
    )


def _drifted(live: Live, url: str) -> Step:
    count = len(live.drift)
    at = ", ".join(live.heads) or "base"
    return Step(
        "apply",
        Status.STOPPED,
        f"{url} is not what its revision ({at}) says: {count} object{'s' if count > 1 else ''} "
        "differ. Nothing was touched.",
        6,
        (*difference_lines(live.drift), *_drift_hints(live.heads)),
        {"database": url, "drift": [d.to_json() for d in live.drift]},
    )


def _drift_hints(heads: Sequence[str]) -> tuple[Line, ...]:
    if heads:
        return (Line("undo what was changed by hand there, or put it into the models", "hint"),)
    return (
        Line(
            "the database holds tables but is stamped with no revision: made by create_all? "
            "`alembic stamp REV`, or start it anew",
            "hint",
        ),
    )


def _relative(session: Session, path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return str(path.relative_to(session.settings.root))
    except ValueError:
        return str(path)
