"""What a check of the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["Finding", "Severity"]


class Severity(str, Enum):
    """Whether something is wrong, or only worth knowing."""

    MISTAKE = "mistake"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    :param what: what is so and why it matters, no password in it.
    :param where: file and line, or the database, where it can be told.
    :param next_step: what to do, in the imperative.
    :param cause: the project's own traceback.
    """

    severity: Severity
    what: str
    where: str | None = None
    next_step: str | None = None
    cause: str | None = None

    @classmethod
    def mistake(
        cls,
        what: str,
        where: str | None = None,
        next_step: str | None = None,
        cause: str | None = None,
    ) -> Finding:
        """Something that is wrong."""
        return cls(Severity.MISTAKE, what, where, next_step, cause)

    @classmethod
    def note(cls, what: str, where: str | None = None, next_step: str | None = None) -> Finding:
        """Something worth knowing."""
        return cls(Severity.NOTE, what, where, next_step)

    @property
    def is_mistake(self) -> bool:
        """Whether something is wrong."""
        return self.severity is Severity.MISTAKE

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "severity": self.severity.value,
            "what": self.what,
            "where": self.where,
            "next_step": self.next_step,
            "cause": self.cause,
        }
