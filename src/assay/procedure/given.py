"""What a person said of columns that become required, written into the revision as its waivers.

Where a waiver belongs is seen, not read: each revision is run on a shadow, and it goes above the
statement that the review would have a finding on. So it holds for every form that generation writes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.generate.revision import Part, Said, Written, with_comments
from assay.project.compat.alembic import reload_revision
from assay.project.revision_file import find_slots
from assay.review.engine import review
from assay.review.rules.compatibility.value_required import RULE
from assay.review.waiver import OBJECT, statement_at
from assay.trace.run import trace_revision

if TYPE_CHECKING:
    from alembic.script import Script

    from assay.dialects import Address
    from assay.procedure.session import Session
    from assay.review.finding import Finding

__all__ = ["with_given"]


def with_given(session: Session, written: Written, given: Collection[str]) -> Written:
    """The revisions with a waiver for each of these columns, where one of them makes it required.

    A column on which the review has no finding gets none: it would be a finding itself.

    :param given: ``table.column``, to which every release that runs gives a value.
    """
    if not given:
        return written
    history = session.project.history
    parts: list[Part] = []
    said: list[Said] = []
    with session.copied(session.chain_at) as at:
        for part in written.parts:
            if parts:
                session.upgraded(at, [history.get(parts[-1].revision)])
            session.listener.doing("looking which statement makes a column required")
            comments = _comments(part, _found(session, at, history.get(part.revision)), given)
            if comments:
                part = _commented(session, part, [(line, text) for line, text, _ in comments])
                said += [Said(column, part.path) for _, _, column in comments]
            parts.append(part)
    return replace(written, parts=tuple(parts), given=tuple(said))


def _found(session: Session, at: Address, revision: Script) -> list[Finding]:
    """What the review finds of columns that become required; nothing where the project ignores it."""
    with session.copied(at) as copy:
        trace = trace_revision(session.project, copy, revision)
    found = review(trace, None, session.settings.review).findings
    return [one for one in found if one.rule == RULE.code and one.line is not None]


def _comments(
    part: Part, findings: Sequence[Finding], given: Collection[str]
) -> list[tuple[int, str, str]]:
    """Line of a statement, the waiver that goes above it, and its column."""
    text = part.path.read_text(encoding="utf-8")
    found = []
    for finding in findings:
        column, line = finding.object, statement_at(text, finding.line or 0)
        if column not in given:
            continue
        if re.fullmatch(OBJECT, column):
            about, what = f" {column}", "it"
        else:
            # a waiver cannot name it, so it would hold for whatever else that statement does
            beside = [one.object for one in findings if statement_at(text, one.line or 0) == line]
            if not set(beside) <= set(given):
                continue
            about, what = "", " ".join(column.split())
        said = f"# assay: allow {RULE.name}{about} -- every release that runs gives {what} a value"
        found.append((line, said, column))
    return found


def _commented(session: Session, part: Part, comments: Sequence[tuple[int, str]]) -> Part:
    text = with_comments(part.path.read_text(encoding="utf-8"), comments)
    part.path.write_text(text, encoding="utf-8")
    reload_revision(session.project.history.script, part.revision)
    return replace(part, slots=find_slots(text))
