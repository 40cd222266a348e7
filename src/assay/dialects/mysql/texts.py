"""SQL text as MySQL and MariaDB write it: names, literals, and what a database's name is left out of."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["identifier", "literal", "quoted", "tokens", "without_database"]

_PLAIN = re.compile(r"[A-Za-z_\u0080-\uffff][0-9A-Za-z_$\u0080-\uffff]*\Z")

_TOKEN = re.compile(
    r"""(?P<string>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")
      | (?P<name>`(?:[^`]|``)*`)
      | (?P<word>[0-9A-Za-z_$\u0080-\uffff]+)
      | (?P<blank>\s+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def quoted(name: str) -> str:
    """An SQL identifier, always in backquotes."""
    return "`" + name.replace("`", "``") + "`"


def identifier(name: str) -> str:
    """A name for people: in backquotes only where its letters need them."""
    return name if _PLAIN.match(name) else quoted(name)


def literal(text: str) -> str:
    """An SQL string; right whatever ``NO_BACKSLASH_ESCAPES`` says as long as it has no backslash."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def tokens(sql: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token: ``string``, ``name`` (in backquotes), ``word``, ``blank``, ``other``."""
    for match in _TOKEN.finditer(sql):
        yield str(match.lastgroup), match.group()


def without_database(sql: str, database: str | None) -> str:
    """A view's definition without the name of its database: ```db`.`t`.`c``` is ```t`.`c```.

    Right only where no table or alias is named as the database is.
    """
    if database is None:
        return sql
    own = quoted(database)
    found = list(tokens(sql))
    out: list[str] = []
    position = 0
    while position < len(found):
        kind, text = found[position]
        follows = [one[1] for one in found[position + 1 : position + 2]]
        if kind == "name" and text == own and follows == ["."] and out[-1:] != ["."]:
            position += 2
            continue
        out.append(text)
        position += 1
    return "".join(out)
