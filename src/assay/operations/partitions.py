"""Partitions of a PostgreSQL table, which no table construct can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["CreatePartitionOp"]


@Operations.register_operation("create_partition")
class CreatePartitionOp(ops.MigrateOperation):
    """Make a table as a partition; its columns, constraints and indexes are its parent's."""

    def __init__(
        self,
        table_name: str,
        parent: str,
        bound: str,
        *,
        partition_by: str | None = None,
        schema: str | None = None,
        parent_schema: str | None = None,
    ) -> None:
        self.table_name, self.parent, self.bound = table_name, parent, bound
        self.partition_by, self.schema, self.parent_schema = partition_by, schema, parent_schema

    @classmethod
    def create_partition(
        cls,
        operations: Operations,
        table_name: str,
        parent: str,
        bound: str,
        *,
        partition_by: str | None = None,
        schema: str | None = None,
        parent_schema: str | None = None,
    ) -> None:
        """Make a partition.

        :param bound: ``FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')``, or ``DEFAULT``.
        :param partition_by: ``RANGE (day)`` where it is partitioned itself.
        """
        op = cls(
            table_name,
            parent,
            bound,
            partition_by=partition_by,
            schema=schema,
            parent_schema=parent_schema,
        )
        operations.invoke(op)

    def reverse(self) -> ops.MigrateOperation:
        return ops.DropTableOp(self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_partition", self.schema, self.table_name, self.parent, self.bound)


@Operations.implementation_for(CreatePartitionOp)
def _create(operations: Operations, op: CreatePartitionOp) -> None:
    table = named(operations, op.table_name, op.schema)
    parent = named(operations, op.parent, op.parent_schema)
    by = f" PARTITION BY {op.partition_by}" if op.partition_by else ""
    run(operations, f"CREATE TABLE {table} PARTITION OF {parent} {op.bound}{by}")


@renderers.dispatch_for(CreatePartitionOp)
def _render(context: AutogenContext, op: CreatePartitionOp) -> str:
    keywords = {
        "partition_by": op.partition_by,
        "schema": op.schema,
        "parent_schema": op.parent_schema,
    }
    return call(context, "create_partition", [op.table_name, op.parent, op.bound], keywords)
