"""What a plain statement cannot have touched, of all that a transaction has made and still locks.

A revision that makes forty tables locks them to its end, and looking at all of them after each of its
statements would take longer each time. Plain DDL changes what it names, and what belongs to that. So
what this transaction has made is left out where neither its name nor that of a part of it is in the
text. Not so with ``CASCADE``, nor what inherits.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from assay.dialects.postgresql.catalog import Objects, PostgreSQLState

__all__ = ["Untouched"]

_FEW = 4
"""So many relations are looked at in the time that it takes to say which not."""
_WORD = re.compile(r'"(?:[^"]|"")*"|[\w$]+')
_LONGEST = 63
"""Bytes of a name; the server cuts longer ones."""
_REACHING = frozenset({"cascade", "all", "validate"})
"""Words of statements that reach what they do not name."""
_RELATIONS = frozenset({"table", "view", "sequence"})
_COLUMNS = frozenset({"column", "view column"})
"""What is named with its relation only."""
_INHERITS = ("parents", "partition key", "partition bound", "of type")


def _words(text: str) -> list[str]:
    """Its names and words; what differs in case alone counts as one."""
    return [word.strip('"').replace('""', '"').lower() for word in _WORD.findall(text)]


class Untouched:
    """Knows what was there when the transaction began.

    :param state: the catalog as it was then.
    """

    def __init__(self, state: PostgreSQLState) -> None:
        self._there = state.owners
        self.any = bool(state.snapshot.of_kind("event trigger"))
        """Whether any DDL may do anything: there are event triggers."""
        self._names: dict[int, tuple[Objects, frozenset[str] | None]] = {}

    def by(self, text: str, state: PostgreSQLState, locked: Collection[int]) -> frozenset[int]:
        """The oids of what plain DDL has not touched.

        :param state: the catalog before it.
        :param locked: what the transaction locked before it.
        """
        made = [owner for owner in locked if owner in state.owners and owner not in self._there]
        if self.any or len(made) < _FEW:
            return frozenset()
        words = frozenset(_words(text))
        if not words.isdisjoint(_REACHING) or _says_otherwise(text, words):
            return frozenset()
        found = set()
        for owner in made:
            objects = state.owners[owner]
            known = self._names.get(owner)
            if known is None or known[0] is not objects:
                known = self._names[owner] = objects, _names(objects)
            if known[1] is not None and known[1].isdisjoint(words):
                found.add(owner)
        return frozenset(found)


def _says_otherwise(text: str, words: frozenset[str]) -> bool:
    """Whether a name may be written otherwise than it is: cut by the server, or with escapes."""
    return 'u&"' in text.lower() or any(len(word.encode()) > _LONGEST for word in words)


def _names(objects: Objects) -> frozenset[str] | None:
    """What a text would have to name to touch a relation; None where it need not name anything."""
    found: set[str] = set()
    for one in objects:
        if one.kind in _RELATIONS:
            if any(one.get(name) for name in _INHERITS):
                return None
            # a sequence goes with the table that it belongs to: schema, table, column
            found |= {one.key[1].lower(), *_words(one.get("owned by") or "")[-2:-1]}
        elif one.kind not in _COLUMNS:
            found.add(one.key[-1].lower())
    return frozenset(found) if {one.kind for one in objects} & _RELATIONS else None
