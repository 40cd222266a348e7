"""What must go and come again though it stays the same: the server refuses the change under it.

Measured on MariaDB 10.11. A column whose type or collation changes must be in no foreign key, on
either side (errors 1832, 1833); an index that a foreign key needs cannot be dropped (1553), on
either side (1025); a VIRTUAL column cannot be modified into a plain or STORED one, nor these into it
(1907), so that it is dropped and made anew; a FULLTEXT index wants its columns in one character set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from assay.catalog import CatalogObject, Snapshot
from assay.catalog.difference import Change
from assay.generate.mysql.text import KeyPart, key_parts, mentions, names
from assay.generate.plan.comparison import Comparison

__all__ = ["KEYS", "Affected", "affected", "covers", "objects_of", "renamed"]

KEYS = ("index", "unique")
_TYPE = ("type", "charset", "collation", "generated", "generated kind")

ColumnKey = tuple[str, ...]


@lru_cache(maxsize=2)
def affected(c: Comparison) -> Affected:
    """The one of a comparison."""
    return Affected(c)


def covers(parts: Iterable[KeyPart], columns: tuple[str, ...]) -> bool:
    """Whether an index serves a foreign key on these columns: they come first, in any direction."""
    first = list(parts)[: len(columns)]
    return len(first) == len(columns) and all(
        part.column is not None
        and part.length is None
        and part.column.casefold() == column.casefold()
        for part, column in zip(first, columns, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Affected:
    """Unchanged objects of tables that stay, which a change stands on."""

    c: Comparison

    def both(self, kind: str) -> Iterable[tuple[CatalogObject, CatalogObject]]:
        """Objects before and after of tables that stay, the same or not."""
        for old in self.c.old.of_kind(kind):
            new = self.c.new.by_identity.get(old.identity)
            if new is not None and self.c.in_both(old.key[:1]):
                yield old, new

    @cached_property
    def retyped(self) -> frozenset[ColumnKey]:
        """Columns whose type or collation changes."""
        return frozenset(
            old.key
            for old, new in self.both("column")
            if any(old.get(name) != new.get(name) for name in _TYPE)
        )

    @cached_property
    def replaced(self) -> frozenset[ColumnKey]:
        """Columns that ``MODIFY`` cannot make what they become, and generated ones that name one."""
        found: set[ColumnKey] = set()
        # a generated column must stand after those it is made from, and what is added stands last
        moved = {
            d.object.key
            for d in self.c.changed("column")
            if d.change is not Change.ALTERED and d.object.get("generated") is not None
        }
        generated = []
        for old, new in self.both("column"):
            kinds = {old.get("generated kind"), new.get("generated kind")}
            if len(kinds) == 2 and "virtual" in kinds:
                found.add(old.key)
            if any(kinds):
                generated.append((old, new))
        grown = True
        while grown:
            grown = False
            for old, new in generated:
                if old.key not in found and any(
                    mentions(side.get("generated"), key[1])
                    for side in (old, new)
                    for key in found | moved
                    if key[0] == old.key[0]
                ):
                    found.add(old.key)
                    grown = True
        return frozenset(found)

    @cached_property
    def rekeyed_tables(self) -> frozenset[str]:
        """Tables whose indexes would keep the KEY_BLOCK_SIZE that the table had."""
        return frozenset(
            old.key[0] for old, new in self.both("table") if _block_size(old) != _block_size(new)
        )

    def unchanged(self, found: CatalogObject) -> bool:
        """Whether an object of the old catalog is the same in the new."""
        return self.c.new.by_identity.get(found.identity) == found

    @cached_property
    def keys(self) -> frozenset[tuple[str, ColumnKey]]:
        """Identities of unchanged indexes, unique and primary keys that must be made again."""
        found = set()
        for kind in (*KEYS, "primary key"):
            for old, _ in self.both(kind):
                if self.unchanged(old) and self._again(old):
                    found.add(old.identity)
        return frozenset(found)

    def _again(self, old: CatalogObject) -> bool:
        table = old.key[0]
        columns = [(table, p.column) for p in key_parts(old.get("columns")) if p.column]
        moved = set(self.replaced)
        if old.get("type") in ("FULLTEXT", "SPATIAL"):
            moved |= self.retyped
        return table in self.rekeyed_tables or any(column in moved for column in columns)

    @cached_property
    def checks(self) -> frozenset[tuple[str, ColumnKey]]:
        """Identities of unchanged CHECKs that name a column which is made anew."""
        return frozenset(
            old.identity
            for old, _ in self.both("check")
            if self.unchanged(old)
            and any(
                key[0] == old.key[0] and mentions(old.get("check"), key[1]) for key in self.replaced
            )
        )

    @cached_property
    def foreign_keys(self) -> frozenset[ColumnKey]:
        """Keys of unchanged foreign keys that must be dropped before and added after."""
        moved = self.retyped | self.replaced
        found = set()
        for old, _ in self.both("foreign key"):
            if not self.unchanged(old):
                continue
            columns, target = names(old.get("columns")), names(old.get("target"))[-1]
            remote = names(old.get("target columns"))
            if (
                any((old.key[0], column) in moved for column in columns)
                or any((target, column) in moved for column in remote)
                or not self._stays_covered(old.key[0], columns)
                or not self._stays_covered(target, remote)
            ):
                found.add(old.key)
        return frozenset(found)

    def _stays_covered(self, table: str, columns: tuple[str, ...]) -> bool:
        kept = set(renamed(self.c))
        for kind in (*KEYS, "primary key"):
            for old in self.c.old.of_kind(kind):
                if old.key[0] != table or not covers(key_parts(old.get("columns")), columns):
                    continue
                if old.get("type") in ("FULLTEXT", "SPATIAL"):
                    continue
                if self.unchanged(old) and old.identity not in self.keys:
                    return True
                if old.identity in kept:
                    return True
        return False


def renamed(c: Comparison) -> dict[tuple[str, ColumnKey], CatalogObject]:
    """Indexes that have another name only: identity of the old one, the new one."""
    added: dict[tuple[object, ...], list[CatalogObject]] = {}
    removed = []
    for d in c.changed(*KEYS):
        if c.in_both(d.object.key[:1]):
            if d.change is Change.ADDED:
                added.setdefault(_definition(d.object), []).append(d.object)
            elif d.change is Change.REMOVED:
                removed.append(d.object)
    found = {}
    for old in removed:
        if same := added.get(_definition(old)):
            found[old.identity] = same.pop(0)
    return found


def _definition(found: CatalogObject) -> tuple[object, ...]:
    return (found.kind, found.key[0], found.attributes)


def _block_size(table: CatalogObject) -> str | None:
    options = (table.get("options") or "").split()
    return next((o.partition("=")[2] for o in options if o.startswith("key_block_size=")), None)


def objects_of(snapshot: Snapshot, kind: str, table: str) -> list[CatalogObject]:
    """Objects of a kind that belong to a table."""
    return [found for found in snapshot.of_kind(kind) if found.key[0] == table]
