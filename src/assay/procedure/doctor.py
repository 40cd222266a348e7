"""``assay doctor`` as a report."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor import Examined, Finding, Result, all_checks, examine
from assay.errors import ExitCode
from assay.procedure.session import Session
from assay.report import Line, Report, Status, Step

__all__ = ["doctor"]


def doctor(session: Session) -> Report:
    """Every known mistake of the project, each with where it is and the next step.

    :returns: exit code 1 when there is a mistake.
    :raises UsageError: the project cannot be opened at all.
    """
    examined = Examined(session.project, session.shadows)
    _ = examined.script
    results: list[Result] = []
    steps: list[Step] = []
    for check in all_checks():
        session.listener.doing(f"doctor: {check.name}")
        for result in examine(examined, (check,)):
            results.append(result)
            steps.append(_step(result))
            session.listener.done(steps[-1])
    mistakes = [(r.check.name, one) for r in results for one in r.mistakes]
    left_out = [r.check.name for r in results if r.not_looked_at is not None]
    data = {
        "mistakes": len(mistakes),
        "findings": [
            {"check": r.check.name, **one.to_json()} for r in results for one in r.findings
        ],
        "not_looked_at": {r.check.name: r.not_looked_at for r in results if r.not_looked_at},
    }
    after = f" Not looked at: {', '.join(left_out)}." if left_out else ""
    if not mistakes:
        return Report(
            "doctor", ExitCode.GOOD, f"No known mistake.{after}", tuple(steps), None, data
        )
    count = len(mistakes)
    names = ", ".join(dict.fromkeys(name for name, _ in mistakes))
    return Report(
        "doctor",
        ExitCode.NO,
        f"{count} mistake{'s' if count > 1 else ''}: {names}.{after}",
        tuple(steps),
        mistakes[0][1].next_step or "Correct what is named above, the first first.",
        data,
    )


def _step(result: Result) -> Step:
    findings = sorted(result.findings, key=lambda one: not one.is_mistake)
    data = {"findings": [one.to_json() for one in findings]}
    name = result.check.name
    lines: list[Line] = []
    if not findings:
        if result.not_looked_at is not None:
            summary = f"not looked at: {result.not_looked_at}"
            return Step(name, Status.SKIPPED, summary, data=data)
        return Step(name, Status.PASSED, result.check.healthy, data=data)
    for number, one in enumerate(findings):
        if number:
            style = "finding" if one.is_mistake else "plain"
            lines.append(Line(one.what, style))
        lines.extend(_details(one, 1 if number else 0))
    if result.not_looked_at is not None:
        lines.append(Line(f"the rest was not looked at: {result.not_looked_at}", "hint"))
    status = Status.STOPPED if result.mistakes else Status.NOTE
    return Step(name, status, findings[0].what, lines=tuple(lines), data=data)


def _details(finding: Finding, depth: int) -> Iterator[Line]:
    if finding.where is not None:
        yield Line(finding.where, "plain", depth)
    for text in (finding.cause or "").splitlines():
        yield Line(text, "hint", depth)
    if finding.next_step is not None:
        yield Line(f"→ {finding.next_step}", "hint", depth)
