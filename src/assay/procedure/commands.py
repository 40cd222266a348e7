"""``assay review`` and ``assay apply``: steps 3 and 6 alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assay.errors import ExitCode, PersonMustDecide
from assay.procedure import state
from assay.procedure.applying import apply_step
from assay.procedure.checking import models_agree
from assay.procedure.proving import Examination, stopped
from assay.procedure.reviewing import limits_of_nothing
from assay.procedure.script import script_of
from assay.procedure.session import Session
from assay.procedure.undoing import recover
from assay.project.revision_file import find_slots
from assay.report import Report, Step
from assay.review.engine import Review
from assay.shadow.building import build_chain

__all__ = ["apply", "review"]


def review(session: Session, revision: str | None, *, sql: bool = False) -> Report:
    """Step 3 alone, for a revision; the head by default.

    :param sql: the report is an SQL script, what each statement did as comments.
    """
    found = session.project.history.select(revision)
    if not found:
        return Report("review", ExitCode.GOOD, session.project.history.nothing(revision))
    several = len(found) > 1
    steps: list[Step] = []
    scripts: list[str] = []
    locking: list[str] = []
    stopped_by: list[Review] = []
    heads = session.project.history.heads
    for one in found:
        newest = one.revision in heads and not several
        step, reviewed, _ = Examination(session, one, newest and models_agree(session)).review()
        if several:
            step = replace(step, summary=f"{one.revision}: {step.summary}")
        if not reviewed.passed:
            stopped_by.append(reviewed)
        if _locks(reviewed):
            locking.append(one.revision)
        unknown = (
            limits_of_nothing(session.settings.locks, reviewed)
            if heads == (one.revision,)
            else None
        )
        if sql:
            scripts.append(script_of(reviewed))
        for made in filter(None, (step, unknown)):
            steps.append(made)
            if not sql:
                session.listener.done(made)
    stop = stopped(steps)
    then = _then(stopped_by) if stop else None
    if locking:
        named = f"{locking[0]} " if revision is not None else ""
        safe = f"`assay review {named}--fix` writes the forms that block nobody, where it is unapplied."
        then = safe if then is None else f"{then} {safe}"
    return Report(
        "review",
        ExitCode.NO if stop else ExitCode.GOOD,
        stop.summary if stop else [s for s in steps if s.number == 3][-1].summary,
        tuple(steps),
        then,
        text="\n".join(scripts) if sql else None,
    )


def _then(stopped_by: list[Review]) -> str:
    """What to do about what stopped reviews."""
    if all(one.trace.failure is not None for one in stopped_by):  # no comment lets it run
        return "Correct the revision where it raises, and review it again."
    return "Change the models and regenerate, or allow the finding on its line."


def _locks(reviewed: Review) -> bool:
    """Whether somebody waits behind it, on an engine that has other forms."""
    known = reviewed.trace.before.dialect != "sqlite"
    return known and any(
        f.rule.startswith("locks/") and f.waived is None for f in reviewed.findings
    )


def apply(session: Session, to: str | None) -> Report:
    """Step 6 alone: upgrade the real database to head or to a revision, verified before and after."""
    folder = session.settings.state_folder
    history = session.project.history
    session.like_live()
    if to is None:
        _ = history.head
        expected = session.chain
    else:
        at = session.fresh()
        expected = build_chain(session.project, at, history.up_to(history.get(to)))
    with state.locked(folder):
        pending = state.load(folder)
        steps: list[Step] = []
        if pending is not None:
            pending, recovered = recover(session, pending)
            steps += [recovered] if recovered is not None else []
        if pending is not None and (session.settings.root / pending.path).is_file():
            slots = find_slots((session.settings.root / pending.path).read_text(encoding="utf-8"))
            empty = [s.target for s in slots if s.empty]
            if empty:
                raise PersonMustDecide(
                    f"The revision in the making has an empty backfill slot: {', '.join(empty)}.",
                    where=pending.path,
                    next_step="Fill it, then `assay change --continue`.",
                )

        def remember(**changes: Any) -> None:
            current = state.load(folder) or state.Change("", "apply")
            changed = current.with_(**changes)
            if not changed.revision and not changed.backup:
                state.clear(folder)
            else:
                state.save(folder, changed)

        step = apply_step(session, expected, remember)
    session.listener.done(step)
    stop = stopped([step])
    return Report(
        "apply",
        ExitCode.NO if stop else ExitCode.GOOD,
        step.summary,
        (*steps, step),
        None if stop is None else "Correct what is named above; nothing else was changed.",
    )
