"""A failing pair made smaller: whatever it fails without is taken out, in both schemas at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from edits import Pair, possible
from schemas import Schema, Table

__all__ = ["reduced"]

PARTS = ("uniques", "checks", "indexes", "foreigns")


def reduced(pair: Pair, fails: Callable[[Pair], bool], budget: int = 120) -> Pair:
    """The smallest pair found that fails the same way.

    :param budget: how many pairs are tried at most.
    """
    again = True
    while again and budget > 0:
        again = False
        for candidate in _smaller(pair):
            if candidate == pair or not possible(candidate.old, candidate.new):
                continue
            budget -= 1
            if fails(candidate):
                pair, again = candidate, True
                break
            if budget <= 0:
                break
    return pair


def _smaller(pair: Pair) -> Iterator[Pair]:
    old, new = pair.old, pair.new
    tables = {t.uid for s in (old, new) for t in s.tables}
    for uid in tables:
        yield Pair(_without_table(old, uid), _without_table(new, uid))
    for uid in tables:
        one, two = old.table(uid), new.table(uid)
        if one is not None and two is not None and one != two:
            yield Pair(old, new.with_table(one))
        for part in PARTS:
            parts = {p.uid for t in (one, two) if t for p in getattr(t, part)}
            for number in parts:
                yield Pair(
                    _without_part(old, uid, part, number), _without_part(new, uid, part, number)
                )
        for column in {c.uid for t in (one, two) if t for c in t.columns} - {0}:
            yield Pair(_without_column(old, uid, column), _without_column(new, uid, column))
        yield from _calmer(pair, one, two)
    if old.convention:
        yield Pair(replace(old, convention=False), replace(new, convention=False))
    if old.enums and not any(
        c.family == "enum" for s in (old, new) for t in s.tables for c in t.columns
    ):
        yield Pair(replace(old, enums=()), replace(new, enums=()))


def _calmer(pair: Pair, one: Table | None, two: Table | None) -> Iterator[Pair]:
    """Each column, comment and name of the new table as it was in the old one."""
    old, new = pair.old, pair.new
    if one is None or two is None:
        return
    for name in ("name", "key", "key_name", "comment"):
        if getattr(one, name) != getattr(two, name):
            back = {name: getattr(one, name)}
            yield Pair(old, new.with_table(replace(two, **back)))
    for column in two.columns:
        was = one.column(column.uid)
        if was is not None and was != column:
            yield Pair(old, new.with_table(two.with_column(was)))
    for column in one.columns:
        for plain in ({"default": None}, {"comment": None}):
            then = replace(column, **plain)  # type: ignore[arg-type]
            now = two.column(column.uid)
            if then != column and now is not None:
                yield Pair(
                    old.with_table(one.with_column(then)),
                    new.with_table(two.with_column(replace(now, **plain))),  # type: ignore[arg-type]
                )


def _without_table(schema: Schema, uid: int) -> Schema:
    left = replace(schema, tables=tuple(t for t in schema.tables if t.uid != uid))
    for table in left.tables:
        left = left.with_table(
            replace(table, foreigns=tuple(f for f in table.foreigns if f.table != uid))
        )
    return left


def _without_part(schema: Schema, uid: int, part: str, number: int) -> Schema:
    table = schema.table(uid)
    if table is None:
        return schema
    kept = {part: tuple(p for p in getattr(table, part) if p.uid != number)}
    return schema.with_table(replace(table, **kept))


def _without_column(schema: Schema, uid: int, column: int) -> Schema:
    table = schema.table(uid)
    if table is None or column in table.key:
        return schema
    return schema.with_table(table.without(column))
