"""Values that a check constraint may accept, guessed from its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

from assay.dialects.shapes import ColumnType, Value
from assay.prove.values import OwnValue, is_number, is_string, text_of_length, value

__all__ = ["candidates", "matching_text"]

_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_COMMON_TEXTS = (
    "a", "A", "abc", "ABC", "abcdef", "a-b", "a_b", "a.b", "1", "123", "A1", "a1",
    "a{n}@example.org", "https://example.org/{n}", "/a/{n}", "2020-01-0{n}", "1.{n}.0",
    "+491234567{n}", "#a1b2c3", "EN", "en", "en_GB", "{{}}", "[]", "",
)  # fmt: skip
_LONGEST_TEXT = 10_000


def candidates(
    kind: ColumnType,
    checks: tuple[str, ...],
    number: int,
    shift: int,
    own: OwnValue | None = None,
) -> list[Value]:
    """Values to try for a column under these checks, the likeliest first, without doubles.

    :param number: which row, counted from 1: the guesses are turned by it, so that rows differ.
    :param own: the engine's own types, see :func:`~assay.prove.values.value`.
    """
    plain = value(kind, number, shift, own)
    found = [] if plain is None else [plain]
    guesses = list(_guesses(kind, checks, number))
    turn = (number - 1) % len(guesses) if guesses else 0
    found += guesses[turn:] + guesses[:turn]
    if kind.kind == "base" and kind.name in ("boolean", "bool"):
        found += [True, False]
    found += list(kind.labels)
    found += [
        made
        for step in (1, 2, 50, 400)
        if (made := value(kind, number + step, shift, own)) is not None
    ]
    if is_number(kind):
        found += [0, 1, -1, 10, 100, 1000]
        if kind.name not in ("smallint", "integer", "bigint", "int", "tinyint", "oid"):
            found += [Decimal("0.5")]
    if is_string(kind):
        found += [text.format(n=number) for text in _COMMON_TEXTS]
    if kind.name in ("json", "jsonb") and kind.kind == "base":
        found += ["{}", "[]", f"[{number}]", f'"{number}"', str(number)]
    if kind.empty is not None:
        found.append(kind.empty)
    seen: dict[tuple[type, Value], Value] = {(type(made), made): made for made in found}
    return list(seen.values())


def _guesses(kind: ColumnType, checks: tuple[str, ...], number: int) -> Iterator[Value]:
    for check in checks:
        texts = [found.replace("''", "'") for found in _TEXT.findall(check)]
        numbers = [Decimal(found) for found in _NUMBER.findall(_TEXT.sub("", check))]
        if is_number(kind):
            numbers += [Decimal(text) for text in texts if _NUMBER.fullmatch(text)]
            whole = kind.name not in ("numeric", "decimal", "real", "float", "double", "money")
            for near in numbers:
                for guess in (near, near + number, near - number):
                    yield int(guess) if whole else guess
            if not whole and numbers:
                yield sum(numbers, Decimal(0)) / len(numbers)
        elif is_string(kind):
            yield from texts
            for text in texts:
                yield from (made for made in _from_pattern(text, number) if made is not None)
            for near in numbers:
                for length in (int(near), int(near) + 1, int(near) - 1):
                    if 0 <= length <= _LONGEST_TEXT:
                        yield text_of_length(length, number)
        elif kind.kind == "base":
            for text in texts:
                with suppress(ValueError):  # not a date
                    near_day = date.fromisoformat(text[:10])
                    if kind.name in ("date", "timestamp", "datetime"):
                        yield (near_day + timedelta(days=number)).isoformat()
                        yield (near_day - timedelta(days=number)).isoformat()
            yield from texts


def _from_pattern(text: str, number: int) -> Iterator[str | None]:
    """Texts that a LIKE, GLOB or regular expression of that text may match."""
    if re.search(r"[%_]", text):
        yield text.replace("%", text_of_length(3, number)).replace("_", "a")
    if re.search(r"[*?\[]", text):
        yield re.sub(r"\[(.).*?\]", r"\1", text).replace("*", "a").replace("?", "a")
    yield matching_text(text, number)


def matching_text(pattern: str, number: int = 1) -> str | None:
    """A text that a simple regular expression matches; None where it is not that simple.

    Knows literals, classes, groups, alternatives and repetition, as PostgreSQL's and Python's
    flavours write them alike. What it makes is a guess: the database has the say.
    """
    try:
        made, end = _alternatives(pattern, 0, number)
    except (IndexError, ValueError):
        return None
    return made if end == len(pattern) and len(made) <= _LONGEST_TEXT else None


def _alternatives(pattern: str, at: int, number: int) -> tuple[str, int]:
    options = []
    while True:
        made = ""
        while at < len(pattern) and pattern[at] not in "|)":
            unit, at = _unit(pattern, at, number)
            low, high, at = _repetition(pattern, at)
            made += unit * max(low, min(1, high))
        options.append(made)
        if at >= len(pattern) or pattern[at] == ")":
            return options[(number - 1) % len(options)], at
        at += 1


def _unit(pattern: str, at: int, number: int) -> tuple[str, int]:
    sign = pattern[at]
    if sign in "^$":
        return "", at + 1
    if sign == ".":
        return "a", at + 1
    if sign == "[":
        return _class(pattern, at + 1, number)
    if sign == "\\":
        escaped = pattern[at + 1]
        known = {"d": "1", "w": "a", "s": " ", "A": "", "Z": "", "m": "", "M": "", "y": "", "b": ""}
        return known.get(escaped, escaped), at + 2
    if sign == "(":
        start = at + 1
        if pattern[start] == "?":
            if pattern[start + 1] != ":":
                raise ValueError(pattern)
            start += 2
        made, end = _alternatives(pattern, start, number)
        if pattern[end] != ")":
            raise ValueError(pattern)
        return made, end + 1
    return sign, at + 1


def _class(pattern: str, at: int, number: int) -> tuple[str, int]:
    negated = pattern[at] == "^"
    at += negated
    members: list[str] = []
    first = True
    while first or pattern[at] != "]":
        first = False
        if pattern.startswith("[:", at):
            end = pattern.index(":]", at)
            named = {"digit": "123", "upper": "ABC", "space": " ", "alpha": "abc", "alnum": "abc"}
            members += named.get(pattern[at + 2 : end], "abc")
            at = end + 2
        elif pattern[at] == "\\":
            members += {"d": "123", "w": "abc", "s": " "}.get(pattern[at + 1], pattern[at + 1])
            at += 2
        elif pattern[at + 1] == "-" and pattern[at + 2] != "]":
            members += [chr(code) for code in range(ord(pattern[at]), ord(pattern[at + 2]) + 1)]
            at += 3
        else:
            members.append(pattern[at])
            at += 1
    if negated:
        members = [sign for sign in "aA1 ~" if sign not in members]
    if not members:
        raise ValueError(pattern)
    return members[(number - 1) % len(members)], at + 1


def _repetition(pattern: str, at: int) -> tuple[int, int, int]:
    if at >= len(pattern):
        return 1, 1, at
    found = re.compile(r"([*+?]|\{(\d+)(,?)(\d*)\})\??").match(pattern, at)
    if found is None:
        return 1, 1, at
    if found[1] in "*+?":
        return {"*": (0, 1), "+": (1, 1), "?": (0, 1)}[found[1]] + (found.end(),)
    return int(found[2]), int(found[4] or found[2]), found.end()
