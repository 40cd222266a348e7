"""Waivers: ``# assay: allow dropped users.nick -- reason, until 2027-01`` on or above the line.

A waiver without a reason waives nothing. One whose day has passed, or that nothing needs, is itself
a finding: ``hygiene/waiver``.
"""

from __future__ import annotations

import ast
import datetime
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from assay.review.finding import Finding, Severity

__all__ = ["apply_waivers"]

_WAIVER = re.compile(
    r"#\s*assay:\s*allow\s+(?P<rule>[\w/-]+)(?:\s+(?P<object>[\w.\"]+))?\s*--\s*(?P<reason>\S.*)$"
)
_UNTIL = re.compile(r"\buntil (?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?\b")
_RULE = "hygiene/waiver"


@dataclass(frozen=True)
class Waiver:
    """One waiver comment and the lines it covers."""

    rule: str
    object: str | None
    reason: str
    first: int
    last: int
    line: int = 0

    @property
    def until(self) -> datetime.date | None:
        """The last day that it counts; a month counts to its end. None: for ever, or no such day."""
        found = _UNTIL.search(self.reason)
        if found is None:
            return None
        year, month = int(found["year"]), int(found["month"])
        try:
            last = int(found["day"] or monthrange(year, month)[1])
            return datetime.date(year, month, last)
        except ValueError:
            return None

    def covers(self, finding: Finding) -> bool:
        """Whether it waives that finding."""
        if finding.line is None or not self.first <= finding.line <= self.last:
            return False
        if self.rule not in (finding.rule, finding.rule.partition("/")[2]):
            return False
        return self.object is None or self.object == finding.object


def apply_waivers(
    findings: Iterable[Finding], text: str, today: datetime.date | None = None
) -> tuple[Finding, ...]:
    """The findings, each with the reason of the waiver that covers it, and those on waivers.

    :param text: the revision file.
    :param today: what waivers with an end are held against.
    """
    now = today or datetime.date.today()
    waivers = read_waivers(text)
    counting = [w for w in waivers if w.until is None or w.until >= now]
    given = list(findings)
    return (
        *(
            replace(f, waived=next((w.reason for w in counting if w.covers(f)), None))
            for f in given
        ),
        *_on_waivers(waivers, given, now),
    )


def _on_waivers(
    waivers: Iterable[Waiver], findings: list[Finding], now: datetime.date
) -> Iterator[Finding]:
    for waiver in waivers:
        about = waiver.rule + (f" {waiver.object}" if waiver.object else "")
        needed = any(waiver.covers(f) for f in findings)
        if not needed:
            message = f"The waiver of {about} in line {waiver.line} waives nothing."
            why = "What it was for is gone, or its name is another one."
        elif waiver.until is not None and waiver.until < now:
            message = f"The waiver of {about} in line {waiver.line} ended on {waiver.until}."
            why = "What it waived counts again."
        else:
            continue
        instead = (
            "Take the comment out." if not needed else "Do what the finding says, or renew it."
        )
        yield Finding(_RULE, Severity.NOTE, about, waiver.first, message, why, instead)


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
        reason = match["reason"].strip()
        found.append(Waiver(match["rule"], match["object"], reason, first, last, number))
    return tuple(found)


def _extents(text: str) -> list[tuple[int, int]]:
    """First and last line of each statement in the module's functions."""
    found: list[tuple[int, int]] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.extend((s.lineno, s.end_lineno or s.lineno) for s in node.body)
    return found
