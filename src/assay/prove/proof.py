"""A proof: what was checked, with what outcome, on what evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

__all__ = ["Check", "Outcome", "Proof"]


class Outcome(str, Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    WAIVED = "waived"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Check:
    """One check.

    :param summary: one line for people.
    :param details: more lines: each difference, each line named.
    """

    name: str
    outcome: Outcome
    summary: str
    details: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "outcome": self.outcome.value,
            "summary": self.summary,
            "details": list(self.details),
        }


@dataclass(frozen=True)
class Proof:
    """All checks of one revision."""

    revision: str
    checks: tuple[Check, ...] = field(default_factory=tuple)

    @property
    def holds(self) -> bool:
        """No check failed."""
        return all(check.outcome is not Outcome.FAILED for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "revision": self.revision,
            "holds": self.holds,
            "checks": [check.to_json() for check in self.checks],
        }
