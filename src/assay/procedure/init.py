"""``assay init`` as a report."""

from __future__ import annotations

from pathlib import Path

from assay.errors import ExitCode
from assay.layout import lay_out
from assay.project.failures import short
from assay.report import Line, Report, Status, Step

__all__ = ["init"]


def init(folder: Path, dialect: str | None, url: str | None, adopt: bool) -> Report:
    """Lay out a project, or add what an existing one lacks.

    :raises UsageError: the folder, dialect or URL is not usable.
    """
    result = lay_out(folder, dialect=dialect, url=url, adopt=adopt)
    lines = [Line(f"+ {short(str(path))}", "added") for path in sorted(result.created)]
    lines += [Line(f"~ {short(str(path))}", "altered") for path in result.appended]
    lines += [Line(f"= {short(str(path))}  (kept as it is)", "hint") for path in result.kept]
    steps = [Step("init", Status.PASSED, f"{len(result.created)} files made.", lines=tuple(lines))]
    for suggestion in result.suggestions:
        diff = tuple(Line(text, _style(text)) for text in (suggestion.diff or "").splitlines())
        steps.append(
            Step("suggest", Status.NOTE, f"{suggestion.path}: {suggestion.reason}", lines=diff)
        )
    more = [Step("then", Status.NOTE, text) for text in result.next_steps[1:]]
    return Report(
        "init",
        ExitCode.GOOD,
        f"{folder}: ready." if not adopt else f"{folder}: nothing that existed was changed.",
        (*steps, *more),
        result.next_steps[0] if result.next_steps else None,
        {
            "created": [str(p) for p in result.created],
            "kept": [str(p) for p in result.kept],
            "suggestions": [
                {"path": str(s.path), "reason": s.reason, "diff": s.diff}
                for s in result.suggestions
            ],
            "next_steps": list(result.next_steps),
        },
    )


def _style(text: str) -> str:
    if text.startswith("+"):
        return "added"
    return "removed" if text.startswith("-") else "plain"
