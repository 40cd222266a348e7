"""Step 5: models and chain, each on its own shadow; ``alembic check`` beside it."""

from __future__ import annotations

from dataclasses import replace

from assay.dialects import Address
from assay.errors import AssayError
from assay.generate.autogenerate import alembic_check
from assay.procedure.session import Session
from assay.procedure.steps import drift_step
from assay.prove.parity import Parity, judge_parity
from assay.report import Line, Step
from assay.shadow.reading import Reading

__all__ = ["compared"]


def compared(session: Session, chain: Reading, at: Address) -> tuple[Step, Parity]:
    """The step, and what it says.

    :param chain: what was read of the shadow ``at``, which stands at the head.
    :raises ProcedureStop: ``create_all`` of the models fails.
    """
    models = session.models
    alembic: tuple[str, ...] = ()
    problem = ""
    # Alembic's own check refuses several heads; the catalogs are compared all the same
    if len(session.project.history.heads) <= 1:
        try:
            alembic = alembic_check(session.project, at)
        except AssayError as error:
            problem = error.what
    parity = judge_parity(chain.snapshot, models.snapshot, alembic, session.ignore)
    step = drift_step(parity)
    if problem:
        note = Line(f"`alembic check` itself fails: {problem}", "hint")
        step = replace(step, lines=(*step.lines, note))
    return step, parity
