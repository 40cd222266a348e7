"""Answers that come when the revision is there already: they are written into it."""

from __future__ import annotations

from functools import partial

from assay.errors import UsageError
from assay.generate.answers import Answers
from assay.generate.batched_slots import runs_in_batches, with_batches
from assay.generate.revision import mark_drops
from assay.generate.slots import backfill_body, stamped
from assay.generate.updates import hidden_in
from assay.procedure import state
from assay.procedure.pending import files_of
from assay.procedure.questions import refuse_for_generation
from assay.procedure.session import Session
from assay.project.revision_file import fill_slots

__all__ = ["write_answers"]


def write_answers(session: Session, pending: state.Change, answers: Answers) -> None:
    """Write answers into the revision in the making: ``--backfill`` into slots, ``--drop``.

    :raises UsageError: there is no such slot or drop in it.
    """
    from sqlalchemy.dialects import registry

    if answers.empty:
        return
    refuse_for_generation(answers, pending.answers)
    paths = files_of(session, pending)
    dialect = registry.load(session.probe.dialect)()
    bodies = {
        target: backfill_body(target, value, dialect, stamped(target, session.models.snapshot))
        for target, value in answers.backfill.items()
    }
    filled = [fill_slots(path.read_text(encoding="utf-8"), dict(bodies)) for path in paths]
    texts = mark_drops([text for text, _ in filled], answers.drop)
    hidden = hidden_in(session.chain.snapshot)
    wanted = partial(runs_in_batches, dialect=dialect.name, online=session.online)
    texts = [with_batches(text, wanted, dialect.name, hidden) for text in texts]
    unknown = set(bodies).intersection(*(left for _, left in filled))
    if unknown:
        raise UsageError(
            f"The revision has no backfill slot for {', '.join(sorted(unknown))}.",
            where=pending.path,
            next_step="See the markers `# assay: backfill …` in it.",
        )
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    session.project.forget_history()
