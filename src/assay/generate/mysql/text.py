"""Lists of names and of key parts, as catalog objects have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["KeyPart", "key_parts", "mentions", "names", "strings"]

_NAME = r"`(?:[^`]|``)*`|[^\s,.(`']+"
_PART = re.compile(
    rf"(?P<name>{_NAME})(?:\((?P<length>\d+)\))?(?P<descending> DESC)?(?P<rest>[^,]*)\Z"
)
_STRING = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)


def _plain(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def names(text: str | None) -> tuple[str, ...]:
    """``a, `b c``` as the names it lists; a dotted name gives its parts."""
    return tuple(_plain(found) for found in re.findall(_NAME, text or ""))


@dataclass(frozen=True)
class KeyPart:
    """One part of an index: a column, a prefix of one, or an expression (column is None)."""

    text: str
    column: str | None
    length: int | None = None
    descending: bool = False

    @property
    def plain(self) -> bool:
        """A whole column in ascending order."""
        return self.column is not None and self.length is None and not self.descending


def key_parts(text: str | None) -> tuple[KeyPart, ...]:
    """The parts of an index."""
    return tuple(_part(one) for one in _split(text or ""))


def _part(text: str) -> KeyPart:
    found = None if text.startswith("(") else _PART.match(text)
    if found is None:
        return KeyPart(text, None)
    length = int(found["length"]) if found["length"] else None
    return KeyPart(text, _plain(found["name"]), length, bool(found["descending"]))


def _split(text: str) -> Iterator[str]:
    """At the commas that are in no parentheses, quotes or backquotes."""
    depth, start, quote = 0, 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "`'\"":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()


def mentions(sql: str | None, column: str) -> bool:
    """Whether SQL as the server renders it names a column; both servers put every name in backquotes."""
    return f"`{column.replace('`', '``')}`".casefold() in (sql or "").casefold()


def strings(sql: str | None) -> tuple[str, ...]:
    """The string literals in SQL, or the labels of an ENUM or SET type."""
    return tuple(
        re.sub(r"\\(.)", r"\1", found.replace("''", "'")) for found in _STRING.findall(sql or "")
    )
