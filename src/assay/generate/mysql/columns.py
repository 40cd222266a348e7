"""Columns of tables that stay: added, dropped, redefined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column

from assay.catalog import CatalogObject, Snapshot
from assay.generate.mysql.affected import affected, objects_of
from assay.generate.mysql.definitions import new_column, old_column
from assay.generate.mysql.primary_keys import rekeyed
from assay.generate.mysql.text import mentions
from assay.generate.mysql.uuids import without_hyphens
from assay.generate.mysql.values import remapped
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.slots import BackfillOp
from assay.operations.columns import FillNullsOp
from assay.operations.modify_column import AddKeyedColumnOp, ModifyColumnOp, ReplaceColumnOp

__all__ = ["depth", "steps"]

Ops = list[ops.MigrateOperation]


def steps(c: Comparison) -> Iterator[Step]:
    """Generated columns come after, and go before, those they are made from."""
    replaced = affected(c).replaced
    for d in c.changed("column"):
        old, new = d.before, d.after
        if not c.in_both(d.object.key[:1]) or d.object.key in replaced:
            continue
        if old is None and new is not None:
            yield from _added(c, new)
        elif new is None and old is not None:
            yield from _dropped(c, old)
        elif old is not None and new is not None:
            yield from _altered(c, old, new)
    for key in sorted(replaced):
        old, new = c.old.by_identity["column", key], c.new.by_identity["column", key]
        yield from _replaced(c, old, new)


def _added(c: Comparison, new: CatalogObject) -> Iterator[Step]:
    table, name = new.key
    column = new_column(c, new)
    drop: Ops = [ops.DropColumnOp(table, name)]
    if new.get("generated") is not None:
        rank = 100 + depth(c.new, new)
        yield Step(Phase.ALTER_COLUMN, [ops.AddColumnOp(table, column)], drop, new.key, rank)
    elif new.get("autoincrement") is not None:
        yield Step(Phase.ADD_COLUMN, [AddKeyedColumnOp(table, column)], drop, new.key)
    elif _needs_value(new):
        add: Ops = [ops.AddColumnOp(table, _nullable(new_column(c, new)))]
        yield Step(Phase.ADD_COLUMN, add, drop, new.key)
        yield Step(Phase.BACKFILL, [BackfillOp(table, name, None)], [], new.key)
        yield Step(Phase.ALTER_COLUMN, [ModifyColumnOp(table, column)], [], new.key)
    else:
        yield Step(Phase.ADD_COLUMN, [ops.AddColumnOp(table, column)], drop, new.key)


def _dropped(c: Comparison, old: CatalogObject) -> Iterator[Step]:
    table, name = old.key
    column = old_column(c, old)
    drop: Ops = [ops.DropColumnOp(table, name)]
    add: Ops = [ops.AddColumnOp(table, column)]
    if old.get("generated") is not None:
        rank = -100 - depth(c.old, old)
        yield Step(Phase.ADD_COLUMN, drop, add, old.key, rank)
        return
    if old.get("autoincrement") is not None:
        add = [AddKeyedColumnOp(table, column)]
    elif _needs_value(old):
        add = [
            ops.AddColumnOp(table, _nullable(old_column(c, old))),
            BackfillOp(table, name, None),
            ModifyColumnOp(table, column),
        ]
    yield Step(Phase.DROP_COLUMN, drop, add, old.key)


def _altered(c: Comparison, old: CatalogObject, new: CatalogObject) -> Iterator[Step]:
    table, name = new.key
    before, after = old_column(c, old), new_column(c, new)
    if rekeyed(c, table):
        # the step of the key switches AUTO_INCREMENT off before and on after
        if _apart_from_numbers(old) == _apart_from_numbers(new):
            return
        before.autoincrement = after.autoincrement = "auto"
    do, undo = remapped(c, old, new)
    do, undo = [*do, *without_hyphens(c, old, new)], [*undo, *without_hyphens(c, new, old)]
    if new.get("not null") == "true" and old.get("not null") != "true":
        slot = BackfillOp(table, name, None)
        if new.get("default") is None or c.answers.fills(slot.target):
            yield Step(Phase.BACKFILL, [slot], [], new.key)
        else:
            nullable = _nullable(new_column(c, new))
            nullable.autoincrement = "auto"
            do = [*do, ModifyColumnOp(table, nullable), FillNullsOp(table, name)]
    yield Step(
        Phase.ALTER_COLUMN,
        [*do, ModifyColumnOp(table, after)],
        [*undo, ModifyColumnOp(table, before)],
        new.key,
        50 if new.get("generated") is not None else 0,
    )


def _replaced(c: Comparison, old: CatalogObject, new: CatalogObject) -> Iterator[Step]:
    table, name = new.key
    before, after = old_column(c, old), new_column(c, new)
    drop: Ops = [ops.DropColumnOp(table, name)]
    to_plain, from_plain = new.get("generated") is None, old.get("generated") is None
    if to_plain or from_plain:
        make: Ops = [ReplaceColumnOp(table, after) if to_plain else ops.AddColumnOp(table, after)]
        back: Ops = [
            ReplaceColumnOp(table, before) if from_plain else ops.AddColumnOp(table, before)
        ]
        do = make if to_plain else [*drop, *make]
        undo = back if from_plain else [*drop, *back]
        yield Step(Phase.ALTER_COLUMN, do, undo, new.key, 50)
        return
    gone, come = depth(c.old, old), depth(c.new, new)
    yield Step(Phase.ADD_COLUMN, drop, [ops.AddColumnOp(table, before)], old.key, -100 - gone)
    yield Step(Phase.ALTER_COLUMN, [ops.AddColumnOp(table, after)], drop, new.key, 100 + come)


def _needs_value(found: CatalogObject) -> bool:
    return (
        found.get("not null") == "true"
        and found.get("default") is None
        and found.get("on update") is None
        and found.get("autoincrement") is None
    )


def _nullable(column: Column[Any]) -> Column[Any]:
    column.nullable = True
    return column


def _apart_from_numbers(found: CatalogObject) -> dict[str, Any]:
    return {k: v for k, v in found.attributes if k != "autoincrement"}


def depth(snapshot: Snapshot, found: CatalogObject) -> int:
    """How many generated columns stand between a column and plain ones."""
    others = [
        o
        for o in objects_of(snapshot, "column", found.key[0])
        if o.get("generated") is not None
        and o != found
        and mentions(found.get("generated"), o.key[1])
    ]
    return 1 + max((depth(snapshot, o) for o in others), default=0)
