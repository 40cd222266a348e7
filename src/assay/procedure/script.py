"""``assay review --sql``: what a revision executes as an SQL script, what each statement did as comments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.project.failures import short
from assay.review.engine import Review
from assay.review.finding import Finding
from assay.trace.effects import Trace, is_writing
from assay.trace.words import in_words, transaction_of

__all__ = ["script_of"]


def script_of(review: Review, *, only: str | None = None) -> str:
    """The script of one revision, up and down; comments say what was seen on the shadow.

    :param only: leave out what is not of this rule: findings of others, where files lie, and a
        downgrade that executes nothing.
    """
    lines = [] if only else [f"-- {short(review.file)}"]
    for trace in filter(None, (review.trace, review.trace.downgrade)):
        found = [
            f for f in review.findings if f.direction == trace.direction and only in (None, f.rule)
        ]
        body = list(_statements(trace, found, Path(review.file).name))
        if body or only is None:
            lines += ["", f"-- {trace.direction} of {trace.revision}", *body]
    return "\n".join(lines).strip("\n") + "\n"


def _statements(trace: Trace, findings: list[Finding], file: str) -> Iterator[str]:
    inside: str | None = None
    left = list(findings)
    for statement in trace.statements:
        if not (statement.changed_catalog or statement.failure or is_writing(statement.sql)):
            continue
        where = transaction_of(statement)
        if where != inside:
            if inside is not None and inside.startswith("transaction"):
                yield "COMMIT;"
            if where.startswith("transaction"):
                yield "BEGIN;"
            inside = where
        yield ""
        yield f"-- {file}:{statement.line}" if statement.line else f"-- {file}"
        if statement.elsewhere:
            yield "-- on a connection of its own"
        yield from (f"-- {text}" for text in in_words(statement.observed))
        if statement.failure is not None:
            yield f"-- raises: {statement.failure.message}"
        for finding in [f for f in left if f.line == statement.line]:
            left.remove(finding)
            yield from _said(finding)
        yield statement.sql.strip().rstrip(";") + ";"
    if inside is not None and inside.startswith("transaction"):
        yield "COMMIT;" if trace.failure is None else "ROLLBACK;"
    if left:
        yield ""
    for finding in left:
        yield from _said(finding)


def _said(finding: Finding) -> Iterator[str]:
    waived = f" (allowed: {finding.waived})" if finding.waived else ""
    yield f"-- ! {finding.rule}: {finding.message}{waived}"
    if finding.waived is None:
        yield f"-- !   {finding.instead}"
