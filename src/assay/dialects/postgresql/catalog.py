"""The catalog of a PostgreSQL database as a state: read once, then only what was touched since."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from assay.catalog import CatalogObject, Snapshot
from assay.dialects.postgresql.fences import FULL, fence_query
from assay.dialects.postgresql.group_parts import GROUPS
from assay.dialects.postgresql.queries import LINKED, READ, catalog_query
from assay.dialects.postgresql.statements import GIVEN, Statements
from assay.dialects.values import Query

__all__ = [
    "UNKNOWN",
    "Filed",
    "Objects",
    "PostgreSQLState",
    "fences_of",
    "filed",
    "named_anew",
    "read_catalog",
]

_NAMES = {number: name for name, number in GROUPS.items()}

Objects = tuple[CatalogObject, ...]
UNKNOWN = ""
"""The fence of what was read without its fence."""


@dataclass(frozen=True)
class PostgreSQLState:
    """A catalog, each object filed under the relation (its oid) or group that it belongs to.

    A relation's fence changes whenever one of its catalog rows does. So a refresh is right in any
    transaction, also after a rollback to a savepoint, and from any older or newer state.
    """

    version: int
    server_version: str
    fences: Mapping[int, str] = field(repr=False)
    owners: Mapping[int, Objects] = field(repr=False)
    named: Mapping[int, Mapping[str, CatalogObject]] = field(repr=False)
    """Per group: oid to object."""
    refreshed: bool = False
    """Whether this is another state read again."""

    @cached_property
    def snapshot(self) -> Snapshot:
        """The catalog as it was when this state was read."""
        return Snapshot.make(
            "postgresql", self.server_version, (o for some in self.owners.values() for o in some)
        )

    def refresh(self, query: Query) -> PostgreSQLState:
        """The catalog now, at the price of one light scan and of what was touched.

        One statement when nothing was touched, two when tables or groups were, three when functions
        or types name a touched table, a full read (three) when something was renamed that any text
        may name: a schema, a type, an enum's label, a function.

        Whoever refreshes what was refreshed before will go on doing so: then two statements are
        kept prepared on the connection, and one more asks whether they are.
        """
        statements = Statements(query) if self.refreshed else None
        text = _fence_query(self.version)
        fences = fences_of(statements.run(text) if statements else query(text))
        touched = {
            owner
            for owner in fences.keys() | self.fences.keys()
            if fences.get(owner) != self.fences.get(owner)
        }
        if not touched:
            return self
        return self._touched(query, fences, touched, statements, complete=True)

    def copied(self, _query: Query) -> PostgreSQLState:
        """This one: a database made from a template has its very catalog rows."""
        return self

    def with_fences(
        self, query: Query, some: Mapping[int, str], statements: Statements
    ) -> PostgreSQLState:
        """As :meth:`refresh`, by whoever has asked the fences of all that was touched.

        :param some: owners and their fences, 0 for what is not there.
        """
        touched = {o for o, fence in some.items() if fence != self.fences.get(o, "0")}
        if not touched:
            return self
        gone = {owner for owner in touched if some[owner] == "0"}
        fences = {**self.fences, **{owner: some[owner] for owner in touched}}
        for owner in gone:
            fences.pop(owner, None)
        return self._touched(query, fences, touched, statements, complete=False)

    def with_objects(
        self,
        some: Mapping[int, Objects],
        touched: Collection[int],
        named: Mapping[int, Mapping[str, CatalogObject]],
    ) -> PostgreSQLState:
        """As :meth:`refresh`, by whoever has rendered all that was touched.

        :param some: all objects of the owners that are not as they were; of what is gone, none.
        :param touched: these, and what may have another fence all the same.
        :param named: those of groups, by their oid.
        """
        if not some and all(self.fences.get(owner) == UNKNOWN for owner in touched):
            return self
        fences = {**self.fences, **dict.fromkeys(touched, UNKNOWN)}
        owners = {**self.owners, **some}
        for owner, objects in some.items():
            if not objects:
                fences.pop(owner, None)
                del owners[owner]
        new = replace(
            self,
            fences=fences,
            owners=owners,
            named={**self.named, **named} if named else self.named,
            refreshed=True,
        )
        new.__dict__["snapshot"] = self._exchanged(some, some)
        return new

    def objects(self, owner: int) -> frozenset[CatalogObject]:
        """What belongs to a relation."""
        return frozenset(self.owners.get(owner, ()))

    @cached_property
    def has_domains(self) -> bool:
        """Whether a constraint may be a type's."""
        return any(o.kind == "domain" for o in self.named.get(GROUPS["types"], {}).values())

    @cached_property
    def has_composites(self) -> bool:
        """Whether a relation may be a type's."""
        return bool(self.snapshot.of_kind("composite type"))

    def _touched(
        self,
        query: Query,
        fences: Mapping[int, str],
        touched: set[int],
        statements: Statements | None,
        *,
        complete: bool,
    ) -> PostgreSQLState:
        """The state with what was touched read again.

        :param complete: nothing else was touched: all fences were asked.
        """
        if FULL in touched:
            return self._full(query, fences if complete else None)
        groups = [_NAMES[owner] for owner in sorted(touched) if owner < 0]
        relations = {owner for owner in touched if owner > 0}
        # What is gone altogether has nothing to read, and nothing left depends on it.
        there = relations & fences.keys()
        rows = self._partial(query, statements, there, groups) if there or groups else []
        linked = {str(row[2]) for row in rows if row[1] == LINKED} - set(groups)
        if linked:
            rows += query(catalog_query(self.version, relations=(), groups=sorted(linked)))
            groups += linked
        owners, named = _filed(rows)
        for group in groups:
            if named_anew(self.named.get(GROUPS[group], {}), named.get(GROUPS[group], {})):
                return self._full(query, fences if complete else None)
        read = {int(row[0]) for row in rows if row[1] == READ} | {GROUPS[g] for g in groups}
        read |= relations
        new = PostgreSQLState(
            self.version,
            self.server_version,
            fences,
            {**{o: v for o, v in self.owners.items() if o not in read}, **owners},
            {**{o: v for o, v in self.named.items() if o not in read}, **named},
            refreshed=True,
        )
        try:
            new.__dict__["snapshot"] = self._exchanged(read, owners)
        except ValueError:  # something goes by a name that something unread had
            return self._full(query, fences if complete else None)
        return new

    def _partial(
        self, query: Query, statements: Statements | None, relations: set[int], groups: list[str]
    ) -> list[tuple[Any, ...]]:
        if groups or statements is None:
            return query(catalog_query(self.version, relations=relations, groups=groups))
        return statements.run(_some_relations(self.version), relations)

    def _full(self, query: Query, fences: Mapping[int, str] | None) -> PostgreSQLState:
        if fences is None:
            fences = fences_of(query(_fence_query(self.version)))
        owners, named = _filed(query(catalog_query(self.version)))
        return PostgreSQLState(
            self.version, self.server_version, fences, owners, named, refreshed=True
        )

    def _exchanged(self, read: Iterable[int], owners: Mapping[int, Objects]) -> Snapshot:
        """The snapshot with the objects of what was read in the place of what those were."""
        gone = (o for owner in read for o in self.owners.get(owner, ()))
        return self.snapshot.exchanged(gone, (o for some in owners.values() for o in some))


