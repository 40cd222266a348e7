"""``assay change``: the eight steps, stopped and resumed.

What can be proven on a shadow or a copy (5, 7) is proven before step 6 touches a real database; the
report keeps the numbers of the procedure.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from assay.catalog import compare
from assay.errors import ExitCode, ProcedureStop, UsageError
from assay.generate.answers import Answers
from assay.procedure import state
from assay.procedure.answering import write_answers
from assay.procedure.applying import apply_step, on_database_step
from assay.procedure.change_run import ChangeRun, Options
from assay.procedure.generating import files_data, slot_lines, with_files
from assay.procedure.parts import Part, examined
from assay.procedure.pending import (
    files_of,
    new_id,
    refuse_second_change,
    relative,
    revisions_of,
)
from assay.procedure.questions import decide, with_notes
from assay.procedure.receipts import issue_receipt
from assay.procedure.session import Session
from assay.procedure.steps import modify_step
from assay.procedure.testing import test_step
from assay.procedure.undoing import recover
from assay.procedure.writing import write
from assay.project.failures import short
from assay.report import Report, Status, Step

__all__ = ["change", "continue_change"]


def change(session: Session, message: str, answers: Answers, options: Options) -> Report:
    """The whole procedure for models that were just edited.

    :raises AssayError: usage, configuration or environment.
    """
    folder = session.settings.state_folder
    run = ChangeRun(session, options)
    with state.locked(folder):
        refuse_second_change(session)
        _ = session.project.history.head  # several heads: said before anything is built
        session.like_live()
        if not run.step(1, "modify", lambda: _modify(session)):
            return run.stop()
        if not run.steps[-1].data:
            return _nothing_changed(run)
        decision = decide(session, answers, live=options.apply)
        if decision.open:
            run.step(2, "generate", lambda: decision.step)
            stopped = run.stop(decision.next_step)
            return replace(stopped, data={**stopped.data, **decision.data})
        said = decision.answers
        run.change = state.Change(new_id(), message, online=session.online_over)
        run.change = run.change.with_answers(said)
        if not run.step(2, "generate", lambda: with_notes(_generate(session, run, said), decision)):
            return run.stop()
        return _from_review(session, run)


def continue_change(session: Session, answers: Answers, options: Options) -> Report:
    """Go on with a stopped change after the person's edit.

    :raises UsageError: there is nothing to go on with.
    """
    folder = session.settings.state_folder
    with state.locked(folder):
        pending = state.load(folder)
        if pending is None:
            raise UsageError(
                "There is no change to go on with.",
                next_step='Begin one with `assay change -m "what changes"`.',
            )
        run = ChangeRun(session, options)
        pending, recovered = recover(session, pending)
        if recovered is not None:
            run.steps.append(recovered)
        if not pending.revision:
            return run.report(
                ExitCode.GOOD, "The killed `assay apply` is undone.", "Run `assay apply` again."
            )
        paths = files_of(session, pending)
        if not paths or len(paths) < len(pending.paths):
            raise UsageError(
                f"The revision {pending.revision} was not written before the run was killed, "
                "or its file was removed.",
                next_step="Run `assay change --abort`, then begin again.",
            )
        # from here on the state speaks of this run, not of the one that stopped
        session.online_over = pending.online
        names = tuple(relative(session, path) for path in paths)
        pending = run.change = pending.with_(
            path=names[0],
            paths=names if len(names) > 1 else (),
            stopped_at=0,
            why="",
            next_step="",
        )
        state.save(folder, pending)
        write_answers(session, pending, answers)
        session.like_live()
        if not run.step(1, "modify", lambda: _modify_before(session, pending)):
            return run.stop()
        shown = ", ".join(names)
        generated = Step("generate", Status.PASSED, f"{shown} (generated before).", 2)
        run.step(2, "generate", lambda: generated)
        return _from_review(session, run)


def _from_review(session: Session, run: ChangeRun) -> Report:
    """Steps 3 to 8 for the revisions in the making."""
    pending = run.change
    assert pending is not None
    history = session.project.history
    revisions = [history.get(one) for one in revisions_of(session, pending)]
    if history.head is None or history.head.revision != revisions[-1].revision:
        raise ProcedureStop(
            f"{revisions[-1].revision} is not the head of the chain any more.",
            where=pending.path,
            next_step="Somebody added a revision after it: abort, and begin again on top of it.",
        )
    parts = examined(session, revisions)
    for part in parts:
        if not run.step(3, "review", partial(_review, part), part.revision):
            return run.stop()
    for part in parts:
        if not run.step(4, "backfill", part.backfill, part.revision):
            return run.stop()
    if not run.step(5, "drift", lambda: parts[-1].drift()[0]):
        return run.stop()
    _, parity, reading = parts[-1].drift()
    url = session.probe.engine_url
    live = url.render_as_string(hide_password=False) if url is not None else None
    for part in parts:
        if not run.step(7, "reverse", partial(_reverse, part, live), part.revision):
            return run.stop()
    if not run.options.apply:
        then = "Apply it with `assay change --continue`."
        run.change = pending.with_(stopped_at=6, why="not applied yet (--no-apply)", next_step=then)
        state.save(session.settings.state_folder, run.change)
        return run.report(ExitCode.GOOD, "Proven on shadows; nothing was applied.", then)

    def remember(**changes: Any) -> None:
        assert run.change is not None
        run.change = run.change.with_(**changes)
        state.save(session.settings.state_folder, run.change)

    if not run.step(6, "apply", lambda: apply_step(session, reading, remember)):
        return run.stop()
    if run.options.on_database and not run.step(
        7, "reverse", lambda: on_database_step(session, revisions, reading, remember)
    ):
        return run.stop()
    if not run.step(8, "test", lambda: test_step(session.settings, session.listener)):
        return run.stop()
    receipts = [
        issue_receipt(session, part.revision, parity, run.steps_of(part.revision), part.between)
        for part in parts
    ]
    state.clear(session.settings.state_folder)
    files = [*(pending.paths or (pending.path,)), *(short(str(receipt)) for receipt in receipts)]
    said = " ".join(revision.revision for revision in revisions)
    report = run.report(
        ExitCode.GOOD,
        f"{said} {'is' if len(parts) == 1 else 'are'} applied, and every step is proven.",
        f"Commit {', '.join(files[:-1])} and {files[-1]}.",
    )
    return replace(report, data={**report.data, "receipt": short(str(receipts[-1]))})


def _review(part: Part) -> Step:
    return part.review()[0]


def _reverse(part: Part, live: str | None) -> Step:
    return part.reverse(live)[0]


def _modify(session: Session) -> Step:
    chain, models = session.chain, session.models
    found = tuple(
        d for d in compare(chain.snapshot, models.snapshot) if not session.ignore(d.object)
    )
    return modify_step(found)


def _modify_before(session: Session, pending: state.Change) -> Step:
    """Step 1 of a resumed change: against the chain before its own revision."""
    session.stand_before(session.project.history.get(pending.revision))
    return _modify(session)


def _generate(session: Session, run: ChangeRun, answers: Answers) -> Step:
    """Step 2. The id is kept before the file is written, so that nothing can be orphaned."""
    pending = run.change
    assert pending is not None
    folder = session.settings.state_folder
    state.save(folder, pending)
    try:
        written = write(session, pending.message, answers, rev_id=pending.revision)
    except BaseException:
        session.project.forget_history()
        if not files_of(session, pending):
            state.clear(folder)
            run.change = None
        raise
    run.change = with_files(session, pending, written)
    state.save(folder, run.change)
    shown = ", ".join(run.change.paths or (run.change.path,))
    return Step(
        "generate",
        Status.PASSED,
        f"{shown}, against a shadow at head.",
        2,
        slot_lines(written),
        files_data(written),
    )


def _nothing_changed(run: ChangeRun) -> Report:
    return run.report(
        ExitCode.GOOD,
        "Nothing changed: the models are what the chain makes.",
        "Edit the models first; `assay status` tells whether the database is at head.",
    )
