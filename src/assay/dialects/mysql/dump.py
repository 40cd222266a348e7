"""The schema of a MySQL or MariaDB database as an SQL script, and running such a script cleanly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from assay.dialects.mysql.content import EVENTS, ROUTINES, TABLES, TRIGGERS, without_definer
from assay.dialects.mysql.queries import SERVER
from assay.dialects.mysql.texts import literal, quoted, tokens, without_database
from assay.dialects.values import Query

__all__ = ["dump_schema", "kept", "session_kept", "statements"]

_NOISE = re.compile(
    r"(SET|USE|LOCK TABLES|UNLOCK TABLES|CREATE DATABASE|CREATE SCHEMA|START TRANSACTION|COMMIT)\b",
    re.IGNORECASE,
)
"""What ``mysqldump`` and ``mariadb-dump`` write around the schema."""

_SETTINGS = "SELECT @@SESSION.foreign_key_checks + 0, CAST(@@SESSION.sql_mode AS CHAR)"


def dump_schema(query: Query, _url: str, version_table: tuple[str | None, str]) -> str:
    """Statements that make what is in the current database, by ``SHOW CREATE``, without definers.

    :param version_table: Alembic's own table, left out.
    """
    database = str(query(SERVER)[0][1])
    made: list[str] = []
    views: dict[str, str] = {}
    for name, kind in ((str(row[0]), str(row[1])) for row in query(TABLES)):
        if name == version_table[1]:
            continue
        if kind == "VIEW":
            views[name] = without_definer(_shown(query, "VIEW", name, 1))
        elif kind == "SEQUENCE":
            made.append(_shown(query, "SEQUENCE", name, 1))
        else:
            create = re.sub(r" AUTO_INCREMENT=\d+", "", _shown(query, "TABLE", name, 1))
            made.append(without_database(create, database))
    for kind, name in query(ROUTINES):
        made.append(without_definer(_shown(query, str(kind), str(name), 2)))
    made += _in_order(views)
    for (name,) in query(TRIGGERS):
        made.append(without_definer(_shown(query, "TRIGGER", str(name), 2)))
    for (name,) in query(EVENTS):
        made.append(without_definer(_shown(query, "EVENT", str(name), 3)))
    return "".join(f"{one}\n;\n" for one in made)


def _shown(query: Query, kind: str, name: str, column: int) -> str:
    value = query(f"SHOW CREATE {kind} {quoted(name)}")[0][column]
    return bytes(value).decode() if isinstance(value, (bytes, bytearray)) else str(value)


def _in_order(views: dict[str, str]) -> list[str]:
    """Each view after those that it names."""
    names = {
        view: {text for kind, text in tokens(create) if kind == "name"} - {quoted(view)}
        for view, create in views.items()
    }
    ordered: list[str] = []
    left = dict(views)
    while left:
        ready = [
            view for view in left if not any(quoted(o) in names[view] for o in left if o != view)
        ]
        for view in ready or list(left):
            ordered.append(left.pop(view))
    return ordered


def kept(statement: str) -> str | None:
    """One statement of a dump as it is to be run; None for one that is left out."""
    return None if _NOISE.match(statement) else without_definer(statement)


@contextmanager
def session_kept(query: Query) -> Iterator[None]:
    """Tables may name tables made later; afterwards the session's settings are what they were."""
    checks, mode = query(_SETTINGS)[0]
    _set(query, "foreign_key_checks = 0")
    try:
        yield
    finally:
        _set(query, f"foreign_key_checks = {int(checks)}, sql_mode = {literal(str(mode))}")


def _set(query: Query, what: str) -> None:
    # some drivers complain that there are no rows, after it was done
    with suppress(Exception):
        query(f"SET SESSION {what}")


_PIECE = re.compile(
    r"""(?P<comment>--(?=\s|$)[^\n]*|\#[^\n]*|/\*.*?\*/)
      | (?P<quoted>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|`(?:[^`]|``)*`)
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_DELIMITER = re.compile(r"DELIMITER[ \t]+(\S+)[ \t]*(?:\n|\Z)", re.IGNORECASE)
_BODIES = {"TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "PACKAGE"}


def statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a script with the line each begins on.

    Knows comments, version comments (``/*!50001 … */``, which are run), strings with backslashes,
    ``DELIMITER``, and the ``BEGIN … END`` of programs where there is none.
    """
    text = _plain(text)
    delimiter, position, start = ";", 0, 0
    parts: list[str] = []
    words: list[str] = []
    depth, ended = 0, False
    while position < len(text):
        if not parts and (found := _DELIMITER.match(text, position)):
            delimiter, position = found[1], found.end()
            continue
        if text.startswith(delimiter, position) and (depth <= 0 or delimiter != ";"):
            if statement := "".join(parts).strip():
                yield text.count("\n", 0, start) + 1, statement
            parts, words, depth, ended = [], [], 0, False
            position += len(delimiter)
            continue
        match = _PIECE.match(text, position)
        assert match is not None
        position = match.end()
        piece = match.group()
        if not parts and (match["comment"] or not piece.strip()):
            continue
        if not parts:
            start = match.start()
        parts.append(piece)
        if match["word"]:
            word = piece.upper()
            words.append(word)
            if words[0] == "CREATE" and _BODIES & set(words[:8]):
                depth += _step(word, ended, depth)
            ended = word == "END"
        elif piece == ";":
            ended = False
    if statement := "".join(parts).strip():
        yield text.count("\n", 0, start) + 1, statement


def _step(word: str, ended: bool, depth: int) -> int:
    """How many blocks a word opens or closes: ``END IF`` closes none of those that are counted."""
    if word == "BEGIN" or (word == "CASE" and depth and not ended):
        return 1
    if word == "END" and depth:
        return -1
    # what END has closed one too many for
    return 1 if ended and word in ("IF", "LOOP", "WHILE", "REPEAT", "FOR") else 0


_VERSIONED = re.compile(r"/\*M?!(\d{5,6})?(.*)\*/\Z", re.DOTALL)


def _plain(text: str) -> str:
    """Version comments as the statements they are; the lines stay where they are."""
    out: list[str] = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        found = _VERSIONED.match(piece) if match["comment"] else None
        # mariadb-dump puts what only its client understands under a version there is not
        if found is not None and found[1] != "999999":
            piece = found[2]
        out.append(piece)
    return "".join(out)
