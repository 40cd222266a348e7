"""What must go and come again though it stays the same: the server refuses the change under it. And what
can give way to another in one statement, so that nothing that stands on it must.

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
from assay.generate.plan.step import Phase

__all__ = ["KEYS", "Affected", "affected", "covers", "numbered", "objects_of", "renamed"]

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

    @cached_property
    def moved(self) -> frozenset[ColumnKey]:
        """Columns that are not the same all the time, nor their values."""
        changed = {d.object.key for d in self.c.changed("column")}
        mapped = {self.c.answers.now(target) for target in self.c.answers.values}
        return frozenset(changed | self.replaced | mapped)

    def turn(
        self, before: Iterable[ColumnKey], after: Iterable[ColumnKey], phases: tuple[Phase, Phase]
    ) -> Phase | None:
        """When an old one can give way to a new one: both must be possible then.

        Behind the changes of columns, where the old one names none that changes; else before them,
        where the new one names none. So it is on the way back.

        :param before: the columns that the old one names; ``after``, the new one.
        :param phases: before the changes of columns, and behind them.
        """
        early, late = phases
        if self.moved.isdisjoint(before):
            return late
        return early if self.moved.isdisjoint(after) else None

    def in_its_place(self, old: CatalogObject) -> tuple[CatalogObject, Phase] | None:
        """What one statement puts in the place of an index, a UNIQUE, a CHECK or a primary key, and when."""
        kinds = KEYS if old.kind in KEYS else (old.kind,)
        changed = [d for d in self.c.changed(*kinds) if d.object.key == old.key]
        new = next((d.after for d in changed if d.after is not None), None)
        table = old.key[0]
        if new is None or self.unchanged(old) or not any(d.before == old for d in changed):
            return None
        if not self.c.in_both((table,)) or table in self.rekeyed_tables:
            return None
        if old.kind == "primary key" and not self._numbers(old, new):
            return None
        late = Phase.ADD_KEY if new.kind in ("unique", "primary key") else Phase.ADD_INDEX
        phase = self.turn(self._named(old), self._named(new), (Phase.DROP_INDEX, late))
        return None if phase is None else (new, phase)

    def _numbers(self, *keys: CatalogObject) -> bool:
        """Whether an AUTO_INCREMENT column is the first of an index all the time, as it must be."""
        table = keys[0].key[0]
        old, new = numbered(self.c.old, table), numbered(self.c.new, table)
        if old is None or new is None or old != new:
            return old is new
        first = all(covers(key_parts(key.get("columns")), old.key[1:]) for key in keys)
        return first or self.stays_covered(table, old.key[1:], KEYS)

    def _named(self, found: CatalogObject) -> Iterable[ColumnKey]:
        """The columns that an index or a constraint names."""
        text = found.get("check") if found.kind == "check" else found.get("columns")
        listed = {str(part.column).casefold() for part in key_parts(found.get("columns"))}
        for side in (self.c.old, self.c.new):
            for column in objects_of(side, "column", found.key[0]):
                if mentions(text, column.key[1]) or column.key[1].casefold() in listed:
                    yield column.key

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
                or not self.stays_covered(old.key[0], columns)
                or not self.stays_covered(target, remote)
            ):
                found.add(old.key)
        return frozenset(found)

    def stays_covered(
        self, table: str, columns: tuple[str, ...], kinds: tuple[str, ...] = (*KEYS, "primary key")
    ) -> bool:
        """Whether an index that serves a foreign key, on either side of it, is there all the time."""
        kept = set(renamed(self.c))
        for kind in kinds:
            for old in self.c.old.of_kind(kind):
                if old.key[0] != table or not _serves(old, columns):
                    continue
                if self.unchanged(old) and old.identity not in self.keys:
                    return True
                if old.identity in kept:
                    return True
                place = self.in_its_place(old)
                if place is not None and _serves(place[0], columns):
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


def _serves(index: CatalogObject, columns: tuple[str, ...]) -> bool:
    ordered = index.get("type") not in ("FULLTEXT", "SPATIAL")
    return ordered and covers(key_parts(index.get("columns")), columns)


def numbered(snapshot: Snapshot, table: str) -> CatalogObject | None:
    """The AUTO_INCREMENT column of a table."""
    columns = objects_of(snapshot, "column", table)
    return next((found for found in columns if found.get("autoincrement")), None)


def _definition(found: CatalogObject) -> tuple[object, ...]:
    return (found.kind, found.key[0], found.attributes)


def _block_size(table: CatalogObject) -> str | None:
    options = (table.get("options") or "").split()
    return next((o.partition("=")[2] for o in options if o.startswith("key_block_size=")), None)


def objects_of(snapshot: Snapshot, kind: str, table: str) -> list[CatalogObject]:
    """Objects of a kind that belong to a table."""
    return [found for found in snapshot.of_kind(kind) if found.key[0] == table]
