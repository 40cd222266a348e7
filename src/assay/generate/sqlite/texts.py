"""The catalog's texts taken apart: lists of names and expressions as the snapshot spells them."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["parts", "plain_name", "unquoted"]

_PLAIN = re.compile(r'[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")*"')


def parts(text: str | None) -> list[str]:
    """The members of a list that commas separate, those in parentheses and quotes left whole."""
    return list(_split(text)) if text else []


def _split(text: str) -> Iterator[str]:
    depth, quote, begin = 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and depth == 0:
            yield text[begin:at].strip()
            begin = at + 1
    yield text[begin:].strip()


def plain_name(part: str) -> str | None:
    """The column that a part of a key or an index is; None for anything more than its name."""
    return unquoted(part) if _PLAIN.fullmatch(part) else None


def unquoted(name: str) -> str:
    """A name without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
