"""``assay status``: where things stand, truthfully, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.apply.backup import leaving_no_file
from assay.errors import AssayError, ExitCode, hide_passwords
from assay.procedure import state
from assay.procedure.session import Session
from assay.project.failures import short
from assay.project.revision_file import content_fingerprint, find_slots
from assay.prove.parity import same_catalog
from assay.prove.receipt import read_receipt, stale_reasons
from assay.report import Line, Report, Status, Step
from assay.shadow.reading import Reading, read_database

__all__ = ["status"]


def status(session: Session) -> Report:
    """The chain, the change in the making, models against chain, the database, the receipt."""
    steps: list[Step] = []
    next_step: str | None = None

    def add(step: Step, then: str | None = None) -> None:
        nonlocal next_step
        steps.append(step)
        session.listener.done(step)
        next_step = next_step or then

    pending = state.load(session.settings.state_folder)
    history = session.project.history
    if pending is not None and state.busy(session.settings.state_folder):
        add(
            Step(
                "change", Status.NOTE, f"{pending.message!r} is being worked on by another run now."
            ),
            "Wait until that run has ended.",
        )
    elif pending is not None and (pending.path or pending.backup):
        add(*_change_step(session, pending))
    elif pending is not None:
        add(
            Step(
                "change",
                Status.NOTE,
                f"{pending.message!r} was killed before its revision was written.",
            ),
            "assay change --abort",
        )
    heads = history.heads
    count = len(history.revisions)
    many = len(heads) > 1
    add(
        Step(
            "chain",
            Status.STOPPED if many else Status.PASSED,
            f"{count} revision{'s' if count != 1 else ''}, "
            + (
                f"head {heads[0]}."
                if len(heads) == 1
                else f"{len(heads)} heads: {', '.join(heads)}."
                if heads
                else "nothing generated yet."
            ),
            data={"heads": list(heads), "revisions": count},
        ),
        "alembic merge heads -m merge" if many else None,
    )
    drift = _models_step(session)
    add(drift, _models_next(drift, pending))
    live, reading = _live_step(session)
    add(live, _live_next(live, reading) if pending is None else None)
    if len(heads) == 1:
        add(_receipt_step(session, heads[0], drift))
    good = all(s.status is not Status.STOPPED for s in steps)
    return Report(
        "status",
        ExitCode.GOOD,
        "Nothing to do: models, chain and database agree."
        if good and next_step is None
        else "Here is where things stand.",
        tuple(steps),
        next_step,
    )


def _change_step(session: Session, pending: state.Change) -> tuple[Step, str]:
    if pending.backup:
        what = repr(pending.message) if pending.revision else "`assay apply`"
        return (
            Step(
                "change",
                Status.STOPPED,
                f"{what} was killed while it upgraded {short(pending.database)}.",
                lines=(Line(f"the file as it was before: {short(pending.backup)}"),),
                data={"revision": pending.revision, "backup": pending.backup},
            ),
            "assay change --continue puts the file back and goes on; --abort puts it back and "
            "removes the revision."
            if pending.revision
            else "assay apply puts the file back and upgrades it again; assay change --abort only "
            "puts it back.",
        )
    names = pending.paths or (pending.path,)
    paths = [session.settings.root / name for name in names]
    gone = [name for name, path in zip(names, paths, strict=True) if not path.is_file()]
    if gone:
        return (
            Step(
                "change",
                Status.STOPPED,
                f"The file of {pending.revision} is gone: {', '.join(gone)}.",
            ),
            "assay change --abort",
        )
    texts = [path.read_text(encoding="utf-8") for path in paths]
    empty = [s.target for text in texts for s in find_slots(text) if s.empty]
    lines = [Line(f"backfill slot empty: {target}", "finding") for target in empty]
    at = f"stopped at step {pending.stopped_at}" if pending.stopped_at else "was killed on the way"
    why = f": {pending.why}" if pending.why else "."
    return (
        Step(
            "change",
            Status.DECIDE if empty else Status.NOTE,
            f"{pending.message!r}, {', '.join(names)}, {at}{why}",
            lines=tuple(lines),
            data={
                "revision": pending.revision,
                "file": pending.path,
                "files": list(names),
                "stopped_at": pending.stopped_at,
                "why": pending.why,
                "empty_slots": empty,
            },
        ),
        pending.next_step or "assay change --continue, or assay change --abort",
    )


def _models_step(session: Session) -> Step:
    try:
        found = same_catalog(session.chain.snapshot, session.models.snapshot, session.ignore)
    except AssayError as error:
        return _unreadable("models", error)
    data = {"differences": [d.to_json() for d in found]}
    if not found:
        return Step("models", Status.PASSED, "The models are what the chain makes.", data=data)
    from assay.report.differences import difference_lines

    return Step(
        "models",
        Status.NOTE,
        f"The models differ from the chain in {len(found)} object{'s' if len(found) > 1 else ''}.",
        lines=difference_lines(found, most=12),
        data=data,
    )


def _models_next(step: Step, pending: state.Change | None) -> str | None:
    if step.status is Status.STOPPED:
        return "Correct what is named above; nothing else can be told before."
    if step.status is Status.NOTE and pending is None:
        return 'assay change -m "what changes"'
    if step.status is Status.NOTE:
        return "assay generate --again, then assay change --continue"
    return None


def _live_step(session: Session) -> tuple[Step, Reading | None]:
    session.listener.doing("reading the database")
    try:
        with leaving_no_file(session.probe, session.settings.root) as there:
            reading = read_database(session.project, None)
    except AssayError as error:
        return _unreadable("database", error), None
    history = session.project.history
    heads, url = reading.heads, reading.run.url
    at = ", ".join(heads) or "base"
    data: dict[str, Any] = {"url": url, "heads": list(heads)}
    unknown = [h for h in heads if not history.has(h)]
    if unknown:
        return (
            Step(
                "database",
                Status.STOPPED,
                f"{url} is stamped with {', '.join(unknown)}, which the chain does not have.",
                data=data,
            ),
            reading,
        )
    count = len(history.revisions)
    if not there and not history.revisions:
        return Step("database", Status.PASSED, f"{url} is not there yet.", data=data), reading
    if not there:
        said = f"{url} is not there yet: {count} revision{'s' if count != 1 else ''} to apply."
        behind_data = {**data, "behind": count}
        return Step("database", Status.NOTE, said, data=behind_data), reading
    if set(heads) == set(history.heads):
        return Step("database", Status.PASSED, f"{url} is at head ({at}).", data=data), reading
    done = history.applied(heads)
    behind = count - len(done)
    return (
        Step(
            "database",
            Status.NOTE,
            f"{url} is at {at}, {behind} revision{'s' if behind != 1 else ''} behind.",
            data={**data, "behind": behind},
        ),
        reading,
    )


def _live_next(step: Step, reading: Reading | None) -> str | None:
    if reading is None:
        return "Start the database, or correct its URL."
    if step.status is Status.NOTE:
        return "assay apply"
    if step.status is Status.STOPPED:
        return "Get the missing revision, or correct the stamp with `alembic stamp`."
    return None


def _receipt_step(session: Session, head: str, models: Step) -> Step:
    document = read_receipt(session.settings.state_folder, head)
    if document is None:
        return Step("receipt", Status.NOTE, f"{head} has no receipt.")
    path = Path(session.project.history.get(head).path)
    readable = models.status in (Status.PASSED, Status.NOTE)
    fingerprint = session.models.snapshot.fingerprint if readable else None
    reasons: Sequence[str] = stale_reasons(
        document, file_fingerprint=content_fingerprint(path), models_fingerprint=fingerprint
    )
    if reasons:
        return Step(
            "receipt", Status.NOTE, f"{head}: {' and '.join(reasons)} ({short(str(path))})."
        )
    return Step("receipt", Status.PASSED, f"{head} was proven {document.get('when', '')}.")


def _unreadable(name: str, error: AssayError) -> Step:
    what = hide_passwords(error.what)
    lines = [Line(text, "hint") for text in (error.where, error.next_step) if text]
    return Step(name, Status.STOPPED, what, lines=tuple(lines), data={"error": what})
