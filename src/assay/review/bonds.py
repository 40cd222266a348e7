"""What a waiver was given for: the tables and the locks that it covered when it was first seen.

A comment cannot know that its statement will lock another table, or lock it harder, one day: a helper
changes, a server is upgraded. So what a waiver covers is written down once, and more is not waived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assay.review.finding import Finding

__all__ = ["Bond", "bond_of", "effect_text"]


@dataclass(frozen=True)
class Bond:
    """What one waiver covers: by table or object, the strongest lock (its mode and strength)."""

    on: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is about one of its tables, and about no stronger lock."""
        name, (_, strength) = _effect(finding)
        return name in self.on and strength <= self.on[name][1]

    @property
    def text(self) -> str:
        """For people: ``SHARE on users``."""
        return ", ".join(
            f"{mode} on {name}" if mode else name for name, (mode, _) in self.on.items()
        )

    def to_json(self) -> dict[str, list[str | int]]:
        """Plain JSON values."""
        return {name: [mode, strength] for name, (mode, strength) in self.on.items()}

    @classmethod
    def from_json(cls, found: Mapping[str, list[str | int]]) -> Bond:
        """The bond that :meth:`to_json` wrote.

        :raises ValueError: somebody else wrote it.
        """
        return cls({str(n): (str(mode), int(strength)) for n, (mode, strength) in found.items()})


def bond_of(findings: Iterable[Finding]) -> Bond:
    """The bond of a waiver that is seen for the first time, with what it covers then."""
    on: dict[str, tuple[str, int]] = {}
    for finding in findings:
        name, lock = _effect(finding)
        if name not in on or on[name][1] < lock[1]:
            on[name] = lock
    return Bond(on)


def effect_text(finding: Finding) -> str:
    """For people: ``SHARE on users``, or the object."""
    return bond_of([finding]).text


def _effect(finding: Finding) -> tuple[str, tuple[str, int]]:
    if finding.lock is None:
        return finding.object, ("", 0)
    return finding.lock.relation, (finding.lock.mode, finding.lock.strength)
