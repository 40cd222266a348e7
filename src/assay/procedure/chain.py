"""``assay prove``: step 4's policy, 5 and 7 for a revision, a range, or the whole chain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import ExitCode, ProcedureStop, UsageError
from assay.procedure.checking import drift, models_agree
from assay.procedure.leaks import leak_step
from assay.procedure.parts import begun_by
from assay.procedure.proving import Examination, stopped
from assay.procedure.session import Session
from assay.procedure.steps import backfill_step, reverse_lines
from assay.procedure.tracing import ROWS
from assay.project.revision_file import find_slots
from assay.prove.reversal import Reversal
from assay.prove.walk import walk
from assay.report import Line, Report, Status, Step

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["prove"]


def prove(session: Session, selected: str | None, everything: bool, rows: int | None) -> Report:
    """Step 4's policy, step 5 and step 7 for one revision, a range, or the whole chain."""
    history = session.project.history
    if everything and selected:
        raise UsageError("Give a revision or --all, not both.", next_step="See --help.")
    revisions = history.revisions if everything else history.select(selected)
    if not revisions:
        return Report("prove", ExitCode.GOOD, history.nothing(selected))
    steps: list[Step] = []

    def add(step: Step) -> None:
        steps.append(step)
        session.listener.done(step)

    revisions = _after_baseline(session, revisions)
    if not revisions:
        add(Step("baseline", Status.NOTE, "Every revision asked for is part of the baseline."))
        add(drift(session))
        stop = stopped(steps)
        code = ExitCode.NO if stop else ExitCode.GOOD
        return Report("prove", code, steps[-1].summary, tuple(steps), data={"revisions": []})

    count = ROWS if rows is None and not everything else rows or 0
    # rows are made before the first revision of a change, for the others to have their backfill
    earlier = begun_by(history, revisions[0])
    at = session.before((*earlier, *revisions)[0])
    heads = history.heads
    newest = next((r for r in revisions if heads == (r.revision,)), None)

    def progress(number: int, total: int, revision: str) -> None:
        session.listener.doing(f"up, down, up  {number}/{total}  {revision}")

    walked = walk(
        session.project,
        session.shadows,
        at,
        (*earlier, *revisions),
        rows=count,
        progress=progress,
    )
    wanted = {revision.revision for revision in revisions}
    results = tuple(r for r in walked if r.revision in wanted or not r.upgraded)
    add(_policy_step(session, newest, results))
    if all(r.upgraded for r in results):
        add(drift(session))
    add(_reversal_step(results, len(revisions), count))
    leak = leak_step(session)
    if leak is not None:
        add(leak)
    stop = stopped(steps)
    code = ExitCode.GOOD
    if stop is not None:
        code = ExitCode.DECIDE if stop.status is Status.DECIDE else ExitCode.NO
    return Report(
        "prove",
        code,
        _prove_summary(results, revisions, steps),
        tuple(steps),
        None if stop is None else "Correct what is named above; the newest first.",
        {"revisions": [r.to_json() for r in results]},
    )


def _policy_step(session: Session, newest: Script | None, results: Sequence[Reversal]) -> Step:
    """Step 4's policy: held against generation for the newest, by operation for the others."""
    if newest is not None and len(results) == 1 and results[0].upgraded:
        try:
            if models_agree(session):
                return Examination(session, newest, True).backfill()
        except ProcedureStop:
            pass  # the models cannot be made; that is step 5's to say
    return _hand_written_step(results)


def _after_baseline(session: Session, revisions: tuple[Script, ...]) -> tuple[Script, ...]:
    """The revisions that the declared baseline does not stand for; the others cannot be run."""
    baseline = session.settings.baseline
    if baseline is None or baseline.revision == "base":
        return revisions
    history = session.project.history
    skipped = history.ancestors(history.get(baseline.revision))
    return tuple(r for r in revisions if r.revision not in skipped)


def _hand_written_step(results: Sequence[Reversal]) -> Step:
    """Step 4's policy where generation cannot be asked: DDL that no operation made."""
    slots = [s for r in results for s in find_slots(Path(r.file).read_text(encoding="utf-8"))]
    found = [(r, h) for r in results for h in r.hand_written]
    if not found:
        return backfill_step(slots, None, (), "")
    lines: list[Line] = []
    for result, one in found:
        name = Path(result.file).name
        where = f"{name}:{one.line}" if one.line else name
        sql = " ".join(one.sql.split())
        lines.append(Line(f"{where}  {one.direction}  {sql[:110]}", "finding"))
    files = {r.revision for r, _ in found}
    return Step(
        "backfill",
        Status.STOPPED,
        f"{len(found)} statements of hand-written DDL in {len(files)} of {len(results)} revisions.",
        4,
        tuple(lines),
        {
            "hand_written_ddl": [
                {"revision": r.revision, "file": r.file, **h.to_json()} for r, h in found
            ]
        },
    )


def _reversal_step(results: Sequence[Reversal], asked: int, rows: int) -> Step:
    bad = [r for r in results if not r.reverses]
    lines: list[Line] = []
    for result in bad:
        lines.append(Line(f"{result.revision}  {result.message[:70]}", "plain"))
        lines.extend(Line(line.text, line.style, line.depth + 1) for line in reverse_lines(result))
    not_reached = asked - len(results)
    if not_reached:
        lines.append(Line(f"{not_reached} revisions after it were not reached", "hint"))
    with_rows = f" on {rows} rows a table" if rows else ""
    if not bad:
        return Step(
            "reverse",
            Status.PASSED,
            f"{len(results)} revision{'s' if len(results) > 1 else ''}: up, down, up{with_rows}, "
            "every catalog came back.",
            7,
        )
    raised = sum(1 for r in bad if r.raised)
    parts = []
    if raised:
        parts.append(f"{raised} raise{'s' if raised == 1 else ''}")
    if len(bad) - raised:
        parts.append(
            f"{len(bad) - raised} leave{'s' if len(bad) - raised == 1 else ''} a different catalog"
        )
    return Step(
        "reverse",
        Status.STOPPED,
        f"{len(bad)} of {len(results)} revisions do not reverse{with_rows}: {', '.join(parts)}.",
        7,
        tuple(lines),
    )


def _prove_summary(
    results: Sequence[Reversal], revisions: Sequence[Script], steps: Sequence[Step]
) -> str:
    if stopped(steps) is None:
        return f"{len(results)} revision{'s' if len(results) > 1 else ''} proven."
    said = "; ".join(
        s.summary.rstrip(".") for s in steps if s.status in (Status.STOPPED, Status.DECIDE)
    )
    return f"{len(revisions)} revision{'s' if len(revisions) > 1 else ''}: {said}."
