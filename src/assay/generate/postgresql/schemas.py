"""Schemas that the models' objects are in."""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.renames import table_key
from assay.operations.schemas import CreateSchemaOp, DropSchemaOp

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """Made before everything else; dropped last, where nothing is left in them."""
    for difference in c.changed("schema"):
        (name,) = difference.object.key
        create, drop = CreateSchemaOp(name), DropSchemaOp(name)
        if difference.change is Change.ADDED:
            yield Step(Phase.CREATE_SCHEMA, [create], [drop], (name,))
        elif difference.change is Change.REMOVED and _emptied(c, name):
            yield Step(Phase.DROP_SCHEMA, [drop], [create], (name,))


def _emptied(c: Comparison, name: str) -> bool:
    """Whether the models had what is in it; a schema made by hand for other things is left alone."""
    going = {d.identity for d in c.differences if d.change is Change.REMOVED}
    inside = [o for o in c.old.objects if len(o.key) > 1 and o.key[0] == name]
    kinds = {"table", "enum", "domain", "sequence"}
    default = c.default_schema or "public"
    moved = any(table_key(table, default)[0] == name for table in c.answers.tables)
    return (moved or bool(inside)) and all(
        o.identity in going for o in inside if o.kind in kinds or len(o.key) == 2
    )
