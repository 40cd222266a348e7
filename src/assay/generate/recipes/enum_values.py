"""Values added to an enum type, committed before anything uses them."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops

from assay.generate.postgresql.type_texts import labels_of
from assay.generate.recipes.situation import Situation
from assay.operations.enums import ReplaceEnumOp
from assay.operations.online.enums import AddEnumValuesOnlineOp

__all__ = ["KINDS", "recipe"]

KINDS = (ReplaceEnumOp,)


def recipe(op: ReplaceEnumOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """A new type in the place of the old writes every table anew that has a column of it.

    ``ADD VALUE`` does not, but can only add: where labels go or change their order, a type must be
    replaced.
    """
    found = on.before.by_identity.get(("enum", on.key(op.name, op.schema)))
    if found is None or op.values:
        return None
    there = labels_of(found.get("labels"))
    if not there or [label for label in op.labels if label in there] != there:
        return None
    users = [c for c in on.before.of_kind("column") if c.key[:-1] in on.tables]
    return [AddEnumValuesOnlineOp(op.name, op.labels, op.schema)] if users else None
