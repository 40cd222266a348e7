"""The report of a command as a value; pure, rendered elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from assay.errors import AssayError, ExitCode, hide_passwords

__all__ = ["FORMAT", "Line", "Report", "Status", "Step"]

FORMAT = 1
"""Version of the JSON document; raised when a field changes its meaning or goes away."""


class Status(str, Enum):
    """How a step ended."""

    PASSED = "passed"
    STOPPED = "stopped"
    DECIDE = "decide"
    SKIPPED = "skipped"
    NOTE = "note"


@dataclass(frozen=True)
class Line:
    """One line below a step.

    :param style: ``added``, ``removed``, ``altered``, ``sql``, ``finding``, ``hint``, ``plain``.
    :param depth: how far it is indented.
    """

    text: str
    style: str = "plain"
    depth: int = 0


@dataclass(frozen=True)
class Step:
    """One step of the procedure, or one part of a command."""

    name: str
    status: Status
    summary: str
    number: int | None = None
    lines: tuple[Line, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "number": self.number,
            "name": self.name,
            "status": self.status.value,
            "summary": self.summary,
            "seconds": round(self.seconds, 3) if self.seconds is not None else None,
            **self.data,
        }


@dataclass(frozen=True)
class Report:
    """What a command has to say."""

    command: str
    exit_code: ExitCode
    summary: str
    steps: tuple[Step, ...] = ()
    next_step: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    """What stands alone on standard output, for another program: a script, a page."""

    def to_json(self) -> dict[str, Any]:
        """The versioned JSON document."""
        return {
            "assay": _version(),
            "format": FORMAT,
            "command": self.command,
            "exit_code": int(self.exit_code),
            "outcome": self.exit_code.name.lower(),
            "summary": self.summary,
            "steps": [step.to_json() for step in self.steps],
            "next_step": self.next_step,
            **({"text": self.text} if self.text is not None else {}),
            **self.data,
        }

    @classmethod
    def of_error(cls, command: str, error: AssayError, steps: tuple[Step, ...] = ()) -> Report:
        """The report of a command that ended in an error."""
        what, where, cause = (
            hide_passwords(text) if text else text
            for text in (error.what, error.where, error.cause)
        )
        return cls(
            command,
            error.exit_code,
            str(what),
            steps,
            error.next_step,
            {"error": {"what": what, "where": where, "cause": cause}},
        )


def _version() -> str:
    from assay import __version__

    return __version__
