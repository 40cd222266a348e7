"""From a trace to a review: operations beside what asked for them, findings, what nobody asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.catalog import CatalogObject, Change, Difference, Snapshot
from assay.project.revision_file import call_at
from assay.review.bonds import Bond
from assay.review.finding import Finding
from assay.review.renamed import renames_of
from assay.review.rule import RuleContext, all_rules
from assay.review.severity import weighed
from assay.review.suppress import apply_waivers
from assay.trace.effects import OperationEffect, Trace

__all__ = ["Review", "ReviewedOperation", "review"]


@dataclass(frozen=True)
class ReviewedOperation:
    """One operation beside the model change that asked for it.

    :param asked: differences of the models that this operation makes true.
    :param unasked: what it did that no change of the models asked for.
    :param lasting: what it did that no later operation undid.
    """

    effect: OperationEffect
    asked: tuple[Difference, ...]
    unasked: tuple[Difference, ...]
    renamed: tuple[tuple[CatalogObject, CatalogObject], ...] = ()
    """Tables and columns to which it gave another name: as they were, as they are."""
    lasting: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Review:
    """The review of one revision."""

    revision: str
    file: str
    operations: tuple[ReviewedOperation, ...]
    findings: tuple[Finding, ...]
    trace: Trace = field(repr=False)
    bonds: Mapping[str, Bond] = field(default_factory=dict, repr=False)
    """What its waivers are for."""
    intent_known: bool = True
    """Whether it was held against a change of the models."""

    @property
    def after(self) -> Snapshot:
        """The catalog that the upgrade leads to."""
        return self.trace.after

    @property
    def downgrade(self) -> tuple[OperationEffect, ...]:
        """What the downgrade did, operation by operation."""
        down = self.trace.downgrade
        if down is None:
            return ()
        return tuple(down.operations(lambda line: call_at(Path(self.file), line)))

    @property
    def unasked(self) -> tuple[tuple[ReviewedOperation, Difference], ...]:
        """Everything nobody asked for, beside the operation that did it."""
        return tuple((op, d) for op in self.operations for d in op.unasked)

    @property
    def passed(self) -> bool:
        """Nothing in it stops the procedure."""
        return not self.unasked and not any(f.stops for f in self.findings)

    @property
    def unattributed(self) -> tuple[tuple[Trace, Difference], ...]:
        """What came with the revision, and no statement of it was seen to do, up and down."""
        traces = (self.trace, self.trace.downgrade)
        return tuple((trace, one) for trace in traces if trace for one in trace.unattributed)

    def to_json(self) -> dict[str, Any]:
        """The review as plain JSON values."""
        return {
            "revision": self.revision,
            "file": self.file,
            "operations": [
                {
                    "line": op.effect.line,
                    "operation": op.effect.name,
                    "sql": [s.sql for s in op.effect.statements],
                    "statements": [s.to_json() for s in op.effect.statements],
                    "differences": [d.to_json() for d in op.effect.differences],
                    "asked_by": [d.to_json() for d in op.asked],
                    "not_asked_for": [d.to_json() for d in op.unasked],
                    "renamed": [{"from": old.name, "to": new.name} for old, new in op.renamed],
                }
                for op in self.operations
            ],
            "downgrade": [
                {
                    "line": op.line,
                    "operation": op.name,
                    "statements": [s.to_json() for s in op.statements],
                    "differences": [d.to_json() for d in op.differences],
                }
                for op in self.downgrade
            ],
            "failure": self.trace.failure.to_json() if self.trace.failure else None,
            "beside": [h.to_json() for h in self.trace.happenings],
            "lost": [one.to_json() for one in down.lost] if (down := self.trace.downgrade) else [],
            "unattributed": [
                {"direction": trace.direction, **difference.to_json()}
                for trace, difference in self.unattributed
            ],
            "findings": [f.to_json() for f in self.findings],
        }


def review(
    trace: Trace,
    intent: tuple[Difference, ...] | None,
    severities: Mapping[str, str] | None = None,
    lock_limits: Mapping[str, str] | None = None,
    bonds: Mapping[str, Bond] | None = None,
) -> Review:
    """Review a traced upgrade.

    :param intent: how the models differ from the chain before the revision; None where that is not
        known (an older revision), and then nothing counts as unasked.
    :param severities: the project's own, see :func:`assay.review.severity.weighed`.
    :param lock_limits: the strongest lock allowed, by table or pattern of tables.
    :param bonds: what the waivers of this revision were given for.
    """
    path = Path(trace.file)
    effects = tuple(trace.operations(lambda line: call_at(path, line)))
    renames = renames_of(path, effects, trace.before, trace.after)
    renamed = renames.whole
    wanted = {d.identity: d for d in intent or ()}
    left = {d.identity for d in trace.differences}
    reviewed = []
    for effect, steps in zip(effects, renames.steps, strict=True):
        # what an operation did and a later one undid is nobody's concern
        lasting = tuple(d for d in effect.differences if d.identity in left)
        asked = tuple(wanted[d.identity] for d in lasting if d.identity in wanted)
        unasked = tuple(d for d in lasting if intent is not None and d.identity not in wanted)
        step = {old.identity: (old, new) for old, new in steps}
        named = tuple(
            step.get(d.identity) or (d.object, renamed[d.identity])
            for d in effect.differences
            if d.change is Change.REMOVED and (d.identity in step or d.identity in renamed)
        )
        reviewed.append(ReviewedOperation(effect, asked, unasked, named, lasting))
    context = RuleContext(
        trace.before, trace.after, renamed, renames.names, trace, lock_limits or {}
    )
    found = [f for rule in all_rules() for f in rule.found(renames.told, context)]
    findings = weighed(found, severities or {})
    waived, kept = apply_waivers(findings, path.read_text(encoding="utf-8"), None, bonds)
    # those on waivers are there now, and have no severity of the project's own yet
    waived = weighed(waived, severities or {})
    known = intent is not None
    return Review(trace.revision, trace.file, tuple(reviewed), waived, trace, kept, known)
