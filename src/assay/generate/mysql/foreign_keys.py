"""Foreign keys of tables that stay: added, dropped, changed, or in the way of something else."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject, Snapshot
from assay.generate.mysql.affected import affected
from assay.generate.mysql.implicit import kept_index, with_foreign_keys
from assay.generate.mysql.making import drop, make
from assay.generate.mysql.orphans import parents_again
from assay.generate.mysql.swaps import taken_over
from assay.generate.mysql.text import names
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.keep_index import KeepIndexOp

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """Changed beside the old one; else dropped before everything, added after everything.

    The server's own index goes and comes with them.
    """
    for d in c.changed("foreign key"):
        if c.in_both(d.object.key[:1]):
            if d.before is not None and d.after is not None:
                swap = _swapped(c, d.before, d.after)
                if swap is not None:
                    yield swap
                    continue
            if d.before is not None:
                yield dropped(c, d.before)
            if d.after is not None:
                yield added(c, d.after)
    for key in sorted(affected(c).foreign_keys):
        found = c.old.by_identity[("foreign key", key)]
        yield dropped(c, found)
        yield added(c, found)


def _swapped(c: Comparison, old: CatalogObject, new: CatalogObject) -> Step | None:
    """The new one in the place of the old; None where not both can be there, or an index goes along."""
    goes, comes = with_foreign_keys(c)
    phases = Phase.DROP_FOREIGN_KEY, Phase.ADD_FOREIGN_KEY
    phase = affected(c).turn(_columns(old), _columns(new), phases)
    if phase is None or old.identity in goes or new.identity in comes:
        return None
    one = old if phase is Phase.ADD_FOREIGN_KEY else new
    target = names(one.get("target"))[-1]
    if not all(
        affected(c).stays_covered(*side)
        for side in (
            (one.key[0], names(one.get("columns"))),
            (target, names(one.get("target columns"))),
        )
    ):
        return None
    undo = [*parents_again(c, old), *_over(c, c.old, old)]
    return Step(phase, _over(c, c.new, new), undo, new.key)


def _over(c: Comparison, snapshot: Snapshot, found: CatalogObject) -> list[ops.MigrateOperation]:
    beside, *rest = taken_over(found)
    index = kept_index(c, snapshot, found, named_so=False)
    return [*([KeepIndexOp(*index.key)] if index else []), beside, *rest]


def _columns(found: CatalogObject) -> frozenset[tuple[str, ...]]:
    """The columns of a foreign key, and those that it refers to."""
    target = names(found.get("target"))[-1]
    return frozenset(
        [(found.key[0], name) for name in names(found.get("columns"))]
        + [(target, name) for name in names(found.get("target columns"))]
    )


def dropped(c: Comparison, found: CatalogObject) -> Step:
    """A foreign key that goes."""
    goes, _ = with_foreign_keys(c)
    index = goes.get(found.identity)
    do = [drop(found), *([drop(index)] if index else [])]
    undo = [*parents_again(c, found), *_made(c, c.old, found)]
    return Step(Phase.DROP_FOREIGN_KEY, do, undo, found.key)


def added(c: Comparison, found: CatalogObject) -> Step:
    """A foreign key that comes."""
    _, comes = with_foreign_keys(c)
    index = comes.get(found.identity)
    undo = [drop(found), *([drop(index)] if index else [])]
    return Step(Phase.ADD_FOREIGN_KEY, _made(c, c.new, found), undo, found.key)


def _made(c: Comparison, snapshot: Snapshot, found: CatalogObject) -> list[ops.MigrateOperation]:
    index = kept_index(c, snapshot, found)
    return [*([KeepIndexOp(*index.key)] if index else []), make(found)]
