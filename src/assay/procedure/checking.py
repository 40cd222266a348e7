"""``assay check``: step 5 alone, of the chain and of real databases."""

from __future__ import annotations

from assay.apply.backup import leaving_no_file
from assay.errors import ExitCode, ProcedureStop
from assay.procedure.drift import compared
from assay.procedure.proving import stopped
from assay.procedure.questions import stale_step
from assay.procedure.session import Session
from assay.procedure.steps import stop_step
from assay.project.failures import RevisionFailed
from assay.prove.parity import same_catalog
from assay.report import Report, Status, Step
from assay.report.differences import difference_lines
from assay.shadow.building import build_chain
from assay.shadow.reading import read_database

__all__ = ["check", "drift", "models_agree"]


def check(session: Session, live: bool, database: str | None) -> Report:
    """Step 5 alone; with ``live`` the real database as well."""
    if live:
        session.like_live()
    steps = [drift(session)]
    session.listener.done(steps[0])
    stale = stale_step(session) if "holds" in steps[0].data else None
    if stale is not None:
        steps.append(stale)
        session.listener.done(stale)
    if live or database:
        step = _live_step(session, database)
        steps.append(step)
        session.listener.done(step)
    stop = stopped(steps)
    return Report(
        "check",
        ExitCode.NO if stop else ExitCode.GOOD,
        stop.summary
        if stop
        else "Models and chain agree"
        + (", and so does the database." if live or database else "."),
        tuple(steps),
        _check_next(stop),
        {"heads": list(session.project.history.heads)},
    )


def drift(session: Session) -> Step:
    """Step 5; models that ``create_all`` cannot make are its finding, not its end."""
    session.listener.doing("comparing models and chain")
    chain = session.chain
    try:
        return compared(session, chain, session.chain_at)[0]
    except ProcedureStop as stop:
        return stop_step(5, "drift", stop)


def models_agree(session: Session) -> bool:
    """Whether models and chain agree, so that the head can be held against the models.

    A chain that raises agrees with nothing.
    """
    try:
        _ = session.chain
    except RevisionFailed:
        return False
    return not same_catalog(session.chain.snapshot, session.models.snapshot, session.ignore)


def _check_next(stop: Step | None) -> str | None:
    if stop is None:
        return None
    if stop.name == "drift" and "holds" not in stop.data:
        return "Correct what is named above."
    if stop.name == "drift":
        return 'Write the missing revision: `assay change -m "what changes"`.'
    return "Bring the database to head with `assay apply`, or undo what was changed in it."


def _live_step(session: Session, database: str | None) -> Step:
    """The real database, or a named one, against the shadow at the same revisions."""
    from assay.apply.named import named_address

    session.listener.doing("reading the database")
    to = named_address(session.settings, database) if database else None
    with leaving_no_file(session.probe, session.settings.root):
        reading = read_database(session.project, to)
    shown = str(to) if to is not None else reading.run.url
    history = session.project.history
    unknown = [h for h in reading.heads if not history.has(h)]
    if unknown:
        return Step(
            "live",
            Status.STOPPED,
            f"{shown} is stamped with {', '.join(unknown)}, which the chain does not have.",
        )
    behind = set(reading.heads) != set(history.heads)
    expected = session.chain.snapshot
    if behind:
        done = history.applied(reading.heads)
        at = session.fresh()
        revisions = [r for r in history.revisions if r.revision in done]
        expected = build_chain(session.project, at, revisions).snapshot
        session.shadows.drop(at)
    differences = same_catalog(expected, reading.snapshot, session.ignore)
    at_text = ", ".join(reading.heads) or "base"
    data = {
        "database": shown,
        "heads": list(reading.heads),
        "differences": [d.to_json() for d in differences],
    }
    if differences:
        return Step(
            "live",
            Status.STOPPED,
            f"{shown} is not what its revision ({at_text}) says: {len(differences)} objects "
            "differ (from the chain to the database).",
            lines=difference_lines(differences),
            data=data,
        )
    if behind:
        return Step(
            "live",
            Status.STOPPED,
            f"{shown} is at {at_text}, the chain is at {', '.join(history.heads)}; "
            "it is what its revision says.",
            data=data,
        )
    return Step("live", Status.PASSED, f"{shown} is at head, object by object.", data=data)
