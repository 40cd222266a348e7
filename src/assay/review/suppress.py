"""Waivers: ``# assay: allow dropped users.nick -- reason`` on or above the line.

A waiver without a reason waives nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assay.review.finding import Finding

__all__ = ["apply_waivers"]

_WAIVER = re.compile(
    r"#\s*assay:\s*allow\s+(?P<rule>[\w/-]+)(?:\s+(?P<object>[\w.\"]+))?\s*--\s*(?P<reason>\S.*)$"
)


@dataclass(frozen=True)
class Waiver:
    """One waiver comment and the lines it covers."""

    rule: str
    object: str | None
    reason: str
    first: int
    last: int

    def covers(self, finding: Finding) -> bool:
        """Whether it waives that finding."""
        if finding.line is None or not self.first <= finding.line <= self.last:
            return False
        if self.rule not in (finding.rule, finding.rule.partition("/")[2]):
            return False
        return self.object is None or self.object == finding.object


def apply_waivers(findings: Iterable[Finding], text: str) -> tuple[Finding, ...]:
    """The findings, each with the reason of the waiver that covers it."""
    waivers = read_waivers(text)
    return tuple(
        replace(f, waived=next((w.reason for w in waivers if w.covers(f)), None)) for f in findings
    )


def read_waivers(text: str) -> tuple[Waiver, ...]:
    """All waivers of a revision file; one covers the statement it stands in or above."""
    lines = text.splitlines()
    extents = _extents(text)
    found: list[Waiver] = []
    for number, line in enumerate(lines, 1):
        match = _WAIVER.search(line)
        if not match:
            continue
        target = number
        while target <= len(lines) and lines[target - 1].lstrip().startswith("#"):
            target += 1
        first, last = next(((a, b) for a, b in extents if a <= target <= b), (target, target))
        found.append(Waiver(match["rule"], match["object"], match["reason"].strip(), first, last))
    return tuple(found)


def _extents(text: str) -> list[tuple[int, int]]:
    """First and last line of each statement in the module's functions."""
    found: list[tuple[int, int]] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.extend((s.lineno, s.end_lineno or s.lineno) for s in node.body)
    return found
