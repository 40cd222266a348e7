"""FOREIGN KEY constraints, and those that must step aside while what they need is changed."""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql import definitions
from assay.generate.postgresql.constraints import comment_step, rename
from assay.generate.postgresql.making import drop, make
from assay.generate.postgresql.matching import inherited, material, renamed
from assay.generate.postgresql.orphans import parents_again
from assay.generate.postgresql.table_order import Order, undisturbed

__all__ = ["steps"]

_KEYS = ("primary key", "unique")


def steps(c: Comparison) -> Iterator[Step]:
    """Drop before anything else is touched, make when everything else is there."""
    yield from _changed(c)
    yield from _of_new_tables(c)
    yield from _of_gone_tables(c)


def _changed(c: Comparison) -> Iterator[Step]:
    pairs = [p for p in renamed(c, "foreign key") if c.in_both(c.table_of(p.old))]
    for pair in pairs:
        if undisturbed(c, pair.new):
            yield rename(c, pair.old, pair.new)
        else:
            yield from (_dropping(c, pair.old), _making(c, pair.new))
    done = {p.old.identity for p in pairs} | {p.new.identity for p in pairs}
    for difference in c.changed("foreign key"):
        found = difference.object
        if difference.identity in done or not c.in_both(c.table_of(found)) or inherited(found):
            continue
        done.add(difference.identity)
        before, after = difference.before, difference.after
        alike = not material(difference) and undisturbed(c, found)
        if before is not None and after is not None and alike:
            yield from comment_step(c, before, after)
            continue
        if before is not None:
            yield _dropping(c, before)
        if after is not None:
            yield _making(c, after)
    touched = {d.object.key[:2] for d in c.changed("table", "column", "index", *_KEYS)}
    for found in c.old.of_kind("foreign key"):
        same = c.new.by_identity.get(found.identity)
        if same is None or found.identity in done or inherited(found):
            continue
        if not c.in_both(c.table_of(found)) or not touched & _tables(found):
            continue
        if not undisturbed(c, found):
            yield from (_dropping(c, found), _making(c, same))


def _tables(found: CatalogObject) -> set[tuple[str, ...]]:
    key = definitions.reference(found.get("definition") or "")
    return {found.key[:2]} | ({key.table} if key is not None else set())


def _of_new_tables(c: Comparison) -> Iterator[Step]:
    order = Order.of_new(c)
    for found in order.own_steps:
        yield _making(c, found)


def _of_gone_tables(c: Comparison) -> Iterator[Step]:
    order = Order.of_gone(c)
    for found in order.own_steps:
        yield _dropping(c, found)


def _dropping(c: Comparison, found: CatalogObject) -> Step:
    undo = [*parents_again(c, found), *make(c, found)]
    return Step(Phase.DROP_FOREIGN_KEY, drop(c, found), undo, found.key)


def _making(c: Comparison, found: CatalogObject) -> Step:
    return Step(Phase.ADD_FOREIGN_KEY, make(c, found), drop(c, found), found.key)
