"""A revision written from the models and kept only when it leads there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from assay.catalog import Change, compare
from assay.dialects import Address
from assay.errors import ProcedureStop
from assay.generate.answers import Answers
from assay.generate.plan.comparison import Request
from assay.generate.prepare import prepared
from assay.generate.revision import Written, write_revision
from assay.procedure.given import with_given
from assay.procedure.session import Session
from assay.project.failures import RevisionFailed
from assay.prove.reversal import Reversal
from assay.prove.walk import walk
from assay.shadow.reading import Reading

__all__ = ["NotExpressible", "generation", "write"]

_BEYOND_METADATA = (
    "trigger",
    "function",
    "procedure",
    "aggregate",
    "policy",
    "extension",
    "event trigger",
    "event",
    "publication",
    "foreign server",
    "foreign data wrapper",
    "collation",
    "statistics",
    "rule",
    "view",
    "view column",
    "materialized view",
    "foreign table",
)
"""Kinds that revisions make by hand: what the models do not have of them is left alone."""


class NotExpressible(ProcedureStop):
    """Generation cannot make the models' schema, or cannot take it back."""


@contextmanager
def generation(
    session: Session,
    at: Address,
    old: Reading,
    answers: Answers,
    online: Callable[[tuple[str, ...]], bool] | None,
) -> Iterator[tuple[Address, Request]]:
    """Where generation looks and what it is asked, for a shadow that stands before the revision."""
    session.listener.doing("comparing models and chain")
    with prepared(
        session.project,
        session.shadows,
        at,
        old.snapshot,
        session.models.snapshot,
        answers,
        session.ignore,
        online,
    ) as (where, request):
        yield where, request


def write(
    session: Session,
    message: str,
    answers: Answers,
    *,
    rev_id: str,
    kept: Mapping[str, Sequence[str]] | None = None,
) -> Written:
    """Generate a change against the shadow at head, and prove that it converges.

    What was said of columns that become required stands in it as waivers.

    Where the project cannot run safe forms, or one does not lead there and back, it is written
    without them, and says so.

    :raises NotExpressible: on a shadow it does not lead to the models' catalog, or not back; no
        file is kept.
    """
    online = session.online
    try:
        return _written(session, message, answers, rev_id, kept, online)
    except NotExpressible as error:
        if online is None:
            raise
        plain = _written(session, message, answers, rev_id, kept, None)
        return replace(plain, plain_because=" ".join(filter(None, (error.what, error.cause))))


def _written(
    session: Session,
    message: str,
    answers: Answers,
    rev_id: str,
    kept: Mapping[str, Sequence[str]] | None,
    online: Callable[[tuple[str, ...]], bool] | None,
) -> Written:
    at, head = session.chain_at, session.chain
    with generation(session, at, head, answers, online) as (where, request):
        session.listener.doing("generating against the shadow at head")
        written = write_revision(session.project, where, request, message, kept=kept, rev_id=rev_id)
    try:
        _converges(session, written)
        return with_given(session, written, answers.given)
    except BaseException:
        for path in written.paths:
            path.unlink(missing_ok=True)
        session.project.forget_history()
        raise


def _converges(session: Session, written: Written) -> None:
    """Up on one shadow, compared with the models; each revision up, down, up on another."""
    session.listener.doing("running the new revision on a shadow")
    revisions = [session.project.history.get(one) for one in written.revisions]
    at = session.copy(session.chain_at)
    try:
        after = session.upgraded(at, session.project.history.revisions).snapshot
    except RevisionFailed as failed:
        raise NotExpressible(
            f"The generated upgrade fails on a shadow: {failed.what}",
            where=failed.where,
            next_step="This change is not expressible yet; nothing was kept.",
            cause=failed.cause,
        ) from failed
    finally:
        session.shadows.drop(at)
    wanted = session.models.snapshot
    left = [
        d
        for d in compare(after, wanted)
        if not session.ignore(d.object)
        and not (d.change is Change.REMOVED and d.object.kind in _BEYOND_METADATA)
    ]
    if left:
        raise NotExpressible(
            "Not expressible yet: " + "; ".join(d.text for d in left),
            next_step="The revision was not kept. Change the models in another way, or in two steps.",
        )
    if written.empty_slots:
        return
    at = session.copy(session.chain_at)
    for result in walk(session.project, session.shadows, at, revisions):
        if not result.reverses:
            raise NotExpressible(
                f"The generated revision does not reverse: {_why(result)}",
                next_step="This change is not expressible yet; nothing was kept.",
            )


def _why(result: Reversal) -> str:
    if result.raised is not None:
        return f"the {result.raised.step} fails: {result.raised.message}"
    found = result.after_down or result.after_second_up
    return "; ".join(d.text for d in found)
