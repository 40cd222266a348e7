"""What ``assay review --fix`` has to say: the difference, what stays, and why."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import ExitCode
from assay.generate.recipes.files import File
from assay.procedure.parts import Part
from assay.procedure.rewritten import Rewritten
from assay.procedure.session import Session
from assay.project.failures import short
from assay.report import Line, Report, Status, Step
from assay.review.engine import Review
from assay.review.finding import Finding

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["Original", "fixed_report", "key_of", "nothing", "of_locks", "on_lines"]


@dataclass(frozen=True)
class Original:
    """The revision as it is."""

    script: Script
    text: str
    part: Part
    review: Review
    rows: int
    """Rows that were made in each table: as many as it takes."""

    @property
    def path(self) -> Path:
        """Its file."""
        return Path(self.script.path)


def key_of(finding: Finding) -> tuple[str, str]:
    """What a finding is about, whatever line it is on."""
    return finding.rule, finding.object


def of_locks(finding: Finding) -> bool:
    """Whether a safe form is meant to be without it."""
    return finding.rule.startswith("locks/")


def on_lines(finding: Finding, lines: Sequence[tuple[str, int, int]]) -> bool:
    """Whether a finding is on lines of a direction, from the first to the last."""
    line = finding.line
    return line is not None and any(
        direction == finding.direction and first <= line <= last for direction, first, last in lines
    )


def nothing(
    session: Session,
    script: Script,
    why: str,
    original: Original | None = None,
    plan: Rewritten | None = None,
) -> Report:
    """The report where nothing is rewritten."""
    lines, stays = _stays(original, plan) if original is not None and plan is not None else ([], [])
    step = Step("fix", Status.PASSED, f"{short(script.path)} stays as it is.", lines=tuple(lines))
    session.listener.done(step)
    data = {"revision": script.revision, "files": [], "diff": "", "stays": stays, "written": False}
    return Report("review", ExitCode.GOOD, why, (step,), data=data)


def fixed_report(
    session: Session,
    original: Original,
    plan: Rewritten,
    files: Sequence[File],
    reviews: Sequence[Review] | None,
) -> Report:
    """What was rewritten, and what stays."""
    diff = _diff(original, files)
    names = [short(str(original.path.parent / file.name)) for file in files]
    stays, said = _stays(original, plan, reviews)
    count = len(plan.fixed)
    what = f"{count} statement{'s' if count != 1 else ''} in safe form"
    if not count:
        what = "no statement in another form, but what locks is apart and waits at most 2 s"
    what = f"{what}: {', '.join(names)}"
    step = Step(
        "fix",
        Status.PASSED if reviews is not None else Status.NOTE,
        f"{what[:1].upper()}{what[1:]}." if reviews is not None else f"It would be {what}.",
        lines=(*(Line(text, _style(text)) for text in diff), *stays),
    )
    session.listener.done(step)
    steps = [step]
    if reviews is not None:
        proof = Step(
            "proof",
            Status.PASSED,
            f"The same catalog as before; {'each revision' if len(files) > 1 else 'it'} reverses; "
            "reviewed again without the findings.",
        )
        session.listener.done(proof)
        steps.append(proof)
    data: dict[str, Any] = {
        "revision": original.script.revision,
        "revisions": [file.revision for file in files],
        "files": names,
        "diff": "\n".join(diff) + "\n",
        "stays": said,
        "findings": [f.to_json() for review in reviews or () for f in review.findings],
        "written": reviews is not None,
    }
    summary = (
        f"{original.script.revision} is rewritten"
        + (" to its safe form" if count else "")
        + (f"; {len(said)} of its statements stay as they are." if said else ".")
        if reviews is not None
        else "Nothing was written: --dry-run."
    )
    then: str | None = None
    if reviews is not None:
        then = (
            f"`assay prove {original.script.revision}`; the file as it was is in .assay/backups/."
        )
    return Report("review", ExitCode.GOOD, summary, tuple(steps), then, data)


def _diff(original: Original, files: Sequence[File]) -> list[str]:
    found: list[str] = []
    for number, file in enumerate(files):
        last = number == len(files) - 1
        name = short(str(original.path.parent / file.name))
        found += difflib.unified_diff(
            original.text.splitlines() if last else [],
            file.text.splitlines(),
            name if last else "/dev/null",
            name,
            lineterm="",
        )
    return found


def _style(text: str) -> str:
    if text.startswith(("+++", "---", "@@")):
        return "hint"
    return {"+": "added", "-": "removed"}.get(text[:1], "plain")


def _stays(
    original: Original, plan: Rewritten, reviews: Sequence[Review] | None = None
) -> tuple[list[Line], list[dict[str, Any]]]:
    """Findings on statements that have no safe form, with the reason.

    :param reviews: of what was written; what is not in them is gone.
    """
    left = None if reviews is None else {key_of(f) for review in reviews for f in review.findings}
    found = [
        f
        for f in original.review.findings
        if of_locks(f) and not f.waived and (left is None or key_of(f) in left)
    ]
    rewritten = [(d, i.piece.first, i.piece.last) for d, i in plan.fixed]
    places = {(d, line): i for d, i in plan.kept for line in range(i.piece.first, i.piece.last + 1)}
    grouped: dict[tuple[int | None, str], list[Finding]] = {
        (item.piece.first, item.stays): [] for _, item in plan.kept if item.held_back
    }
    for finding in found:
        item = places.get((finding.direction, finding.line or 0))
        if item is not None:
            grouped.setdefault((item.piece.first, item.stays), []).append(finding)
        elif left is not None or not on_lines(finding, rewritten):
            no_cheaper = on_lines(finding, rewritten)
            why = "it is in a function of your own"
            if no_cheaper:
                why = "the server does it in no cheaper form than the one that is written now"
            grouped.setdefault((finding.line, why), []).append(finding)
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    for (line, why), here in grouped.items():
        lines.append(Line(f"{original.path.name}:{line} stays as it is: {why}", "finding"))
        lines += [Line(f"{f.rule}: {f.message}", "hint", 1) for f in here]
        data.append(
            {
                "file": short(str(original.path)),
                "line": line,
                "why": why,
                "findings": [f.to_json() for f in here],
            }
        )
    return lines, data
