"""What a rule says of effects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from assay.dialects import Lock

__all__ = ["Finding", "Severity"]


class Severity(str, Enum):
    """How much a finding weighs."""

    STOP = "stop"
    """The procedure stops."""
    NOTE = "note"
    """Shown, nothing stops."""


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found.

    :param rule: the rule's full name, ``data/dropped``.
    :param object: the catalog object it is about, as people name it: ``users.nick``.
    :param line: line of the revision file.
    :param message: what happens, with the table's name in it.
    :param why: what it means for the rows or for the code that runs.
    :param instead: one imperative line.
    :param lock: the lock it is about; a waiver holds for no stronger one.
    :param direction: ``upgrade`` or ``downgrade``: where the line is.
    :param waived: the reason given in the waiver that covers it.
    """

    rule: str
    severity: Severity
    object: str
    line: int | None
    message: str
    why: str
    instead: str
    lock: Lock | None = None
    direction: str = "upgrade"
    waived: str | None = None

    @property
    def stops(self) -> bool:
        """Whether the procedure stops at it."""
        return self.severity is Severity.STOP and self.waived is None

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "object": self.object,
            "line": self.line,
            "message": self.message,
            "why": self.why,
            "instead": self.instead,
            "lock": self.lock.to_json() if self.lock else None,
            "direction": self.direction,
            "waived": self.waived,
        }
