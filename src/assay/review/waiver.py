"""Waivers as they are written: ``# assay: allow dropped users.nick -- reason, until 2027-01``.

A comment on or above the line; several rules stand with commas between them. What looks like one and
cannot be read is told of, never passed over: whoever wrote it believes that it counts.
"""

from __future__ import annotations

import ast
import datetime
import io
import re
import tokenize
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

from assay.review.finding import Finding

__all__ = ["OBJECT", "Misread", "Waiver", "read_waivers", "statement_at", "without_comment"]

OBJECT = r"[\w.\"]+"
"""A name that a waiver can have, as a pattern."""

_OURS = re.compile(r"#+\s*assay\s*:\s*(?P<said>.*)$")
_SLOT = re.compile(r"(end\s+)?backfill\b")
_ALLOW = re.compile(
    r"allow\s+(?P<rules>[\w/-]+(?:\s*,\s*[\w/-]+)*)(?:\s+(?P<object>" + OBJECT + r"))?"
    r"\s*--\s*(?P<reason>\S.*)$"
)
_UNTIL = re.compile(r"\buntil\s+(?P<day>\d{4}\b[\d/.-]*|\d{1,2}[/.-]\d[\d/.-]*)")
_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?")

_FORM = "# assay: allow RULE -- the reason, until 2027-01"


@dataclass(frozen=True)
class Waiver:
    """One rule that a comment allows, and the lines that it covers.

    :param first: first line of the statement in or above which it stands.
    :param headers: lines of the ``with`` around that: what a batch does is seen on its first line.
    :param line: of the comment.
    """

    rule: str
    object: str | None
    reason: str
    first: int
    last: int
    line: int = 0
    headers: frozenset[int] = frozenset()

    @property
    def until(self) -> datetime.date | None:
        """The last day that it counts; a month counts to its end. None: for ever."""
        found = _UNTIL.search(self.reason)
        return None if found is None else _day(found["day"])

    @property
    def key(self) -> str:
        """What tells it from other waivers; whoever changes the reason gives another waiver."""
        return " ".join(filter(None, (self.rule, self.object, "--", self.reason)))

    def ended(self, now: datetime.date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < now

    def fits(self, finding: Finding) -> bool:
        """Whether it is for findings of that rule, on that line, about that object."""
        line = finding.line
        if line is None or not (self.first <= line <= self.last or line in self.headers):
            return False
        if self.rule not in (finding.rule, finding.rule.partition("/")[2]):
            return False
        return self.object is None or self.object == finding.object


@dataclass(frozen=True)
class Misread:
    """A comment to Assay that cannot be read, and what to write instead.

    :param line: of the comment.
    :param first: first line of the statement in or above which it stands.
    :param fault: what is wrong with it: ``it gives no reason``.
    """

    line: int
    first: int
    fault: str
    instead: str


def read_waivers(text: str) -> tuple[tuple[Waiver, ...], tuple[Misread, ...]]:
    """All waivers of a revision file, and what cannot be read; one covers its innermost statement."""
    lines = text.splitlines()
    extents = list(_extents(ast.parse(text).body, frozenset()))
    waivers: list[Waiver] = []
    misread: list[Misread] = []
    for number, said in _comments(text):
        target = number
        while target <= len(lines) and _says_nothing(lines[target - 1]):
            target += 1
        at = _innermost(extents, target)
        match = _ALLOW.match(said)
        if match is None:
            misread.append(Misread(number, at.first, *_fault(said)))
            continue
        reason = match["reason"].strip()
        until = _UNTIL.search(reason)
        if until is not None and _day(until["day"]) is None:
            fault = f"{until['day']} is no day and no month"
            instead = "Write until 2027-01, or until 2027-01-31."
            misread.append(Misread(number, at.first, fault, instead))
            continue
        waivers.extend(
            Waiver(rule, match["object"], reason, at.first, at.last, number, at.headers)
            for rule in re.split(r"\s*,\s*", match["rules"])
        )
    return tuple(waivers), tuple(misread)


def statement_at(text: str, line: int) -> int:
    """First line of the innermost statement of a revision file that a line is in."""
    return _innermost(list(_extents(ast.parse(text).body, frozenset())), line).first


def without_comment(line: str) -> str:
    """A line of a revision file without the comment to Assay at its end."""
    found = _OURS.search(line)
    return line if found is None else line[: found.start()].rstrip()


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Line and words of each comment to Assay but the markers of backfills; texts are no comments."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        found = _OURS.match(token.string) if token.type == tokenize.COMMENT else None
        if found is not None and not _SLOT.match(found["said"]):
            yield token.start[0], found["said"].strip()


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _fault(said: str) -> tuple[str, str]:
    if not re.match(r"allow\b", said):
        begins = f"it begins with {said.split()[0]!r}" if said else "it is empty"
        return begins, f"Write it so: {_FORM}"
    if not re.search(r"--\s*\S", said):
        return "it gives no reason", "Say why behind two dashes: -- 40 rows, DB-12"
    return "it names no rule, or more than one object", f"Write it so: {_FORM}"


def _day(text: str) -> datetime.date | None:
    found = _DAY.fullmatch(text.rstrip(".-/"))
    if found is None:
        return None
    year, month = int(found["year"]), int(found["month"])
    try:
        return datetime.date(year, month, int(found["day"] or monthrange(year, month)[1]))
    except ValueError:
        return None


@dataclass(frozen=True)
class _Extent:
    """First and last line of a statement, and the lines of each ``with`` that it is in."""

    first: int
    last: int
    headers: frozenset[int] = frozenset()


def _innermost(extents: list[_Extent], line: int) -> _Extent:
    fitting = [found for found in extents if found.first <= line <= found.last]
    at = min(fitting, key=lambda found: found.last - found.first, default=None)
    return at or _Extent(line, line)


def _extents(nodes: list[ast.stmt], headers: frozenset[int]) -> Iterator[_Extent]:
    """Each statement in the functions of a module, blocks and what is in them."""
    for node in nodes:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield _Extent(node.lineno, node.end_lineno or node.lineno, headers)
        inner = headers
        if isinstance(node, (ast.With, ast.AsyncWith)):
            inner = headers | set(range(node.lineno, node.body[0].lineno))
        for field in ("body", "orelse", "finalbody"):
            yield from _extents(getattr(node, field, []), inner)
        for handler in getattr(node, "handlers", []):
            yield from _extents(handler.body, inner)
