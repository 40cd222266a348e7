"""A written revision that drops what it makes anew: the old one is there until the new one is.

Each statement keeps its place. Where the old one was dropped it is set aside by name, where the new
one was made it is made online, and what was set aside is dropped behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from alembic.operations import ops

from assay.catalog import Change
from assay.generate.recipes import quick_form, safe_form
from assay.generate.recipes.rewriting import Item, Render
from assay.generate.recipes.sections import Kind
from assay.generate.recipes.situation import Situation
from assay.generate.recipes.swaps import safe_kind, swap

__all__ = ["swap_items"]

_KINDS = ("index", "unique", "primary key", "check", "foreign key")
_HOLDING_NOTHING = ("check", "foreign key")
"""What no foreign key stands on."""

Thing = tuple[str, tuple[str, ...]]
Pairs = Mapping[Thing, tuple[int, int]]


def swap_items(
    ups: Sequence[Item],
    downs: Sequence[Item],
    sides: tuple[Situation, Situation],
    render: Render,
) -> None:
    """Give the statements that drop and make one thing the forms that leave no gap.

    Only where both functions do so, and between the two do nothing but the same with others: then
    all of it is in one revision, and nothing else is done while both are there.

    :param sides: what each function starts from.
    """
    up, down = _pairs(ups, sides[0]), _pairs(downs, sides[1])
    swaps = set(up) & set(down)
    parents = {
        one: _parents(ups[up[one][1]], sides[0]) | _parents(downs[down[one][1]], sides[1])
        for one in swaps
    }
    while True:
        kept = {
            one
            for one in swaps
            if _alone(ups, up, one, swaps, parents[one])
            and _alone(downs, down, one, swaps, parents[one])
        }
        if kept == swaps:
            break
        swaps = kept
    for one in swaps:
        _swap(ups, up[one], sides[0], render)
        _swap(downs, down[one], sides[1], render)


def _pairs(items: Sequence[Item], on: Situation) -> dict[Thing, tuple[int, int]]:
    """Where each thing is dropped, and where it is made again behind that."""
    dropped: dict[Thing, int] = {}
    found: dict[Thing, tuple[int, int]] = {}
    for number, item in enumerate(items):
        op = item.operation
        if op is None:
            continue
        if isinstance(op, (ops.DropConstraintOp, ops.DropIndexOp)):
            gone = _thing(item, Change.REMOVED)
            if gone is not None and (item.safe or item.quick) is not None:
                dropped.setdefault(gone, number)
            continue
        made = _thing(item, Change.ADDED)
        if made in dropped and made not in found and safe_kind(op, on) == made[0]:
            found[made] = dropped[made], number
    return found


def _thing(item: Item, change: Change) -> Thing | None:
    """What a statement drops or makes; of a table's primary key the name does not matter."""
    things = [i for i, how in item.makes if how is change and i[0] in _KINDS]
    if len(things) != 1:
        return None
    ((kind, key),) = things
    return (kind, key[:-1] if kind == "primary key" else key)


def _parents(make: Item, on: Situation) -> frozenset[tuple[str, ...]]:
    """The table that a new foreign key refers to."""
    op = make.operation
    if not isinstance(op, ops.CreateForeignKeyOp):
        return frozenset()
    return frozenset({on.key(op.referent_table, op.kw.get("referent_schema"))})


def _alone(
    items: Sequence[Item],
    pairs: Pairs,
    one: Thing,
    swaps: Collection[Thing],
    parents: Collection[tuple[str, ...]],
) -> bool:
    """Whether nothing but other swaps is between, none of an index that it may stand on."""
    first, last = pairs[one]
    others = {n: thing for thing in swaps for n in pairs[thing]}
    for number in range(first + 1, last):
        if not items[number].ran:
            continue
        if number not in others:
            return False
        kind, key = others[number]
        table = key if kind == "primary key" else key[:-1]
        if kind not in _HOLDING_NOTHING and table in parents:
            return False
    return True


def _swap(items: Sequence[Item], pair: tuple[int, int], on: Situation, render: Render) -> None:
    drop, make = (items[n] for n in pair)
    assert make.operation is not None
    (gone,) = (i for i, how in drop.makes if how is Change.REMOVED and i[0] in _KINDS)
    made: list[ops.MigrateOperation] = []
    for op in swap([make.operation], gone[1][-1], on):
        made += safe_form(op, on) or quick_form(op) or []
    # a primary key is replaced by one statement: nothing is left to do where it was dropped
    at = 0 if gone[0] == "primary key" else 1
    drop.safe, make.safe = render(made[:at]), render(made[at:])
    for item in (drop, make):
        item.kind, item.stays = Kind.ONLINE, ""
