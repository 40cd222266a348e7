"""An ``UPDATE`` taken apart, to be run in batches; or why it must stay one.

In batches a later one sees what earlier ones wrote. So the value may depend on its own row, and on
tables that the statement does not write; and a condition must tell which rows are left to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assay.catalog import Snapshot

__all__ = ["Backfill", "NotBatched", "hidden_in", "taken_apart"]

_STRINGS = {
    "postgresql": r"""[Ee]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | (?P<mark>\$\w*\$).*?(?P=mark)""",
    "mysql": r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*\"""",
}
_NAMES = {"postgresql": r'"(?:[^"]|"")*"', "mysql": r"`(?:[^`]|``)*`"}
_READS = {"SELECT", "TABLE", "VALUES", "WITH"}
_OPEN = {"(": 1, "[": 1, "CASE": 1, ")": -1, "]": -1, "END": -1}


class NotBatched(Exception):
    """An ``UPDATE`` that must stay one.

    :ivar why: what in it says so; empty where it is nothing of a kind that could be batched.
    """

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Backfill:
    """``UPDATE table SET column = expression WHERE column IS NULL AND where``.

    :param unchanged: columns that are set to what they are.
    """

    table: str
    column: str
    expression: str
    where: str | None = None
    schema: str | None = None
    unchanged: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Token:
    """One token: ``name`` as the server has it, where it is a name; ``word`` in capitals, where plain."""

    begin: int
    end: int
    text: str
    name: str | None = None
    word: str = ""


def hidden_in(snapshot: Snapshot) -> frozenset[str]:
    """Names by which a text could read a table without naming it: views, functions of one's own, partitions.

    An ``IMMUTABLE`` function promises to read none.
    """
    found: set[str] = set()
    for one in snapshot.objects:
        if one.kind not in ("view", "materialized view", "function", "aggregate", "foreign table"):
            continue
        if one.kind == "function" and _is_immutable(one.get("definition") or ""):
            continue
        found.add(one.key[-1].partition("(")[0])
    for one in snapshot.of_kind("table"):
        parents = one.get("parents")
        if parents:
            found |= {one.key[-1], *(name.rpartition(".")[2] for name in parents.split(", "))}
    return frozenset(found)


def _is_immutable(definition: str) -> bool:
    """Whether the head of what ``pg_get_functiondef`` gives says so."""
    head = re.split(r"^(?:AS|RETURN|BEGIN)\b", definition, maxsplit=1, flags=re.MULTILINE)[0]
    return "IMMUTABLE" in head.split()


def taken_apart(sql: str, dialect: str, hidden: Iterable[str] = ()) -> Backfill:
    """An ``UPDATE`` that can be run in batches.

    :param hidden: names by which it could read its own table, see :func:`hidden_in`.
    :raises NotBatched: it must stay one, or is another statement.
    """
    tokens = _tokens(sql, "postgresql" if dialect == "postgresql" else "mysql")
    if tokens and tokens[-1].text == ";":
        tokens = tokens[:-1]
    if not tokens or tokens[0].word != "UPDATE":
        raise NotBatched
    top = _top(tokens)
    if not all(word in top for word in ("SET", "WHERE")):
        raise NotBatched(
            "it has no WHERE that says which rows are left to do" if "SET" in top else ""
        )
    target, values, pending = _cut(tokens, top["SET"], top["WHERE"])
    if any(word in top for word in (";", "FROM", "RETURNING", "ORDER", "LIMIT")):
        raise NotBatched("it is more than UPDATE … SET … WHERE")
    path = [one.name for one in target[::2]]
    if (
        len(path) not in (1, 2)
        or None in path
        or [t.text for t in target[1::2]] != ["."] * (len(path) - 1)
    ):
        raise NotBatched("it does not name one table and nothing else")
    table = str(path[-1])
    column, expression, unchanged = _assigned(sql, values)
    where = _rest(sql, pending, column)
    _only_its_row([*values, *pending], table, frozenset(hidden))
    return Backfill(
        table, column, expression, where, path[0] if len(path) == 2 else None, unchanged
    )


