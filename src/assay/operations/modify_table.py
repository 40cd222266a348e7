"""MySQL and MariaDB: options of a table as a whole, and its partitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["ModifyTableOp"]


@Operations.register_operation("modify_table")
class ModifyTableOp(ops.MigrateOperation):
    """Set table options."""

    def __init__(
        self, table_name: str, options: Mapping[str, str], schema: str | None = None
    ) -> None:
        self.table_name, self.options, self.schema = table_name, dict(options), schema

    @classmethod
    def modify_table(
        cls,
        operations: Operations,
        table_name: str,
        *,
        schema: str | None = None,
        **options: str,
    ) -> None:
        """Set options of a table, named as in ``CREATE TABLE`` and written as SQL.

        ``engine="InnoDB"``, ``collate="utf8mb4_bin"`` (the default of new columns; those it has keep
        theirs), ``row_format="COMPRESSED"``, ``partition_by="HASH (id) PARTITIONS 4"``; an empty
        ``partition_by`` takes the partitions away and keeps their rows.
        """
        operations.invoke(cls(table_name, options, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("modify_table", self.schema, self.table_name, self.options)


@Operations.implementation_for(ModifyTableOp)
def _modify(operations: Operations, op: ModifyTableOp) -> None:
    options = dict(op.options)
    partitions = options.pop("partition_by", None)
    parts = [f"{name.upper()}={value}" for name, value in options.items()]
    table = named(operations, op.table_name, op.schema)
    if parts:
        run(operations, f"ALTER TABLE {table} {', '.join(parts)}")
    if partitions is not None:
        # neither server takes it together with options in every combination
        clause = f"PARTITION BY {partitions}" if partitions else "REMOVE PARTITIONING"
        run(operations, f"ALTER TABLE {table} {clause}")


@renderers.dispatch_for(ModifyTableOp)
def _render(context: AutogenContext, op: ModifyTableOp) -> str:
    return call(context, "modify_table", [op.table_name], {**op.options, "schema": op.schema})