def read_catalog(query: Query) -> PostgreSQLState:
    """The whole catalog, in three statements whatever its size.

    Written for PostgreSQL 13 to 18; run on 15.20 and 18.6. Left out: system and temporary schemas,
    what belongs to an extension, owners, grants, positions and oids.
    """
    row = query(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version')"
    )
    version = int(row[0][0])
    # Fences first: what changes between the two statements is then read once more, never missed.
    fences = fences_of(query(_fence_query(version)))
    owners, named = _filed(query(catalog_query(version)))
    return PostgreSQLState(version, str(row[0][1]).split()[0], fences, owners, named)


_fence_query = lru_cache(fence_query)


@lru_cache
def _some_relations(version: int) -> str:
    return catalog_query(version, relations=GIVEN, groups=())


def fences_of(rows: Iterable[tuple[Any, ...]]) -> dict[int, str]:
    """Rows of a query of fences, by owner."""
    return {int(owner): str(fence) for owner, fence in rows}


def _filed(
    rows: Iterable[tuple[Any, ...]],
) -> tuple[dict[int, Objects], dict[int, dict[str, CatalogObject]]]:
    """Rows as objects by owner, and those of a group by their oid as well."""
    owners: dict[int, list[CatalogObject]] = {}
    named: dict[int, dict[str, CatalogObject]] = {}
    for owner, kind, key, attributes in rows:
        if attributes is None:
            continue
        made, oid = _object_of(kind, key, attributes)
        owners.setdefault(int(owner), []).append(made)
        if oid is not None:
            named.setdefault(int(owner), {})[oid] = made
    return {owner: tuple(found) for owner, found in owners.items()}, named


class Filed(NamedTuple):
    """What belongs to no relation, of one kind; by its oid as well."""

    objects: Objects
    named: Mapping[str, CatalogObject]


def filed(rows: Iterable[tuple[Any, ...]], group: int) -> Filed:
    """Rows of one group."""
    owners, named = _filed(rows)
    return Filed(owners.get(group, ()), named.get(group, {}))


def _object_of(kind: str, key: str, attributes: str) -> tuple[CatalogObject, str | None]:
    """What a row renders, and its oid where it is told by that as well."""
    values = {n: v for n, v in json.loads(attributes).items() if v is not None}
    oid = values.pop("oid", None)
    return CatalogObject.make(kind, json.loads(key), {n: _text(v) for n, v in values.items()}), oid


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def named_anew(before: Mapping[str, CatalogObject], after: Mapping[str, CatalogObject]) -> bool:
    """Whether something has another name now, so that texts elsewhere changed unseen."""
    for oid, old in before.items():
        new = after.get(oid)
        if new is None:
            continue
        if new.key != old.key:
            return True
        if new.kind == "enum" and new != old:
            # A label is a name too: defaults and checks show it. Appending one is not renaming.
            labels, earlier = new.get("labels") or "", old.get("labels") or ""
            if not labels.startswith(earlier):
                return True
    return False
