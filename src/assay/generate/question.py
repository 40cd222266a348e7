"""A question that only a person can answer: is what is gone what is new, under another name?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

__all__ = ["Candidate", "Question"]


@dataclass(frozen=True)
class Candidate:
    """What the old thing may be called now.

    :param evidence: what speaks for it and against it, a few words each.
    :param answer: the flag that says so, quoted for a shell.
    """

    new: str
    evidence: tuple[str, ...]
    answer: str
    score: float = 0.0


@dataclass(frozen=True)
class Question:
    """Something is gone and something like it is new: renamed, or dropped and added?

    :param kind: ``table``, ``column`` or ``label``.
    :param old: ``users``, ``users.name``, ``users.status.old``.
    :param candidates: the likeliest first.
    :param dropped: the flag that says that it is really dropped, quoted for a shell.
    """

    kind: str
    old: str
    candidates: tuple[Candidate, ...]
    dropped: str
    rows: str = ""
    """What a database holds of the old thing, where one was looked at."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "old": self.old,
            "candidates": [
                {"new": c.new, "evidence": list(c.evidence), "answer": c.answer}
                for c in self.candidates
            ],
            "dropped": self.dropped,
            "rows": self.rows or None,
        }

    def with_evidence(self, new: str, *more: str) -> Question:
        """The question with more said of one candidate."""
        return replace(
            self,
            candidates=tuple(
                replace(c, evidence=(*c.evidence, *more)) if c.new == new else c
                for c in self.candidates
            ),
        )
