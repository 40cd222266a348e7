"""What a layout says it did."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LayoutResult", "Suggestion", "unified_diff"]


@dataclass(frozen=True)
class Suggestion:
    """A change of an existing file that is left to its owner.

    :param path: the file, absolute.
    :param diff: unified diff with ``a/`` and ``b/`` before paths relative to the project's folder,
        as ``git apply`` and ``patch -p1`` take it. Empty when this is advice only.
    :param reason: why, for a person.
    """

    path: Path
    diff: str
    reason: str


@dataclass(frozen=True)
class LayoutResult:
    """What was made, what was there already, and what to do next.

    :param created: files made, absolute, in the order made.
    :param kept: files that were there already and were not touched.
    :param suggestions: what would be changed in files that exist.
    :param next_steps: commands and advice, in order. No password in them.
    :param appended: existing files that got text at their end (a new project's ``pyproject.toml``).
    """

    created: tuple[Path, ...]
    kept: tuple[Path, ...]
    suggestions: tuple[Suggestion, ...]
    next_steps: tuple[str, ...]
    appended: tuple[Path, ...] = ()


def unified_diff(name: str, before: str, after: str) -> str:
    """The change of one file as a unified diff; ``name`` is its path relative to the project."""
    lines = difflib.unified_diff(
        _lines(before), _lines(after), fromfile=f"a/{name}", tofile=f"b/{name}"
    )
    # difflib does not mark a last line without a line end; patch and git need the mark.
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Lines as patch counts them: ended by a line feed only."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
