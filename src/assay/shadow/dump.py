"""Schema-only SQL dumps: split into statements, run without a client program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol, cast

from assay.dialects import Query, canonical

__all__ = ["Dumper", "dumper", "execute_plain", "script", "statements"]

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<quoted>[eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`
          | \[[^\]\n'"]*\])
      | (?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<semicolon>;)
      | (?P<meta>^\\[^\n]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


class Dumper(Protocol):
    """What ``dialects/<name>/dump.py`` answers."""

    def dump_schema(self, query: Query, url: str, version_table: tuple[str | None, str]) -> str:
        """The schema of the database as an SQL script, Alembic's own table left out."""
        ...

    def kept(self, statement: str) -> str | None:
        """One statement of a dump as it is to be run; None for one that is left out."""
        ...

    def session_kept(self, query: Query) -> AbstractContextManager[None]:
        """Afterwards the session's settings are what they were."""
        ...


def dumper(dialect: str) -> Dumper | None:
    """How dumps of an engine are written and run; None where that is not known."""
    name = f"assay.dialects.{canonical(dialect)}.dump"
    try:
        return cast(Dumper, import_module(name))
    except ModuleNotFoundError as error:
        if error.name is not None and name.startswith(error.name):
            return None
        raise


def statements(text: str, engine: Dumper | None = None) -> Iterator[tuple[int, str]]:
    """The statements of an SQL script with the line each begins on.

    An engine whose scripts are written otherwise has a function of this name of its own.

    Knows comments, quotes, dollar quotes, parentheses (a rule's commands), the body of SQLite's
    ``CREATE TRIGGER … BEGIN … END`` and of PostgreSQL's ``BEGIN ATOMIC … END``. Between statements,
    comments and lines of ``psql`` commands (``\\connect``, ``\\restrict``) are left out.
    """
    own = getattr(engine, "statements", None)
    if own is not None:
        yield from own(text)
        return
    parts: list[str] = []
    words: list[str] = []
    start, depth, parentheses = 0, 0, 0
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if not parts and (match["comment"] or match["meta"] or not piece.strip()):
            continue
        if match["word"]:
            word = piece.upper()
            words.append(word)
            atomic = word == "ATOMIC" and words[-2:-1] == ["BEGIN"]
            if _has_body(words):
                begins = atomic or (word == "BEGIN" and "TRIGGER" in words[:4])
                if begins or (word == "CASE" and depth):
                    depth += 1
                elif word == "END" and depth:
                    depth -= 1
        elif piece in ("(", ")"):
            parentheses += 1 if piece == "(" else -1
        if match["semicolon"] and depth <= 0 and parentheses <= 0:
            statement = "".join(parts).strip()
            if statement:
                yield _line(text, start), statement
            parts, words, depth, parentheses = [], [], 0, 0
            continue
        if not parts:
            start = match.start()
        parts.append(piece)
    statement = "".join(parts).strip()
    if statement:
        yield _line(text, start), statement


def _has_body(words: list[str]) -> bool:
    return words[0] == "CREATE" and bool({"TRIGGER", "FUNCTION", "PROCEDURE"} & set(words[:4]))


def script(found: list[str]) -> str:
    """Statements as one text that :func:`statements` takes apart again."""
    # a comment in the last line would take the semicolon in
    ends = ("\n;" if "--" in one.rpartition("\n")[2] else ";" for one in found)
    return "\n\n".join(one + end for one, end in zip(found, ends, strict=True)) + "\n"


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def execute_plain(connection: Any, statement: str) -> None:
    """Run one statement as it stands: no parameters, so no driver reads ``%`` or ``:`` in it."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        cursor.close()