def _tokens(sql: str, kind: str) -> list[_Token]:
    hashes = r"|\#" if kind == "mysql" else ""
    pattern = re.compile(
        rf"""(?P<space>\s+) | (?P<string>{_STRINGS[kind]}) | (?P<quoted>{_NAMES[kind]})
        | (?P<word>[^\W\d][\w$]*) | (?P<number>\d[\w.]*) | (?P<comment>--|/\*{hashes})
        | (?P<other>::|.)""",
        re.VERBOSE | re.DOTALL,
    )
    found: list[_Token] = []
    for match in pattern.finditer(sql):
        text, begin, end = match.group(), match.start(), match.end()
        if match["comment"]:
            raise NotBatched("it has a comment in it")
        if match["quoted"]:
            mark = text[0]
            found.append(_Token(begin, end, text, text[1:-1].replace(mark * 2, mark)))
        elif match["word"]:
            name = text.lower() if kind == "postgresql" else text
            found.append(_Token(begin, end, text, name, text.upper()))
        elif not match["space"]:
            found.append(_Token(begin, end, text))
    return found


def _top(tokens: Sequence[_Token]) -> dict[str, int]:
    """Where each keyword stands outside of parentheses for the first time."""
    found: dict[str, int] = {}
    for at, depth in _depths(tokens):
        if depth == 0:
            found.setdefault(tokens[at].word or tokens[at].text, at)
    return found


def _depths(tokens: Sequence[_Token]) -> Iterable[tuple[int, int]]:
    depth = 0
    for at, token in enumerate(tokens):
        step = _OPEN.get(token.word or token.text, 0)
        depth += min(step, 0)
        yield at, depth
        depth += max(step, 0)


def _cut(tokens: Sequence[_Token], *at: int) -> list[Sequence[_Token]]:
    edges = [0, *at, len(tokens)]
    return [tokens[a + 1 : b] for a, b in pairwise(edges)]


def _split(tokens: Sequence[_Token], by: str) -> list[Sequence[_Token]]:
    """Cut at a keyword or a sign outside of parentheses."""
    at = [
        n for n, depth in _depths(tokens) if depth == 0 and by in (tokens[n].word, tokens[n].text)
    ]
    edges = [-1, *at, len(tokens)]
    return [tokens[a + 1 : b] for a, b in pairwise(edges)]


def _assigned(sql: str, values: Sequence[_Token]) -> tuple[str, str, tuple[str, ...]]:
    """The column, its value, and columns that stay."""
    found: list[tuple[str, Sequence[_Token]]] = []
    for one in _split(values, ","):
        if len(one) < 3 or one[0].name is None or one[1].text != "=":
            raise NotBatched("it sets more than columns to values")
        found.append((one[0].name, one[2:]))
    stay = tuple(n for n, value in found if len(value) == 1 and value[0].name == n)
    changed = [(n, value) for n, value in found if n not in stay]
    if len(changed) != 1:
        raise NotBatched("it sets several columns")
    ((column, value),) = changed
    return column, sql[value[0].begin : value[-1].end], stay


def _rest(sql: str, pending: Sequence[_Token], column: str) -> str | None:
    """The condition without ``column IS NULL``, which it must have."""
    top = _top(pending)
    parts = _split(pending, "AND")
    left = [one for one in parts if not _is_null(one, column)]
    if "OR" in top or "BETWEEN" in top or len(left) == len(parts) or not all(left):
        raise NotBatched(f"its WHERE does not say {column} IS NULL")
    texts = [sql[one[0].begin : one[-1].end] for one in left]
    return " AND ".join(texts) or None


def _is_null(part: Sequence[_Token], column: str) -> bool:
    while len(part) > 2 and part[0].text == "(" and part[-1].text == ")":
        part = part[1:-1]
    return (
        len(part) == 3
        and part[0].name == column
        and [one.word for one in part[1:]] == ["IS", "NULL"]
    )


def _only_its_row(tokens: Sequence[_Token], table: str, hidden: frozenset[str]) -> None:
    """That no token reads other rows of the table.

    :raises NotBatched: one may.
    """
    reads = any(one.word in _READS for one in tokens)
    hidden = frozenset(name.casefold() for name in hidden)
    for at, one in enumerate(tokens):
        if one.name is None:
            continue
        behind = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if one.name.casefold() in hidden and (reads or behind == "("):
            raise NotBatched(f"{one.name} in it may read other rows of {table}")
        if reads and one.name.casefold() == table.casefold() and behind != ".":
            raise NotBatched(f"it reads other rows of {table}")
