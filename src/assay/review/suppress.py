"""Waivers: ``# assay: allow dropped users.nick -- reason, until 2027-01`` on or above the line.

A waiver without a reason waives nothing. It is bound to the tables and the locks that it covered when
it was first seen (:mod:`assay.review.bonds`). One whose day has passed, that nothing needs, or whose
statement does more than it was given for, is itself a finding: ``hygiene/waiver``.
"""

from __future__ import annotations

import ast
import datetime
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from assay.review.bonds import Bond, bond_of, effect_text
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

    @property
    def key(self) -> str:
        """What tells it from other waivers; whoever changes the reason gives another waiver."""
        return " ".join(filter(None, (self.rule, self.object, "--", self.reason)))

    def ended(self, now: datetime.date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < now

    def fits(self, finding: Finding) -> bool:
        """Whether it is for findings of that rule, on that line, about that object."""
        if finding.line is None or not self.first <= finding.line <= self.last:
            return False
        if self.rule not in (finding.rule, finding.rule.partition("/")[2]):
            return False
        return self.object is None or self.object == finding.object


def apply_waivers(
    findings: Iterable[Finding],
    text: str,
    today: datetime.date | None = None,
    bonds: Mapping[str, Bond] | None = None,
) -> tuple[tuple[Finding, ...], Mapping[str, Bond]]:
    """The findings, each with the reason of the waiver that covers it, and those on waivers.

    :param text: the revision file.
    :param today: what waivers with an end are held against.
    :param bonds: what waivers were given for, by :attr:`Waiver.key`; one that is not in it is seen
        for the first time.
    :returns: the findings, and the bonds of the waivers that are in the file.
    """
    now = today or datetime.date.today()
    given = list(findings)
    waivers = read_waivers(text)
    known = dict(bonds or {})
    kept: dict[str, Bond] = {}
    for waiver in waivers:
        fitting = [f for f in given if waiver.fits(f)]
        if fitting:
            kept[waiver.key] = known.get(waiver.key) or bond_of(fitting)
    counting = [w for w in waivers if not w.ended(now)]

    def reason(finding: Finding) -> str | None:
        fitting = (w for w in counting if w.fits(finding) and kept[w.key].covers(finding))
        return next((w.reason for w in fitting), None)

    found = (
        *(replace(f, waived=reason(f)) for f in given),
        *(one for w in waivers for one in _on_waiver(w, given, now, kept.get(w.key))),
    )
    return found, kept


def _on_waiver(
    waiver: Waiver, findings: list[Finding], now: datetime.date, bond: Bond | None
) -> Iterator[Finding]:
    about = waiver.rule + (f" {waiver.object}" if waiver.object else "")
    which = f"The waiver of {about} in line {waiver.line}"

    def finding(message: str, why: str, instead: str) -> Finding:
        return Finding(_RULE, Severity.NOTE, about, waiver.first, message, why, instead)

    if bond is None:
        yield finding(
            f"{which} waives nothing.",
            "What it was for is gone, or its name is another one.",
            "Take the comment out.",
        )
    elif waiver.ended(now):
        yield finding(
            f"{which} ended on {waiver.until}.",
            "What it waived counts again.",
            "Do what the finding says, or renew it.",
        )
    else:
        beyond = [f for f in findings if waiver.fits(f) and not bond.covers(f)]
        for text in dict.fromkeys(effect_text(f) for f in beyond):
            yield finding(
                f"{which} was given for {bond.text}; this is {text}.",
                "A waiver holds for the tables and the locks that it was given for.",
                "Do what the finding says, or give the waiver anew with another reason.",
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
