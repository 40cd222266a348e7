"""A relation as a line of text: what it is, its file, how it was used, and which locks there are on it.

Thousands of them may be asked for, of which a few are looked at: as rows they would be so many objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

__all__ = ["COUNTERS", "FILE", "LINE", "PART", "Locked", "Relation", "line", "locked_of", "used"]

LINE, PART = chr(29), chr(31)
"""What is between lines, and between the parts of one."""

# The path of a file is looked up for each; where it is in the database's own folder, as nearly all
# are, the number tells them apart as well.
FILE = (
    "CASE WHEN c.relfilenode <> 0 AND c.reltablespace = 0 THEN c.relfilenode::text"
    " ELSE coalesce(pg_relation_filepath(c.oid), '') END"
)
"""SQL of what tells the file of ``pg_class c``; empty where it has none."""
_COUNTED = tuple(
    f"pg_stat_get_xact_{what}(c.oid)"
    for what in (
        "numscans",  # of a table: it was read from its beginning, be it empty
        "tuples_returned",
        "tuples_inserted",
        "tuples_updated",
        "tuples_deleted",
    )
)
COUNTERS = " || ' ' || ".join(_COUNTED)
"""SQL of how this session has used ``pg_class c`` since the server collected that last."""


class Relation(NamedTuple):
    """A relation as it was seen.

    :param kind: ``pg_class.relkind``.
    :param file: as :data:`FILE` gives it.
    """

    schema: str
    bare: str
    kind: str
    file: str

    @property
    def name(self) -> str:
        """As people write it."""
        return self.bare if self.schema == "public" else f"{self.schema}.{self.bare}"


class Locked(NamedTuple):
    """A relation with its use.

    :param modes: of the locks on it, as ``pg_locks`` names them, with commas between.
    :param counters: scans, rows read, inserted, updated and deleted.
    """

    oid: int
    relation: Relation
    modes: str
    counters: tuple[int, ...]


def line(modes: str = "''") -> str:
    """SQL of the line of ``pg_class c JOIN pg_namespace n``.

    :param modes: SQL of the locks on it.
    """
    parts = ("c.oid::text", "n.nspname", "c.relname", "c.relkind::text", FILE, modes, COUNTERS)
    return f" || chr({ord(PART)}) || ".join(parts)


def used() -> str:
    """SQL of oid and counters of ``pg_class c``, null where it was not used."""
    return (
        f"CASE WHEN c.relkind IN ('r', 'p', 'm') AND {' + '.join(_COUNTED)} > 0"
        f" THEN c.oid::text || chr({ord(PART)}) || {COUNTERS} END"
    )


def locked_of(lines: Iterable[str]) -> tuple[Locked, ...]:
    """What lines say, in the order of oids; one whose name has what is between lines says nothing."""
    return tuple(sorted(found for found in map(_locked, lines) if found is not None))


@lru_cache(maxsize=4096)
def _locked(text: str) -> Locked | None:
    parts = text.split(PART)
    if len(parts) != 7:
        return None
    oid, schema, name, kind, file, modes, counters = parts
    numbers = tuple(int(n or 0) for n in counters.split(" "))
    return Locked(int(oid), Relation(schema, name, kind, file), modes, numbers)
