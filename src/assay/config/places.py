"""Where a key stands in a TOML file: for errors, so the text is looked at only when there is one.

``tomllib`` keeps no lines. Found are keys under a header of their table, those with dots, and those in
a table that is written in braces on one line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Entries", "place_of", "where_of"]

_WORD = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_PATH = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_HEADER = re.compile(rf"\s*\[{{1,2}}\s*(?P<path>{_PATH})\s*\]")
_ENTRY = re.compile(rf"\s*(?P<path>{_PATH})\s*=(?P<value>.*)")
_INLINE = re.compile(rf"(?:[{{,]\s*)(?P<path>{_PATH})\s*=")


class Entries(dict[str, str]):
    """A table of strings that knows its file.

    :param name: its dotted name there.
    """

    def __init__(self, values: Mapping[str, str], path: Path, name: str) -> None:
        super().__init__(values)
        self._path, self._name = path, name

    def where(self, key: str) -> str:
        """``file:line`` of a key."""
        return place_of(self._path, self._name, key)


def where_of(entries: Mapping[str, str], key: str, otherwise: str) -> str:
    """``file:line`` of a key; ``otherwise`` where the table comes from no file."""
    return entries.where(key) if isinstance(entries, Entries) else otherwise


def place_of(path: Path, table: str, key: str | None = None) -> str:
    """``file:line`` of a key in a table, or of the table; the line of the table, or the file alone,
    where it cannot be found.

    :param table: its dotted name, ``tool.assay.review``.
    :param key: as it is without quotes; None: the table itself.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return path.name
    wanted = tuple(table.split("."))
    at: int | None = None
    inside: tuple[str, ...] = ()
    for number, line in enumerate(lines, 1):
        header, entry = _HEADER.match(line), _ENTRY.match(line)
        if header is not None:
            inside = _parts(header["path"])
            found = [inside]
        elif entry is not None:
            whole = inside + _parts(entry["path"])
            found = [whole, *(whole + _parts(one["path"]) for one in _INLINE.finditer(line))]
        else:
            continue
        for one in found:
            if key is not None and one[: len(wanted) + 1] == (*wanted, key):
                return f"{path.name}:{number}"
            if one[: len(wanted)] == wanted and at is None:
                at = number
    return path.name if at is None else f"{path.name}:{at}"


def _parts(path: str) -> tuple[str, ...]:
    return tuple(word.strip("\"'") for word in re.findall(_WORD, path))
