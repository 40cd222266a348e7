"""PostgreSQL: NOT NULL proven by a CHECK that is validated while the table is written to."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.online.constraints import drop_if_there, state_of, validate
from assay.operations.online.looking import answer, online_here, relation
from assay.operations.online.waiting import briefly
from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["SetNotNullOnlineOp", "is_helper", "prove_not_null"]

_FOUND = """
SELECT attnotnull AS there FROM pg_attribute
WHERE attrelid = to_regclass(:relation) AND attname = :name AND NOT attisdropped"""


_HELPER = "assay_not_null_"


def _helper_name(column: str) -> str:
    """The CHECK that is there until NOT NULL is set; the same at every run."""
    return f"{_HELPER}{hashlib.sha256(column.encode()).hexdigest()[:8]}"


def is_helper(name: str) -> bool:
    """Whether a constraint is one that :func:`prove_not_null` takes away again."""
    return name.startswith(_HELPER)


def prove_not_null(operations: Operations, table: str, schema: str | None, column: str) -> None:
    """Let a column be NOT NULL, every row looked at while nobody waits.

    ``SET NOT NULL`` reads no row where a valid CHECK says the same (PostgreSQL 12 and later).
    """
    target, name, helper = named(operations, table, schema), named(operations, column), ""
    helper = _helper_name(column)
    found = answer(operations, _FOUND, relation=relation(operations, table, schema), name=column)
    if found is None or not found.there:
        if state_of(operations, table, schema, helper) is None:
            check = f"ADD CONSTRAINT {helper} CHECK ({name} IS NOT NULL) NOT VALID"
            briefly(operations, lambda: run(operations, f"ALTER TABLE {target} {check}"))
        validate(operations, table, schema, helper)
        not_null = f"ALTER TABLE {target} ALTER COLUMN {name} SET NOT NULL"
        briefly(operations, lambda: run(operations, not_null))
    drop_if_there(operations, table, schema, helper)


@Operations.register_operation("set_not_null_online")
class SetNotNullOnlineOp(ops.MigrateOperation):
    """Make a column NOT NULL without blocking anybody while rows are checked."""

    def __init__(self, table_name: str, column: str, schema: str | None = None) -> None:
        self.table_name, self.column, self.schema = table_name, column, schema

    @classmethod
    def set_not_null_online(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Make a column NOT NULL: a CHECK added ``NOT VALID`` and validated, then NOT NULL set."""
        operations.invoke(cls(table_name, column_name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("set_not_null_online", self.schema, self.table_name, self.column)


@Operations.implementation_for(SetNotNullOnlineOp)
def _set(operations: Operations, op: SetNotNullOnlineOp) -> None:
    if online_here(operations, "set_not_null_online"):
        prove_not_null(operations, op.table_name, op.schema, op.column)
    else:
        operations.invoke(
            ops.AlterColumnOp(op.table_name, op.column, schema=op.schema, modify_nullable=False)
        )


@renderers.dispatch_for(SetNotNullOnlineOp)
def _render(context: AutogenContext, op: SetNotNullOnlineOp) -> str:
    return call(context, "set_not_null_online", [op.table_name, op.column], {"schema": op.schema})
