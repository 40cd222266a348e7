"""What of a table has changed, told by its ``SHOW CREATE TABLE`` before and now, line by line.

Each line says one column, key or constraint, and those before and after them the rest.
``information_schema`` says nothing more of them, but for the name of a column's check: after the column
was renamed, that is the name it had. Texts have no line break there, only names may (MariaDB 10.11,
measured, whatever ``sql_mode``).
"""

from __future__ import annotations

__all__ = ["parts_moved"]


def parts_moved(before: str, now: str) -> frozenset[str] | None:
    """The queries on a table that may answer otherwise than before; ``None``: all of them."""
    # the last column or key ends without a comma
    old, new = ([line.removesuffix(",") for line in shown.split("\n")] for shown in (before, now))
    if any(line.count("`") & 1 for line in (*old, *new)):
        return None  # a name goes on in the next line
    found: set[str] = set()
    for line in {*old} ^ {*new}:
        parts = _told_by(line)
        if parts is None:
            return None
        found.update(parts)
    if any(_is_column(line) and "CHECK" in line for line in new):
        found.add("checks")
    return frozenset(found)


def _told_by(line: str) -> tuple[str, ...] | None:
    """The queries that answer with what a line says; ``None``: any may."""
    if _is_column(line):
        return ("columns", "checks") if "CHECK" in line else ("columns",)
    begin = line.partition("`")[0]
    if begin in _INDEXES:
        return ("indexes",)
    if begin == "  CONSTRAINT ":
        # the name may have the other's word in it
        named = {"FOREIGN KEY": ("key columns", "foreign keys"), "CHECK": ("checks",)}
        return tuple(part for word, parts in named.items() if word in line for part in parts)
    return None


_INDEXES = ("  KEY ", "  UNIQUE KEY ", "  PRIMARY KEY (", "  FULLTEXT KEY ", "  SPATIAL KEY ")


def _is_column(line: str) -> bool:
    return line.startswith("  `")
