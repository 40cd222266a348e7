"""The index that the server makes for a foreign key that has none to use.

It is named as the foreign key where that is named, else as its first column. Dropping the foreign
key leaves it; an index created later that serves as well makes it vanish. Measured on MariaDB 10.11.
"""

from __future__ import annotations

from functools import lru_cache

from assay.catalog import CatalogObject, Difference, Snapshot
from assay.generate.mysql.affected import KEYS, affected, covers, objects_of, renamed
from assay.generate.mysql.text import key_parts, names
from assay.generate.plan.comparison import Comparison

__all__ = ["Identity", "implicit_index", "kept_index", "shared", "with_foreign_keys"]

Identity = tuple[str, tuple[str, ...]]


def implicit_index(
    snapshot: Snapshot, foreign_key: CatalogObject, name: str
) -> CatalogObject | None:
    """The index of that name, if the server would make it for a foreign key by itself."""
    table = foreign_key.key[0]
    found = snapshot.get("index", table, name)
    columns = names(foreign_key.get("columns"))
    if found is None or found.get("type") != "BTREE" or found.get("comment"):
        return None
    parts = key_parts(found.get("columns"))
    if len(parts) != len(columns) or not all(p.plain for p in parts) or not covers(parts, columns):
        return None
    others = (o for kind in (*KEYS, "primary key") for o in objects_of(snapshot, kind, table))
    for other in others:
        ordered = other.get("type") not in ("FULLTEXT", "SPATIAL")
        if other != found and ordered and covers(key_parts(other.get("columns")), columns):
            return None
    return found


@lru_cache(maxsize=2)
def with_foreign_keys(
    c: Comparison,
) -> tuple[dict[Identity, CatalogObject], dict[Identity, CatalogObject]]:
    """Indexes that go, and those that come, with a foreign key: by that foreign key's identity."""
    pairs = renamed(c)
    goes = {o.identity: o for d in _index_changes(c) if (o := d.before) is not None}
    comes = {o.identity: o for d in _index_changes(c) if (o := d.after) is not None}
    for identity, new in pairs.items():
        goes.pop(identity, None)
        comes.pop(new.identity, None)
    return (
        _claimed(c.old, _moving(c, "before"), goes),
        _claimed(c.new, _moving(c, "after"), comes),
    )


def _index_changes(c: Comparison) -> list[Difference]:
    return [d for d in c.changed("index") if c.in_both(d.object.key[:1])]


def _moving(c: Comparison, side: str) -> list[CatalogObject]:
    """Foreign keys that are dropped or added, in tables that stay."""
    found = [
        one
        for d in c.changed("foreign key")
        if c.in_both(d.object.key[:1]) and (one := getattr(d, side)) is not None
    ]
    return found + [c.old.by_identity[("foreign key", key)] for key in affected(c).foreign_keys]


def shared(snapshot: Snapshot, foreign_key: CatalogObject) -> bool:
    """Whether another foreign key stands on the same columns: they have one index between them."""
    columns = foreign_key.get("columns")
    return any(
        other != foreign_key and other.get("columns") == columns
        for other in objects_of(snapshot, "foreign key", foreign_key.key[0])
    )


def kept_index(
    c: Comparison, snapshot: Snapshot, foreign_key: CatalogObject, *, named_so: bool = True
) -> CatalogObject | None:
    """An index that stays, and that adding the foreign key could replace by one of its own name.

    Only one that the server made can be: it is named as a foreign key or as a column.

    :param named_so: the foreign key is added under its name; one of that name is the same then.
    """
    table, columns = foreign_key.key[0], names(foreign_key.get("columns"))
    known = affected(c)
    for found in objects_of(snapshot, "index", table):
        parts = key_parts(found.get("columns"))
        if (
            len(parts) == len(columns)
            and covers(parts, columns)
            and c.old.by_identity.get(found.identity) == c.new.by_identity.get(found.identity)
            and found.identity not in known.keys
            and found.get("type") == "BTREE"
            and (
                not named_so or found.key[1] != foreign_key.key[1] or shared(snapshot, foreign_key)
            )
        ):
            return found
    return None


def _claimed(
    snapshot: Snapshot, foreign_keys: list[CatalogObject], changed: dict[Identity, CatalogObject]
) -> dict[Identity, CatalogObject]:
    found = {}
    for one in foreign_keys:
        index = implicit_index(snapshot, one, one.key[1])
        if index is not None and changed.get(index.identity) == index and not shared(snapshot, one):
            found[one.identity] = index
    return found
