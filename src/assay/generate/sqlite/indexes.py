"""Indexes made and dropped; SQLite cannot rename one."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops
from sqlalchemy.sql.elements import conv

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.sqlite.definitions import created_index

__all__ = ["dropped", "steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """A changed index is dropped and made; one that mentions a column that goes, dropped first."""
    for difference in c.changed("index"):
        if not c.in_both(c.table_of(difference.object)):
            continue
        old, new = difference.before, difference.after
        if old is not None:
            yield dropped(old)
        if new is not None:
            yield Step(Phase.ADD_INDEX, [created_index(new)], [_dropped(new)], new.key)


def dropped(found: CatalogObject) -> Step:
    """An index that goes before what is new comes."""
    return Step(Phase.DROP_INDEX, [_dropped(found)], [created_index(found)], found.key)


def _dropped(found: CatalogObject) -> ops.MigrateOperation:
    return ops.DropIndexOp(conv(found.key[1]), found.key[0])
