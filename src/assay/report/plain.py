"""Reports as plain text, for a pipe or a file."""

from __future__ import annotations

from collections.abc import Iterator

from assay.report.document import Report, Status, Step

__all__ = ["closing", "step_lines"]

_WORD = {
    Status.PASSED: "ok",
    Status.STOPPED: "STOP",
    Status.DECIDE: "DECIDE",
    Status.SKIPPED: "skipped",
    Status.NOTE: "note",
}


def step_lines(step: Step) -> Iterator[str]:
    """One step."""
    number = f"{step.number} " if step.number else ""
    yield f"{number}{step.name}: {_WORD[step.status]}: {step.summary}"
    for line in step.lines:
        yield "    " + "  " * line.depth + line.text


def closing(report: Report) -> Iterator[str]:
    """The last lines: what came of it and what to do now."""
    error = report.data.get("error")
    if error:
        yield f"error: {report.summary}"
        if error["where"]:
            yield f"  where: {error['where']}"
        if error["cause"]:
            yield from ("  " + text for text in str(error["cause"]).splitlines())
    else:
        yield report.summary
    if report.next_step:
        yield f"  next: {report.next_step}"
