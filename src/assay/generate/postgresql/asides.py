"""Names that something else shall have: what holds one now steps aside before anything is changed.

Tables, indexes, the constraints with an index behind them, and sequences share the names of a
schema. A table that is renamed or dropped keeps the names of what is in it, and a table that
takes its place asks for the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.matching import essence, inherited
from assay.generate.postgresql.sequence_texts import IdentityText, owner_of
from assay.operations.constraints import RenameConstraintOp
from assay.operations.indexes import RenameIndexOp
from assay.operations.sequences import RenameSequenceOp

__all__ = ["aside_name", "aside_steps"]

_BACKED = ("primary key", "unique", "exclusion")
_LONGEST = 63  # NAMEDATALEN - 1

Relation = tuple[str, str]


def aside_name(name: str) -> str:
    """The name that something waits under."""
    return f"_assay_{name}"[:_LONGEST]


def aside_steps(
    default: str, old: Snapshot, new: Snapshot, tables: Mapping[TableKey, TableKey]
) -> Iterator[Step]:
    """Rename what holds a name that belongs to another table's in the models.

    :param old: the catalog before the declared renames.
    :param tables: the declared renames of tables, old key to new.
    """
    wanted = {relation: table for relation, table, _ in _relations(new)}
    replaced = set(tables.values()) - set(tables)
    for relation, table, found in _relations(old):
        now = tables.get(table, table)
        other = wanted.get((now[0], relation[1]))
        if other is None or (other == now and table not in replaced):
            continue
        gone = table in replaced or ("table", now) not in new.by_identity
        if gone or table in tables or _renamed(found, new):
            schema = None if relation[0] == default else relation[0]
            op = _rename(found, relation[1], schema)
            yield Step(Phase.RENAME, [op], [op.reverse()], (*table, relation[1]))


def _relations(side: Snapshot) -> Iterator[tuple[Relation, TableKey, CatalogObject]]:
    """Every name but tables' own, the table that it is for, and what holds it."""
    for kind in ("index", *_BACKED):
        for found in side.of_kind(kind):
            if not inherited(found):
                yield (found.key[0], found.key[2]), found.key[:2], found
    for found in side.of_kind("sequence"):
        owner = owner_of(found)
        if owner is not None:
            yield (found.key[0], found.key[1]), owner[:2], found
    for found in side.of_kind("column"):
        if found.get("identity") is not None:
            sequence = IdentityText.of(found).sequence
            yield (sequence[0], sequence[1]), found.key[:2], found


def _renamed(found: CatalogObject, new: Snapshot) -> bool:
    """Whether the same is there under another name: it is renamed then, not dropped before."""
    if found.kind not in ("index", *_BACKED):
        return True
    return any(
        o.key[:2] == found.key[:2] and essence(o) == essence(found) for o in new.of_kind(found.kind)
    )


def _rename(
    found: CatalogObject, name: str, schema: str | None
) -> RenameIndexOp | RenameConstraintOp | RenameSequenceOp:
    aside = aside_name(name)
    if found.kind == "index":
        return RenameIndexOp(found.key[1], name, aside, schema)
    if found.kind in _BACKED:
        return RenameConstraintOp(found.key[1], name, aside, schema)
    return RenameSequenceOp(name, aside, schema)
