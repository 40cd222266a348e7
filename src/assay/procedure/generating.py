"""``assay generate``: step 2 alone, and again for the revision in the making."""

from __future__ import annotations

from pathlib import Path

from assay.errors import ExitCode, UsageError
from assay.generate.answers import Answers, merged
from assay.generate.renames import applicable
from assay.generate.revision import Written
from assay.procedure import state
from assay.procedure.pending import new_id, refuse_if_applied, refuse_second_change, relative
from assay.procedure.questions import Decision, decide, with_stale
from assay.procedure.session import Session
from assay.procedure.writing import write
from assay.project.failures import short
from assay.project.revision_file import find_slots
from assay.prove.parity import same_catalog
from assay.report import Line, Report, Status, Step

__all__ = ["generate"]


def generate(session: Session, message: str | None, answers: Answers, again: bool) -> Report:
    """Step 2 alone: one revision, against a shadow at head, its state kept for ``change``.

    :param again: regenerate the revision in the making and keep its backfill.
    """
    folder = session.settings.state_folder
    with state.locked(folder):
        if again:
            pending, path = _in_the_making(session)
            kept = applicable(pending.answers, session.chain.snapshot, session.models.snapshot)
            decision = decide(session, merged(kept, answers))
            if decision.open:
                return _asked(session, decision)
            written, pending = _again(session, message, decision.answers, pending, path)
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
            pending = state.Change(new_id(), message).with_answers(decision.answers)
            state.save(folder, pending)
            try:
                written = write(session, message, decision.answers, rev_id=pending.revision)
            except BaseException:
                state.clear(folder)
                raise
        shown = short(str(written.path))
        empty = written.empty_slots
        code = ExitCode.DECIDE if empty else ExitCode.GOOD
        why = "backfill slot empty: " + ", ".join(s.target for s in empty) if empty else ""
        state.save(
            folder,
            pending.with_(path=relative(session, written.path), stopped_at=2, why=why),
        )
    lines = [Line(f"backfill slot for {s.target}, line {s.start}") for s in written.slots]
    step = Step(
        "generate",
        Status.DECIDE if empty else Status.PASSED,
        f"{shown}, against a shadow at head.",
        2,
        tuple(lines),
        {
            "revision": written.revision,
            "file": shown,
            "slots": [{"target": s.target, "empty": s.empty} for s in written.slots],
        },
    )
    step = with_stale(step, decision.stale)
    session.listener.done(step)
    return Report(
        "generate",
        code,
        f"{written.revision} written to {shown}." + (f" {why.capitalize()}." if empty else ""),
        (step,),
        "Fill the slot, then `assay change --continue`." if empty else "`assay change --continue`",
        {"revision": written.revision, "file": shown},
    )


def _asked(session: Session, decision: Decision) -> Report:
    """The report of a generation that a question stands in the way of."""
    session.listener.done(decision.step)
    return decision.report("generate")


def _in_the_making(session: Session) -> tuple[state.Change, Path]:
    """The revision that is generated again, and its file; the session stands before it then."""
    pending = state.load(session.settings.state_folder)
    if pending is None or not pending.path:
        raise UsageError(
            "There is no revision in the making to generate again.",
            next_step='Begin a change: `assay change -m "what changes"`.',
        )
    path = session.settings.root / pending.path
    if not path.is_file():
        raise UsageError(
            "The revision in the making has no file any more.",
            where=pending.path,
            next_step="Put it back (a killed `generate --again` leaves it in .assay/backups/), "
            "or run `assay change --abort`.",
        )
    refuse_if_applied(session, pending, "it cannot be generated again")
    session.stand_before(session.project.history.get(pending.revision))
    return pending, path


def _again(
    session: Session, message: str | None, answers: Answers, pending: state.Change, path: Path
) -> tuple[Written, state.Change]:
    old = path.read_text(encoding="utf-8")
    slots = {s.target: s.body for s in find_slots(old) if not s.empty}
    # a killed run must not lose what a person wrote into a slot
    aside = session.settings.state_folder / "backups" / path.name
    aside.parent.mkdir(parents=True, exist_ok=True)
    path.replace(aside)
    session.project.forget_history()
    try:
        written = write(
            session,
            message or pending.message,
            answers,
            kept=slots,
            rev_id=pending.revision,
        )
    except BaseException:
        aside.replace(path)
        raise
    return written, pending.with_answers(answers).with_(message=message or pending.message)
