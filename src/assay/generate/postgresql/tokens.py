"""Reading SQL that the server wrote, word by word; strings and quoted names are never looked into."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

__all__ = ["Reader", "mentioned", "source_of", "unwrapped"]

_TOKEN = re.compile(
    r"""\s+
    | E'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*'     # strings
    | "(?:[^"]|"")*"                             # quoted names
    | [^\W\d][\w$]* | \d[\w.]*                   # words and numbers
    | :: | [()\[\],;.:] | [-+*/<>=~!@\#%^&|`?]+  # the rest
    """,
    re.VERBOSE | re.DOTALL,
)
_OPEN = {"(": 1, "[": 1, ")": -1, "]": -1}


class Reader:
    """A position in a text of tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans = [m.span() for m in _TOKEN.finditer(text) if not m.group().isspace()]
        self._at = 0

    @property
    def ended(self) -> bool:
        """Everything was read."""
        return self._at >= len(self._spans)

    def _peek(self, ahead: int = 0) -> str:
        position = self._at + ahead
        if position >= len(self._spans):
            return ""
        start, end = self._spans[position]
        return self.text[start:end]

    def words(self, *expected: str) -> bool:
        """Read these keywords, if they come next."""
        if any(self._peek(n).upper() != word for n, word in enumerate(expected)):
            return False
        self._at += len(expected)
        return True

    def word(self) -> str | None:
        """Read one token."""
        found = self._peek()
        self._at += 1
        return found or None

    def identifier(self) -> str | None:
        """Read one name, unquoted."""
        found = self._peek()
        if found.startswith('"'):
            self._at += 1
            return found[1:-1].replace('""', '"')
        if re.fullmatch(r"[^\W\d][\w$]*", found):
            self._at += 1
            return found
        return None

    def only_identifier(self) -> str | None:
        """The name that the whole text is, or None."""
        found = self.identifier()
        return found if self.ended else None

    def path(self) -> tuple[str, ...] | None:
        """Read a name with dots."""
        found = []
        while (name := self.identifier()) is not None:
            found.append(name)
            if self._peek() != ".":
                return tuple(found)
            self._at += 1
        return None

    def group(self) -> str | None:
        """Read what the next parentheses hold."""
        if self._peek() != "(":
            return None
        start, depth = self._spans[self._at][1], 0
        while not self.ended:
            depth += _OPEN.get(self._peek(), 0)
            self._at += 1
            if depth == 0:
                return self.text[start : self._spans[self._at - 1][0]]
        return None

    def identifiers(self) -> tuple[str, ...] | None:
        """Read names in parentheses."""
        inside = self.group()
        if inside is None:
            return None
        found = [Reader(part).only_identifier() for part in Reader(inside).parts()]
        return None if None in found else tuple(name for name in found if name is not None)

    def parts(self) -> Iterator[str]:
        """The rest, cut at its commas."""
        depth, start = 0, self._spans[self._at][0] if not self.ended else 0
        while not self.ended:
            token, (at, after) = self._peek(), self._spans[self._at]
            depth += _OPEN.get(token, 0)
            self._at += 1
            if token == "," and depth == 0:
                yield self.text[start:at].strip()
                start = after
        if self.text[start:].strip():
            yield self.text[start:].strip()

    def rest(self) -> str:
        """Read everything that is left."""
        start = self._spans[self._at][0] if not self.ended else len(self.text)
        self._at = len(self._spans)
        return self.text[start:]

    def tokens(self) -> Iterator[tuple[str, int, int]]:
        """Every token with its place."""
        return ((self.text[start:end], start, end) for start, end in self._spans)


def mentioned(text: str, among: Container[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Which relations a text names; under an empty ``search_path`` always with their schema."""
    names = [token for token, _, _ in Reader(text).tokens()]
    found = set()
    for n in range(len(names) - 2):
        if names[n + 1] == ".":
            key = tuple(_unquoted(name) for name in (names[n], names[n + 2]))
            if key in among:
                found.add(key)
    return found


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def unwrapped(expression: str) -> str:
    """An expression without parentheses around all of it."""
    text = expression.strip()
    while text.startswith("("):
        read = Reader(text)
        inside = read.group()
        if inside is None or not read.ended:
            break
        text = inside.strip()
    return text


_VARCHAR_LIST = re.compile(
    r"""\((?P<value>[^\W\d][\w$]*|"(?:[^"]|"")*")\)::text\s(?P<how>=\sANY|<>\sALL)\s
    \(\(ARRAY\[(?P<items>(?:E?'(?:[^']|'')*'::character\ varying(?:,\s)?)+)\]\)::text\[\]\)""",
    re.VERBOSE,
)


def source_of(expression: str) -> str:
    """SQL that the server renders as ``expression``.

    Nearly always the rendering itself; not so for an array that is cast as a whole, ``(ARRAY['a'::
    character varying])::text[]``, how ``v IN ('a')`` over a varchar reads: parsed again, the cast
    moves into the elements and the text is another (measured on 15, and so ``pg_dump`` changes it).
    """
    text = _VARCHAR_LIST.sub(_in_list, expression)
    for start, end, kind in reversed(list(_cast_arrays(text))):
        text = f"{text[:start]}{text[start:end]}::{kind}[]{text[end:]}"
    return text


def _in_list(found: re.Match[str]) -> str:
    items = [
        part.removesuffix("::character varying") for part in Reader(found.group("items")).parts()
    ]
    if len(items) < 2:
        return found.group()
    how = "IN" if found.group("how").startswith("=") else "NOT IN"
    return f"{found.group('value')} {how} ({', '.join(items)})"


def _cast_arrays(text: str) -> Iterator[tuple[int, int, str]]:
    """Where ``ARRAY[…]`` stands in parentheses of its own before ``::``, and its elements' type."""
    tokens = list(Reader(text).tokens())
    for n in range(len(tokens) - 2):
        if tokens[n][0] != "(" or tokens[n + 1][0] != "ARRAY" or tokens[n + 2][0] != "[":
            continue
        depth, at = 0, n + 2
        while at < len(tokens):
            depth += _OPEN.get(tokens[at][0], 0)
            if depth == 0:
                break
            at += 1
        after = [token[0] for token in tokens[at + 1 : at + 3]]
        if after != [")", "::"]:
            continue
        inside = text[tokens[n + 2][2] : tokens[at][1]]
        first = next(Reader(inside).parts(), "")
        _, separator, kind = first.rpartition("::")
        if separator and not set(kind) & set("'\")("):
            yield tokens[n + 1][1], tokens[at][2], kind
