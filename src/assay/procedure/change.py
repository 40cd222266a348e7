"""``assay change``: the eight steps, stopped and resumed.

What can be proven on a shadow or a copy (5, 7) is proven before step 6 touches a real database; the
report keeps the numbers of the procedure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from assay.catalog import compare
from assay.errors import AssayError, ExitCode, ProcedureStop, UsageError
from assay.generate.answers import Answers
from assay.generate.revision import mark_drops
from assay.generate.slots import backfill_body, stamped
from assay.procedure import state
from assay.procedure.applying import apply_step, on_database_step, recover
from assay.procedure.leaks import leak_step
from assay.procedure.pending import file_of, new_id, refuse_second_change, relative
from assay.procedure.proving import Examination
from assay.procedure.questions import decide, refuse_renames, with_stale
from assay.procedure.receipts import issue_receipt
from assay.procedure.session import Session
from assay.procedure.steps import modify_step, stop_step
from assay.procedure.testing import test_step
from assay.procedure.writing import write
from assay.project.failures import short
from assay.project.revision_file import fill_slots
from assay.report import Line, Report, Status, Step

__all__ = ["Options", "change", "continue_change"]


@dataclass(frozen=True)
class Options:
    """How far a change goes.

    :param apply: reach the real database (steps 6 and 8); False proves only.
    :param on_database: reverse on the real database as well.
    """

    apply: bool = True
    on_database: bool = False


class _Run:
    """The steps so far; each is told to the listener when it ends."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session, self.options = session, options
        self.steps: list[Step] = []
        self.change: state.Change | None = None

    def step(self, number: int, name: str, make: Callable[[], Step]) -> bool:
        """Make a step; False when the procedure stops at it."""
        began = perf_counter()
        try:
            made = make()
        except ProcedureStop as stop:
            made = stop_step(number, name, stop)
        except AssayError as error:
            self._note(number, error.what, "Correct it, then `assay change --continue`.")
            raise
        made = replace(made, seconds=perf_counter() - began)
        self.steps.append(made)
        self.session.listener.done(made)
        return made.status not in (Status.STOPPED, Status.DECIDE)

    def _note(self, number: int, why: str, next_step: str) -> None:
        """Keep where the change stopped and why."""
        if self.change is not None:
            self.change = self.change.with_(stopped_at=number, why=why, next_step=next_step)
            state.save(self.session.settings.state_folder, self.change)

    def stop(self, next_step: str | None = None) -> Report:
        """The report of a change that stopped at its last step; its state is kept."""
        last = self.steps[-1]
        code = ExitCode.DECIDE if last.status is Status.DECIDE else ExitCode.NO
        then = next_step or _next_step(last, self.change)
        self._note(last.number or 0, last.summary, then)
        return self.report(code, f"Stopped at step {last.number}: {last.summary}", then)

    def report(self, code: ExitCode, summary: str, next_step: str | None = None) -> Report:
        """The report of the run."""
        data = {}
        if self.change is not None:
            data = {"revision": self.change.revision, "file": self.change.path}
        leak = leak_step(self.session)
        if leak is not None:
            self.steps.append(leak)
            self.session.listener.done(leak)
        return Report("change", code, summary, tuple(self.steps), next_step, data)


def change(session: Session, message: str, answers: Answers, options: Options) -> Report:
    """The whole procedure for models that were just edited.

    :raises AssayError: usage, configuration or environment.
    """
    folder = session.settings.state_folder
    run = _Run(session, options)
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
        run.change = state.Change(new_id(), message).with_answers(said)
        if not run.step(
            2, "generate", lambda: with_stale(_generate(session, run, said), decision.stale)
        ):
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
        run = _Run(session, options)
        pending, recovered = recover(session, pending)
        if recovered is not None:
            run.steps.append(recovered)
        if not pending.revision:
            return run.report(
                ExitCode.GOOD, "The killed `assay apply` is undone.", "Run `assay apply` again."
            )
        path = file_of(session, pending)
        if path is None:
            raise UsageError(
                f"The revision {pending.revision} was not written before the run was killed, "
                "or its file was removed.",
                next_step="Run `assay change --abort`, then begin again.",
            )
        # from here on the state speaks of this run, not of the one that stopped
        pending = run.change = pending.with_(
            path=relative(session, path), stopped_at=0, why="", next_step=""
        )
        state.save(folder, pending)
        _answer(session, pending, answers)
        session.like_live()
        if not run.step(1, "modify", lambda: _modify_before(session, pending)):
            return run.stop()
        generated = Step("generate", Status.PASSED, f"{pending.path} (generated before).", 2)
        run.step(2, "generate", lambda: generated)
        return _from_review(session, run)


