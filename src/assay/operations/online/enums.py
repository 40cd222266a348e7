"""PostgreSQL: values added to an enum type, committed before anything uses them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.enums import ReplaceEnumOp
from assay.operations.online.looking import answer, online_here, relation
from assay.operations.online.waiting import briefly
from assay.operations.rendering import call
from assay.operations.statements import literal, named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["AddEnumValuesOnlineOp"]

_LABELS = """
SELECT json_agg(enumlabel ORDER BY enumsortorder)::text AS labels
FROM pg_enum WHERE enumtypid = to_regtype(:name)"""


@Operations.register_operation("add_enum_values_online")
class AddEnumValuesOnlineOp(ops.MigrateOperation):
    """Add the values that an enum type lacks."""

    def __init__(self, name: str, labels: Sequence[str], schema: str | None = None) -> None:
        self.name, self.labels, self.schema = name, list(labels), schema

    @classmethod
    def add_enum_values_online(
        cls, operations: Operations, name: str, labels: Sequence[str], *, schema: str | None = None
    ) -> None:
        """Add values to an enum type, each where it stands among ``labels``; no table is touched.

        :param labels: all labels that the type has then, in order.
        """
        operations.invoke(cls(name, labels, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("add_enum_values_online", self.schema, self.name, self.labels)


@Operations.implementation_for(AddEnumValuesOnlineOp)
def _add(operations: Operations, op: AddEnumValuesOnlineOp) -> None:
    import json

    if not online_here(operations, "add_enum_values_online"):
        operations.invoke(ReplaceEnumOp(op.name, op.labels, schema=op.schema))
        return
    found = answer(operations, _LABELS, name=relation(operations, op.name, op.schema))
    there = json.loads(found.labels) if found is not None and found.labels else []
    target = named(operations, op.name, op.schema)
    new = "IF NOT EXISTS " if found is None else ""  # --sql: what is there is not known
    for position, label in enumerate(op.labels):
        if label in there:
            continue
        place = f" AFTER {literal(op.labels[position - 1])}" if position else ""
        if not position and there:
            place = f" BEFORE {literal(there[0])}"
        add = f"ALTER TYPE {target} ADD VALUE {new}{literal(label)}{place}"
        briefly(operations, partial(run, operations, add))


@renderers.dispatch_for(AddEnumValuesOnlineOp)
def _render(context: AutogenContext, op: AddEnumValuesOnlineOp) -> str:
    return call(context, "add_enum_values_online", [op.name, op.labels], {"schema": op.schema})
