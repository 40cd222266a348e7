"""``assay generate``: step 2 alone, and again for the revision in the making."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.errors import ExitCode, UsageError
from assay.generate.answers import Answers, merged
from assay.generate.renames import applicable
from assay.generate.revision import Written
from assay.procedure import state
from assay.procedure.pending import new_id, refuse_if_applied, refuse_second_change, relative
from assay.procedure.questions import Decision, decide, with_notes
from assay.procedure.session import Session
from assay.procedure.writing import write
from assay.project.failures import short
from assay.project.revision_file import find_slots
from assay.prove.parity import same_catalog
from assay.report import Line, Report, Status, Step

__all__ = ["files_data", "generate", "slot_lines", "with_files"]


def generate(session: Session, message: str | None, answers: Answers, again: bool) -> Report:
    """Step 2 alone: a change, against a shadow at head, its state kept for ``change``.

    :param again: regenerate the revision in the making and keep its backfill.
    """
    folder = session.settings.state_folder
    with state.locked(folder):
        if again:
            pending, paths = _in_the_making(session)
            if not session.online_said:
                session.online_over = pending.online
            catalogs = session.chain.snapshot, session.models.snapshot
            kept = applicable(pending.answers, *catalogs, session.ignore)
            decision = decide(session, merged(kept, answers))
            if decision.open:
                return _asked(session, decision)
            written, pending = _again(session, message, decision.answers, pending, paths)
        else:
            if not message:
                raise UsageError(
                    "A revision needs a message.", next_step='Give one: -m "what changes".'
                )
            refuse_second_change(session)
            _ = session.project.history.head
            differences = same_catalog(
                session.chain.snapshot, session.models.snapshot, session.ignore
            )
            if not differences:
                return Report(
                    "generate",
                    ExitCode.GOOD,
                    "Nothing changed: the models are what the chain makes. No file was written.",
                )
            decision = decide(session, answers)
            if decision.open:
                return _asked(session, decision)
            pending = state.Change(new_id(), message, online=session.online_over)
            pending = pending.with_answers(decision.answers)
            state.save(folder, pending)
            try:
                written = write(session, message, decision.answers, rev_id=pending.revision)
            except BaseException:
                state.clear(folder)
                raise
        shown = ", ".join(short(str(path)) for path in written.paths)
        empty = written.empty_slots
        code = ExitCode.DECIDE if empty else ExitCode.GOOD
        why = "backfill slot empty: " + ", ".join(s.target for s in empty) if empty else ""
        state.save(
            folder,
            with_files(session, pending, written).with_(stopped_at=2, why=why),
        )
    step = Step(
        "generate",
        Status.DECIDE if empty else Status.PASSED,
        f"{shown}, against a shadow at head.",
        2,
        slot_lines(written),
        {
            **files_data(written),
            "slots": [{"target": s.target, "empty": s.empty} for _, s in written.slots],
        },
    )
    step = with_notes(step, decision)
    session.listener.done(step)
    return Report(
        "generate",
        code,
        f"{' '.join(written.revisions)} written to {shown}."
        + (f" {why.capitalize()}." if empty else ""),
        (step,),
        "Fill the slot, then `assay change --continue`." if empty else "`assay change --continue`",
        files_data(written),
    )


def slot_lines(written: Written) -> tuple[Line, ...]:
    """Where the slots are, what was said of required columns, why an online change is not one."""
    several = len(written.parts) > 1
    lines = []
    if written.plain_because:
        lines.append(Line(f"written without safe forms: {written.plain_because}", "hint"))
    for path, slot in written.slots:
        place = f"{path.name}:{slot.start}" if several else f"line {slot.start}"
        lines.append(Line(f"backfill slot for {slot.target}, {place}"))
        if slot.one_because:
            lines.append(Line(f"it stays one UPDATE: {slot.one_because}", "hint"))
    for said in written.given:
        place = f", {said.path.name}" if several else ""
        lines.append(Line(f"waiver: every release that runs gives {said.column} a value{place}"))
    return tuple(lines)


def files_data(written: Written) -> dict[str, Any]:
    """The revisions as plain values; ``revision`` and ``file`` are the first."""
    files = [short(str(path)) for path in written.paths]
    found: dict[str, Any] = {"revision": written.revisions[0], "file": files[0]}
    if len(files) > 1:
        found |= {"revisions": list(written.revisions), "files": files}
    if written.given:
        found["given"] = [said.column for said in written.given]
    return found


def with_files(session: Session, pending: state.Change, written: Written) -> state.Change:
    """A copy that knows its files."""
    paths = tuple(relative(session, path) for path in written.paths)
    return pending.with_(path=paths[0], paths=paths if len(paths) > 1 else ())


def _asked(session: Session, decision: Decision) -> Report:
    """The report of a generation that a question stands in the way of."""
    session.listener.done(decision.step)
    return decision.report("generate")


def _in_the_making(session: Session) -> tuple[state.Change, list[Path]]:
    """The change that is generated again, and its files; the session stands before it then."""
    pending = state.load(session.settings.state_folder)
    if pending is None or not pending.path:
        raise UsageError(
            "There is no revision in the making to generate again.",
            next_step='Begin a change: `assay change -m "what changes"`.',
        )
    names = pending.paths or (pending.path,)
    paths = [session.settings.root / name for name in names]
    gone = [name for name, path in zip(names, paths, strict=True) if not path.is_file()]
    if gone:
        raise UsageError(
            "The revision in the making has no file any more.",
            where=", ".join(gone),
            next_step="Put it back (a killed `generate --again` leaves it in .assay/backups/), "
            "or run `assay change --abort`.",
        )
    refuse_if_applied(session, pending, "it cannot be generated again")
    session.stand_before(session.project.history.get(pending.revision))
    return pending, paths


def _again(
    session: Session,
    message: str | None,
    answers: Answers,
    pending: state.Change,
    paths: list[Path],
) -> tuple[Written, state.Change]:
    texts = [path.read_text(encoding="utf-8") for path in paths]
    slots = {s.target: s.body for text in texts for s in find_slots(text) if not s.empty}
    # a killed run must not lose what a person wrote into a slot
    folder = session.settings.state_folder / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    for path in reversed(paths):
        path.replace(folder / path.name)
    session.project.forget_history()
    try:
        written = write(
            session,
            message or pending.message,
            replace(answers, filled=frozenset(slots)),
            kept=slots,
            rev_id=pending.revision,
        )
    except BaseException:
        for path in paths:
            (folder / path.name).replace(path)
        raise
    pending = pending.with_answers(answers).with_(online=session.online_over)
    return written, pending.with_(message=message or pending.message)
