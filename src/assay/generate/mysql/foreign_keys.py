"""Foreign keys of tables that stay: added, dropped, changed, or in the way of something else."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject, Snapshot
from assay.generate.mysql.affected import affected
from assay.generate.mysql.implicit import kept_index, with_foreign_keys
from assay.generate.mysql.making import drop, make
from assay.generate.mysql.orphans import parents_again
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.keep_index import KeepIndexOp

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """Dropped before everything, added after everything; the server's own index with them."""
    for d in c.changed("foreign key"):
        if c.in_both(d.object.key[:1]):
            if d.before is not None:
                yield dropped(c, d.before)
            if d.after is not None:
                yield added(c, d.after)
    for key in sorted(affected(c).foreign_keys):
        found = c.old.by_identity[("foreign key", key)]
        yield dropped(c, found)
        yield added(c, found)


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
