"""What a column's new type cannot hold of its old one, by the servers' own renderings of types."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["cut", "rounded"]

_WHOLE = {"tinyint": 1, "smallint": 2, "mediumint": 3, "integer": 4, "int": 4, "bigint": 8}
"""Bytes of whole numbers: PostgreSQL docs, 8.1; MariaDB docs, "Numeric Data Types"."""

_FLOATS = {"real": 4, "float": 4, "double precision": 8, "double": 8}
_TEXT = (
    "character varying",
    "varchar",
    "character",
    "char",
    "text",
    "tinytext",
    "mediumtext",
    "longtext",
)
_EXACT = ("numeric", "decimal")
_MOMENTS = ("timestamp without time zone", "timestamp with time zone", "datetime", "timestamp")


@dataclass(frozen=True)
class _Type:
    """A type in parts: ``numeric(10,2)`` is ``numeric`` and ``(10, 2)``."""

    name: str
    numbers: tuple[int, ...]
    unsigned: bool

    @property
    def length(self) -> int | None:
        """Characters that it holds at the most; None: no limit of its own."""
        if self.name in ("character", "char") and not self.numbers:
            return 1
        return self.numbers[0] if self.numbers else None

    @property
    def scale(self) -> int | None:
        """Digits after the point; None: as many as a value has."""
        if not self.numbers:
            return None
        return self.numbers[1] if len(self.numbers) > 1 else 0

    @property
    def digits(self) -> int | None:
        """Digits before the point."""
        return self.numbers[0] - (self.scale or 0) if self.numbers else None


def cut(before: str, after: str) -> bool:
    """Whether some values of the one type are too long or too large for the other."""
    old, new = _parsed(before), _parsed(after)
    if old.name in _TEXT and new.name in _TEXT:
        return _less(new.length, old.length)
    if old.unsigned != new.unsigned:
        return False
    if old.name in _WHOLE and new.name in _WHOLE:
        return _WHOLE[new.name] < _WHOLE[old.name]
    if old.name in _EXACT and new.name in _EXACT:
        return _less(new.digits, old.digits)
    if old.name in _FLOATS or (old.name in _EXACT and not old.numbers):
        return new.name in _WHOLE
    if old.name in _EXACT and new.name in _WHOLE:
        return (old.digits or 0) >= _DIGITS[new.name]
    return False


_DIGITS = {"tinyint": 3, "smallint": 5, "mediumint": 7, "integer": 10, "int": 10, "bigint": 19}
"""Decimal digits from which on a number may be too large."""


def rounded(before: str, after: str) -> str:
    """What values of the one type lose in the other, silently: ``its time of day``; empty: nothing."""
    old, new = _parsed(before), _parsed(after)
    if old.name in _EXACT and new.name in _EXACT:
        return "digits after the point" if _less(new.scale, old.scale) else ""
    if old.name in (*_EXACT, *_FLOATS) and new.name in _WHOLE:
        return "" if old.name in _EXACT and old.scale == 0 else "digits after the point"
    if old.name in _FLOATS and new.name in _FLOATS:
        return "digits" if _FLOATS[new.name] < _FLOATS[old.name] else ""
    if old.name in _EXACT and new.name in _FLOATS:
        return "digits beyond the sixth" if _FLOATS[new.name] == 4 else ""
    if old.name in _MOMENTS and new.name == "date":
        return "the time of day"
    if old.name in _MOMENTS and new.name.startswith("time "):
        return "the date"
    return ""


def _less(new: int | None, old: int | None) -> bool:
    """Whether one limit is tighter than another; None is no limit."""
    return new is not None and (old is None or new < old)


def _parsed(text: str) -> _Type:
    """``character varying(50)``, ``timestamp(3) with time zone``, ``int(11) unsigned``."""
    found = re.search(r"\(([\d, ]+)\)", text)
    numbers = tuple(int(n) for n in found.group(1).split(",")) if found else ()
    words = re.sub(r"\([^)]*\)", "", text.lower()).split()
    unsigned = "unsigned" in words
    name = " ".join(w for w in words if w not in ("unsigned", "zerofill", "signed"))
    return _Type(name, numbers, unsigned)
