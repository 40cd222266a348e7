"""Indexes that are not a constraint's, of tables and materialized views that stay."""

from __future__ import annotations

from collections.abc import Iterator

from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Step
from assay.generate.postgresql.constraints import remaking, rename
from assay.generate.postgresql.matching import renamed
from assay.generate.postgresql.views import dropped_views

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """A changed index is dropped and made; one that has another name only is renamed."""

    dropped = dropped_views(c)

    def stays(key: TableKey) -> bool:
        view = ("materialized view", key)
        there = view in c.old.by_identity and view in c.new.by_identity
        return c.in_both(key) or (there and key not in dropped)

    pairs = [p for p in renamed(c, "index") if stays(c.table_of(p.old))]
    for pair in pairs:
        yield rename(c, pair.old, pair.new)
    yield from remaking(c, ("index",), pairs, stays)
