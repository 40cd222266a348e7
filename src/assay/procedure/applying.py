"""Step 6, and step 7 on the database itself: the only steps that touch a real database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.apply.backup import live_file, save
from assay.apply.limit import gave_up, holders
from assay.apply.preflight import Live, preflight
from assay.apply.runner import downgrade_live, upgrade_live
from assay.catalog import compare
from assay.dialects import Address
from assay.errors import AssayError, ProcedureStop
from assay.operations.online.not_null import is_helper
from assay.procedure.session import Session
from assay.procedure.steps import stop_step
from assay.procedure.undoing import Aftermath, undo, way_on
from assay.project.revision_file import runs_again
from assay.prove.parity import same_catalog
from assay.report import Line, Status, Step
from assay.report.differences import difference_lines
from assay.shadow.building import build_chain
from assay.shadow.reading import Reading, read_database

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["apply_step", "on_database_step"]

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
        after = undo(session, file, backup, live.reading, revisions)
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
        after = undo(session, file, backup, live, revisions)
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


def _back_up(session: Session, file: Address | None, label: str, remember: Remember) -> Path | None:
    if file is None:
        return None
    backup = save(file, session.settings.state_folder / "backups", label)
    remember(backup=str(backup), database=file.database)
    return backup


def _stopped(
    error: AssayError, after: Aftermath | None = None, data: Mapping[str, object] | None = None
) -> Step:
    step = stop_step(6, "apply", error)
    lines = list(step.lines)
    if after is not None:
        lines.append(Line(after.said))
    if after is not None and after.left:
        lines.append(Line("what the failed upgrade left there, beside the revision it is at:"))
        lines += difference_lines(after.left)
        lines.append(Line(way_on(after), "hint"))
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