def _from_review(session: Session, run: _Run) -> Report:
    """Steps 3 to 8 for the revision in the making."""
    pending = run.change
    assert pending is not None
    revision = session.project.history.get(pending.revision)
    head = session.project.history.head
    if head is None or head.revision != revision.revision:
        raise ProcedureStop(
            f"{revision.revision} is not the head of the chain any more.",
            where=pending.path,
            next_step="Somebody added a revision after it: abort, and begin again on top of it.",
        )
    examined = Examination(session, revision, True, session.chain_at)
    if not run.step(3, "review", lambda: examined.review()[0]):
        return run.stop()
    if not run.step(4, "backfill", examined.backfill):
        return run.stop()
    if not run.step(5, "drift", lambda: examined.drift()[0]):
        return run.stop()
    _, parity, reading = examined.drift()
    url = session.probe.engine_url
    live = url.render_as_string(hide_password=False) if url is not None else None
    if not run.step(7, "reverse", lambda: examined.reverse(live)[0]):
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
        7, "reverse", lambda: on_database_step(session, revision, reading, remember)
    ):
        return run.stop()
    if not run.step(8, "test", lambda: test_step(session.settings, session.listener)):
        return run.stop()
    receipt = issue_receipt(session, revision, parity, run.steps)
    state.clear(session.settings.state_folder)
    report = run.report(
        ExitCode.GOOD,
        f"{revision.revision} is applied, and every step is proven.",
        f"Commit {pending.path} and {short(str(receipt))}.",
    )
    return replace(report, data={**report.data, "receipt": short(str(receipt))})


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


def _generate(session: Session, run: _Run, answers: Answers) -> Step:
    """Step 2. The id is kept before the file is written, so that nothing can be orphaned."""
    pending = run.change
    assert pending is not None
    folder = session.settings.state_folder
    state.save(folder, pending)
    try:
        written = write(session, pending.message, answers, rev_id=pending.revision)
    except BaseException:
        session.project.forget_history()
        if file_of(session, pending) is None:
            state.clear(folder)
            run.change = None
        raise
    path = relative(session, written.path)
    run.change = pending.with_(path=path)
    state.save(folder, run.change)
    lines = tuple(Line(f"backfill slot for {s.target}, line {s.start}") for s in written.slots)
    return Step(
        "generate",
        Status.PASSED,
        f"{path}, against a shadow at head.",
        2,
        lines,
        {"revision": written.revision, "file": path},
    )


def _nothing_changed(run: _Run) -> Report:
    return run.report(
        ExitCode.GOOD,
        "Nothing changed: the models are what the chain makes.",
        "Edit the models first; `assay status` tells whether the database is at head.",
    )


def _answer(session: Session, pending: state.Change, answers: Answers) -> None:
    """Write answers into the revision in the making: ``--backfill`` into slots, ``--drop``.

    :raises UsageError: there is no such slot or drop in it.
    """
    from sqlalchemy.dialects import registry

    if answers.empty:
        return
    refuse_renames(answers, pending.answers)
    path = session.settings.root / pending.path
    dialect = registry.load(session.probe.dialect)()
    bodies = {
        target: backfill_body(target, value, dialect, stamped(target, session.models.snapshot))
        for target, value in answers.backfill.items()
    }
    text, unknown = fill_slots(path.read_text(encoding="utf-8"), dict(bodies))
    text = mark_drops(text, answers.drop)
    if unknown:
        raise UsageError(
            f"The revision has no backfill slot for {', '.join(unknown)}.",
            where=pending.path,
            next_step="See the markers `# assay: backfill …` in it.",
        )
    path.write_text(text, encoding="utf-8")
    session.project.forget_history()


def _next_step(step: Step, pending: state.Change | None) -> str:
    path = pending.path if pending else "the revision"
    findings = step.data.get("findings")
    if step.number == 3 and findings is None:
        return f"Correct {path}, or change the models and run `assay generate --again`; then " + (
            "`assay change --continue`."
        )
    if findings is not None and not any(
        f["severity"] == "stop" and not f["waived"] for f in findings
    ):
        return (
            f"Take out of {path} what nobody asked for, or put it into the models and run "
            "`assay generate --again`; then `assay change --continue`."
        )
    return {
        2: "Change the models.",
        3: f"Change the models and run `assay generate --again`, or allow the finding in {path}; "
        "then `assay change --continue`. Drop it all with `assay change --abort`.",
        4: (
            f"Fill the slot in {path} or give --backfill; then `assay change --continue`."
            if step.status is Status.DECIDE
            else "Undo that edit: wrong DDL means change the models and "
            "`assay generate --again`; then `assay change --continue`."
        ),
        5: "Change the models, run `assay generate --again`, then `assay change --continue`.",
        6: "Correct the database or the revision, then `assay change --continue`.",
        7: "Correct the models and `assay generate --again`, then `assay change --continue`; "
        "or drop it with `assay change --abort`.",
        8: "Make the tests pass, then `assay change --continue`.",
    }.get(step.number or 0, "See `assay status`.")
