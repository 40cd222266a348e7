"""What the rows that render plain tables say, beside what was known, and when they do not say it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from assay.catalog import CatalogObject
from assay.dialects.postgresql.catalog import Filed, Objects, PostgreSQLState, named_anew
from assay.dialects.postgresql.others import TYPES, Others
from assay.dialects.postgresql.place import Place
from assay.dialects.postgresql.plain_rows import (
    SEQUENCE,
    Address,
    Row,
    carried,
    is_commented,
    objects_of,
    relation_of,
    said,
)
from assay.dialects.postgresql.scope import Scope

__all__ = ["Changes", "RenderedTables", "Seen", "enums_of"]

_Known = Mapping[tuple[str, tuple[str, ...]], CatalogObject]


class Seen(NamedTuple):
    """A table as it is now.

    :param moved: whether a catalog row of it was written since it was seen before; None: it was not.
    """

    objects: Objects
    moved: bool | None


class Changes(NamedTuple):
    """What is not as it was.

    :param owners: all objects of each owner; of what is gone, none.
    :param named: those of groups, by their oid.
    """

    owners: Mapping[int, Objects]
    named: Mapping[int, Mapping[str, CatalogObject]]


class RenderedTables:
    """Reads the rows of :mod:`assay.dialects.postgresql.plain`, each text once."""

    def __init__(self) -> None:
        self._before: dict[int, _Rows] = {}
        self._now: dict[int, _Rows] = {}

    def forget(self) -> None:
        """What was seen is not what will have been there before."""
        self._before.clear()
        self._now.clear()

    def see(
        self, state: PostgreSQLState, now: Place, *, again: bool = False
    ) -> Mapping[int, Seen] | None:
        """The tables that are locked; None where they were not all rendered as they are.

        :param state: of before the statement: what it did not write is as it is there.
        :param again: after the same statement.
        """
        if now.fences is not None or not now.few:
            self.forget()
            return None
        if not again:
            self._before.update(self._now)
            self._now.clear()
        rows: dict[int, list[Row]] = {}
        for row in now.rendered:
            rows.setdefault(int(row[0]), []).append(row)
        found: dict[int, Seen] = {}
        for owner, some in rows.items():
            before, texts = self._before.get(owner), frozenset(some)
            if before is not None and before.texts == texts:
                self._now[owner] = before
                found[owner] = Seen(state.owners.get(owner, ()), False)
                continue
            relation = relation_of(some)
            read = [said(relation, row) for row in some]
            objects = objects_of(read, state.owners.get(owner, ()))
            if objects is None:
                self.forget()
                return None
            new = self._now[owner] = _Rows(texts, frozenset(one.address for one in read))
            moved = None if before is None else before.addresses != new.addresses
            found[owner] = Seen(objects, moved)
        return found

    def renamed(self, state: PostgreSQLState, seen: Mapping[int, Seen]) -> set[int] | None:
        """The tables of which something may have another name now, which texts of others may show.

        :returns: None where it has what only its old name tells.
        """
        found: set[int] = set()
        for owner, (objects, moved) in seen.items():
            known = state.owners.get(owner, ())
            if moved is False or not known:
                continue
            new = {o.identity for o in objects}
            gone = [o for o in known if o.identity not in new]
            old = {o.identity for o in known}
            if _renamed({o.identity for o in gone}, new - old):
                found.add(owner)
                if any(carried(one) - {"comment"} or is_commented(one) for one in gone):
                    return None
        return found

    def changed(
        self,
        state: PostgreSQLState,
        now: Place,
        seen: Mapping[int, Seen],
        others: Others | None,
        groups: Mapping[int, Filed],
        *,
        whole: bool = False,
        scope: Scope = Scope.TABLES,
        described: int = 0,
        rules: int = 0,
        triggers: bool = False,
    ) -> Changes | None:
        """What is not as the state has it.

        :param others: what is there beside plain tables, where that was asked for.
        :param groups: what belongs to no relation and may have been touched.
        :param whole: all that may tell of another name was rendered.
        :param described: how many comments were written.
        :param rules: how many rules were; each view is one.
        :param triggers: whether triggers may have been.
        :returns: None when it takes more to know: a view or a sequence has another name, say.
        """
        new: dict[int, Objects] = {}
        for owner, (objects, moved) in seen.items():
            if others is not None:
                if whole or described:
                    objects = tuple(_commented(one, others) for one in objects)
                if triggers:
                    kept = (one for one in objects if one.kind != "trigger")
                    objects = (*kept, *others.triggers.get(owner, ()))
                objects = tuple(_identified(one, owner, others) for one in objects)
            elif moved is False:
                continue
            if any(one.get("identity") and not one.get(SEQUENCE) for one in objects):
                return None
            new[owner] = objects
        for group, now_there in groups.items():
            if named_anew(state.named.get(group, {}), now_there.named):
                return None
            new[group] = now_there.objects
        if others is not None:
            new |= others.relations
        if scope is not Scope.TABLES:
            there = seen.keys() | now.skipped | now.beside
            new |= {
                owner: ()
                for owner in now.owners
                if owner in state.owners and owner not in there and owner not in new
            }
        found: dict[int, Objects] = {}
        comments = views = 0
        for owner, objects in new.items():
            known = state.owners.get(owner, ())
            old, come = ({o.identity: o for o in some} for some in (known, objects))
            if old == come:
                continue
            if not known and others is None and owner not in groups:
                return None
            if (
                others is not None
                and owner in others.relations
                and _renamed(old.keys() - come.keys(), come.keys() - old.keys())
            ):
                return None
            comments += _comments(old, come) if described else 0
            views += _definition(known) != _definition(objects)
            found[owner] = objects
        if described != comments or rules > (0 if whole else views):
            return None
        return Changes(
            found, {group: groups[group].named for group in groups.keys() & found.keys()}
        )


def _definition(objects: Objects) -> str | None:
    """Of a view."""
    return next((one.get("definition") for one in objects if one.kind == "view"), None)


def enums_of(state: PostgreSQLState, others: Others) -> Filed | None:
    """The types that there are now; None where more than enums were touched."""
    known = state.named.get(TYPES, {})
    rest = {oid: one for oid, one in known.items() if one.kind != "enum"}
    if others.type_written or not rest.keys() <= others.types:
        return None
    kept = [one for one in state.owners.get(TYPES, ()) if one.kind != "enum"]
    return Filed((*kept, *others.enums.values()), {**rest, **others.enums})


def _commented(one: CatalogObject, others: Others) -> CatalogObject:
    """A table or a column with the comment that it has now."""
    if one.kind not in ("table", "column"):
        return one
    return _with(one, "comment", others.comments.get(one.key))


def _identified(one: CatalogObject, owner: int, others: Others) -> CatalogObject:
    """An identity column with what its sequence is now, where that is locked."""
    if not one.get("identity"):
        return one
    return _with(one, SEQUENCE, others.identities.get((owner, one.key[-1]), one.get(SEQUENCE)))


def _with(one: CatalogObject, name: str, value: str | None) -> CatalogObject:
    if one.get(name) == value:
        return one
    attributes = {n: v for n, v in one.attributes if n != name}
    if value is not None:
        attributes[name] = value
    return CatalogObject.make(one.kind, one.key, attributes)


def _comments(old: _Known, new: _Known) -> int:
    """How many comments are not what they were."""
    return sum(
        (old[identity].get(name) if identity in old else None)
        != (new[identity].get(name) if identity in new else None)
        for identity in old.keys() | new.keys()
        for name in ("comment", "index comment")
    )


class _Rows(NamedTuple):
    texts: frozenset[Row]
    addresses: frozenset[Address]


def _renamed(gone: set[tuple[str, Any]], came: set[tuple[str, Any]]) -> bool:
    """Whether something may have another name now, which texts of others may show."""
    return not {kind for kind, _ in gone}.isdisjoint(kind for kind, _ in came)
