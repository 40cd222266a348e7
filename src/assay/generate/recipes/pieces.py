"""A function of a revision file as pieces of text: one statement each, with the comments above it.

Comments, backfill slots and the statements themselves keep their text; only the indentation of whole
lines may change, never inside of a string.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Function", "Line", "Piece", "indented", "shifted"]


@dataclass(frozen=True)
class Line:
    """One line of a source file.

    :param inside: it begins inside of a string, so its indentation is not the code's.
    """

    text: str
    inside: bool = False


@dataclass(frozen=True)
class Piece:
    """A statement of a function; or what a backfill slot holds, with its markers.

    :param lead: comments and blank lines above it.
    :param text: its lines, without the indentation of the function.
    :param first: its first line in the file, from 1; ``last`` its last.
    :param header: the line(s) of the ``with op.batch_alter_table(…)`` that it stands in, if it does.
    :param call: the operation where it is one direct call: ``create_index``.
    :param comments: those beside its lines and between them.
    :param binds: names that it gives a value, ``uses`` those that it reads.
    """

    lead: tuple[Line, ...]
    text: tuple[Line, ...]
    first: int
    last: int
    header: tuple[Line, ...] = ()
    call: str | None = None
    binds: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    slot: bool = False
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """``upgrade()`` or ``downgrade()``.

    :param body: first and last line of its body in the file, comments at its end included.
    :param opening: its docstring, and Alembic's mark of what it generated.
    :param closing: comments behind the last statement.
    """

    name: str
    body: tuple[int, int]
    indent: int
    opening: tuple[Line, ...]
    pieces: tuple[Piece, ...]
    closing: tuple[Line, ...]


def shifted(lines: Iterable[Line], by: int = 4) -> list[Line]:
    """Lines further in; what is inside of a string stays where it is."""
    return [
        line if line.inside or not line.text.strip() else Line(" " * by + line.text)
        for line in lines
    ]


def indented(lines: Iterable[Line], indent: int) -> list[str]:
    """Lines as they stand in the file."""
    return [line.text.rstrip("\n") for line in shifted(lines, indent)]
