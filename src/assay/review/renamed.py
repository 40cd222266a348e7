"""Tables and columns that a revision renames: seen of its statements, or said by its operations.

PostgreSQL tells a table that got another name. Elsewhere a statement did it that says so (``RENAME``)
and that took one name away and gave one to the same columns. What the operations of the file say
counts as well: a batch on SQLite renames a column by copying its table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.catalog import CatalogObject, Change, Difference, Snapshot
from assay.generate.names import Names
from assay.generate.renames import default_schema_of, renames_in
from assay.review.rule import Identity
from assay.review.seen import statement_by_statement
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["Renames", "renames_of"]

_SAYS_SO = re.compile(r"\b(?:RENAME|CHANGE)\b", re.IGNORECASE)
_DOES_MORE = re.compile(r"\b(?:ADD|DROP)\b", re.IGNORECASE)
"""What would make a name go and another come without a rename; a database's word for it is not asked."""

Pair = tuple[CatalogObject, CatalogObject]


@dataclass(frozen=True)
class Renames:
    """What a revision renames.

    :param whole: objects as they are after the revision, by the identity that they had before it.
    :param steps: for each operation what it renamed: as it was, as it is then.
    :param names: every name that a table of before the revision had meanwhile, and the one it had first.
    :param told: the operations without what a renamed table only took along.
    """

    whole: Mapping[Identity, CatalogObject] = field(default_factory=dict)
    steps: tuple[tuple[Pair, ...], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    told: tuple[OperationEffect, ...] = ()


def renames_of(
    path: Path, effects: tuple[OperationEffect, ...], before: Snapshot, after: Snapshot
) -> Renames:
    """What is gone under its old name and there under another; columns of a renamed table with it.

    :param path: the revision file.
    """
    now: dict[Identity, Identity] = {}
    names = {found.name: found.name for found in before.of_kind("table")}
    steps, told = [], []
    for effect in effects:
        made: list[Pair] = []
        along: set[Identity] = set()
        for statement, differences in statement_by_statement(effect):
            pairs = tuple(_pairs(statement, differences))
            _follow(now, pairs, before)
            # not the copy of a batch, whose keys are new
            tables = [(old, new) for old, new in pairs if old.kind == "table" and old.name in names]
            names |= {new.name: names[old.name] for old, new in tables}
            along |= _taken_along(tables, differences)
            made += pairs
        _drop(now, effect, before)
        steps.append(tuple(made))
        told.append(
            replace(
                effect,
                differences=tuple(d for d in effect.differences if d.identity not in along),
            )
            if along
            else effect
        )
    whole = {
        was: after.by_identity[identity]
        for was, identity in now.items()
        if was not in after.by_identity and was != identity and identity in after.by_identity
    }
    said = dict(_said(path, before, after))
    return Renames(whole | said, tuple(steps), names, tuple(told))


def _follow(now: dict[Identity, Identity], pairs: tuple[Pair, ...], before: Snapshot) -> None:
    """Keep under which identity each thing of before goes, after one statement."""
    was = {identity: first for first, identity in now.items()}
    for old, new in pairs:
        first = was.get(old.identity)
        if first is None and old.identity in before.by_identity and old.identity not in now:
            first = old.identity
        if first is not None:
            now[first] = new.identity


def _drop(now: dict[Identity, Identity], effect: OperationEffect, before: Snapshot) -> None:
    """What an operation leaves away is not what comes under its name later; a batch makes it anew."""
    was = {identity: first for first, identity in now.items()}
    for difference in effect.differences:
        identity = difference.identity
        if difference.change is not Change.REMOVED:
            continue
        first = was.get(identity, identity)
        if now.get(first, first) == identity and first in before.by_identity:
            now[first] = _NOWHERE


def _taken_along(tables: list[Pair], differences: tuple[Difference, ...]) -> set[Identity]:
    """Keys, indexes and more of renamed tables, under both names."""
    identities = {(d.change, d.identity) for d in differences}
    found: set[Identity] = set()
    for change, (kind, key) in identities:
        if change is not Change.REMOVED or kind in ("table", "column"):
            continue
        for old, new in tables:
            moved = (kind, (*new.key, key[-1]))
            if key[:-1] == old.key and (Change.ADDED, moved) in identities:
                found |= {(kind, key), moved}
    return found


_NOWHERE: Identity = ("", ())


def _pairs(statement: StatementEffect, differences: tuple[Difference, ...]) -> Iterator[Pair]:
    """Tables and columns that one statement renamed."""
    removed = [d.object for d in differences if d.change is Change.REMOVED]
    added = [d.object for d in differences if d.change is Change.ADDED]
    gone = {found.name: found for found in removed if found.kind == "table"}
    come = {found.name: found for found in added if found.kind == "table"}
    pairs = [
        (gone[old], come[new])
        for old, new in statement.observed.renamed.items()
        if old in gone and new in come
    ]
    says_so = bool(_SAYS_SO.search(statement.sql))
    if not pairs and says_so and len(gone) == len(come) == 1:
        old, new = next(iter(gone.values())), next(iter(come.values()))
        if _columns(removed, old) == _columns(added, new):
            pairs.append((old, new))
    for table, becomes in pairs:
        yield table, becomes
        there = {o.key[-1]: o for o in added if o.kind == "column" and o.key[:-1] == becomes.key}
        for column in removed:
            its = column.kind == "column" and column.key[:-1] == table.key
            if its and column.key[-1] in there:
                yield column, there[column.key[-1]]
    if pairs or not says_so or _DOES_MORE.search(statement.sql):
        return
    columns = [[o for o in some if o.kind == "column"] for some in (removed, added)]
    if [len(some) for some in columns] == [1, 1]:
        (was,), (is_now,) = columns
        if was.key[:-1] == is_now.key[:-1] and was.attributes == is_now.attributes:
            yield was, is_now


def _columns(objects: list[CatalogObject], table: CatalogObject) -> set[tuple[str, str | None]]:
    return {
        (found.key[-1], found.get("type"))
        for found in objects
        if found.kind == "column" and found.key[:-1] == table.key
    }


def _said(
    path: Path, before: Snapshot, after: Snapshot
) -> Iterator[tuple[Identity, CatalogObject]]:
    """What the operations say, where the catalogs bear it out."""
    made = renames_in(path)
    if not (made.tables or made.columns):
        return
    default = default_schema_of(before)
    old, new = Names(before, default), Names(after, default)
    for key in old.tables.values():
        name = old.text(key)
        now = new.tables.get(made.tables.get(name, name))
        if now is None:
            continue
        if now != key and ("table", key) not in after.by_identity:
            yield ("table", key), after.by_identity["table", now]
        for column in old.columns_of(key):
            identity = ("column", (*key, column))
            becomes = made.columns.get(f"{name}.{column}", column)
            found = new.columns_of(now).get(becomes)
            if found is not None and found.identity != identity:
                yield identity, found
