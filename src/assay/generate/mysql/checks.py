"""CHECK constraints of tables that stay. Neither server can rename one."""

from __future__ import annotations

from collections.abc import Iterator

from assay.generate.mysql.affected import affected
from assay.generate.mysql.making import drop, make
from assay.generate.mysql.swaps import in_one_statement
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """Changed in one statement, else dropped before columns and values change, and added after."""
    for d in c.changed("check"):
        if not c.in_both(d.object.key[:1]):
            continue
        swap = in_one_statement(c, d.before) if d.before is not None else None
        if swap is not None:
            yield swap
            continue
        if d.before is not None:
            yield Step(Phase.DROP_INDEX, [drop(d.before)], [make(d.before)], d.before.key)
        if d.after is not None:
            yield Step(Phase.ADD_INDEX, [make(d.after)], [drop(d.after)], d.after.key)
    for identity in sorted(affected(c).checks):
        found = c.old.by_identity[identity]
        yield Step(Phase.DROP_INDEX, [drop(found)], [make(found)], found.key)
        yield Step(Phase.ADD_INDEX, [make(found)], [drop(found)], found.key)
