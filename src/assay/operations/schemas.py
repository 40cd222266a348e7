"""PostgreSQL schemas: made, dropped, tables moved between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["CreateSchemaOp", "DropSchemaOp", "MoveTableOp"]


@Operations.register_operation("create_schema")
class CreateSchemaOp(ops.MigrateOperation):
    """Make a schema."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def create_schema(cls, operations: Operations, name: str) -> None:
        """Make a schema."""
        operations.invoke(cls(name))

    def reverse(self) -> DropSchemaOp:
        return DropSchemaOp(self.name)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_schema", self.name)


@Operations.register_operation("drop_schema")
class DropSchemaOp(ops.MigrateOperation):
    """Drop a schema, which must be empty."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def drop_schema(cls, operations: Operations, name: str) -> None:
        """Drop a schema; the server refuses while there is anything in it."""
        operations.invoke(cls(name))

    def reverse(self) -> CreateSchemaOp:
        return CreateSchemaOp(self.name)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_schema", self.name)


@Operations.implementation_for(CreateSchemaOp)
def _create(operations: Operations, op: CreateSchemaOp) -> None:
    run(operations, f"CREATE SCHEMA {named(operations, op.name)}")


@Operations.implementation_for(DropSchemaOp)
def _drop(operations: Operations, op: DropSchemaOp) -> None:
    run(operations, f"DROP SCHEMA {named(operations, op.name)}")


@renderers.dispatch_for(CreateSchemaOp)
def _render_create(context: AutogenContext, op: CreateSchemaOp) -> str:
    return call(context, "create_schema", [op.name])


@renderers.dispatch_for(DropSchemaOp)
def _render_drop(context: AutogenContext, op: DropSchemaOp) -> str:
    return call(context, "drop_schema", [op.name])


@Operations.register_operation("move_table")
class MoveTableOp(ops.MigrateOperation):
    """Move a table to another schema."""

    def __init__(self, table_name: str, new_schema: str, schema: str | None = None) -> None:
        self.table_name, self.new_schema, self.schema = table_name, new_schema, schema

    @classmethod
    def move_table(
        cls,
        operations: Operations,
        table_name: str,
        new_schema: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Move a table to another schema; indexes, constraints and sequences it owns go along."""
        operations.invoke(cls(table_name, new_schema, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("move_table", self.schema, self.table_name, self.new_schema)


@Operations.implementation_for(MoveTableOp)
def _move(operations: Operations, op: MoveTableOp) -> None:
    table, schema = named(operations, op.table_name, op.schema), named(operations, op.new_schema)
    run(operations, f"ALTER TABLE {table} SET SCHEMA {schema}")


@renderers.dispatch_for(MoveTableOp)
def _render_move(context: AutogenContext, op: MoveTableOp) -> str:
    return call(context, "move_table", [op.table_name, op.new_schema], {"schema": op.schema})
