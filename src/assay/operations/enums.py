"""PostgreSQL enum types: made, renamed, replaced, dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.enum_replacement import replace
from assay.operations.rendering import call
from assay.operations.statements import literal, named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["CreateEnumOp", "DropEnumOp", "RenameEnumValueOp", "RenameTypeOp", "ReplaceEnumOp"]


@Operations.register_operation("create_enum")
class CreateEnumOp(ops.MigrateOperation):
    """Make an enum type."""

    def __init__(self, name: str, labels: Sequence[str], schema: str | None = None) -> None:
        self.name, self.labels, self.schema = name, list(labels), schema

    @classmethod
    def create_enum(
        cls, operations: Operations, name: str, labels: Sequence[str], *, schema: str | None = None
    ) -> None:
        """Make an enum type."""
        operations.invoke(cls(name, labels, schema))

    def reverse(self) -> DropEnumOp:
        return DropEnumOp(self.name, self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_enum", self.schema, self.name, self.labels)


@Operations.register_operation("drop_enum")
class DropEnumOp(ops.MigrateOperation):
    """Drop an enum type."""

    def __init__(self, name: str, schema: str | None = None) -> None:
        self.name, self.schema = name, schema

    @classmethod
    def drop_enum(cls, operations: Operations, name: str, *, schema: str | None = None) -> None:
        """Drop an enum type that nothing uses."""
        operations.invoke(cls(name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_enum", self.schema, self.name)


@Operations.register_operation("rename_type")
class RenameTypeOp(ops.MigrateOperation):
    """Give a type another name or schema; everything that uses it follows."""

    def __init__(
        self, old: str, new: str, schema: str | None = None, new_schema: str | None = None
    ) -> None:
        self.old, self.new, self.schema, self.new_schema = old, new, schema, new_schema

    @classmethod
    def rename_type(
        cls,
        operations: Operations,
        old_name: str,
        new_name: str,
        *,
        schema: str | None = None,
        new_schema: str | None = None,
    ) -> None:
        """Rename an enum or a domain, or move it to another schema.

        :param new_schema: the schema it moves to; None leaves it where it is.
        """
        operations.invoke(cls(old_name, new_name, schema, new_schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("rename_type", self.schema, self.old, self.new_schema, self.new)


@Operations.register_operation("rename_enum_value")
class RenameEnumValueOp(ops.MigrateOperation):
    """Rename one label; rows that hold it follow."""

    def __init__(self, name: str, old: str, new: str, schema: str | None = None) -> None:
        self.name, self.old, self.new, self.schema = name, old, new, schema

    @classmethod
    def rename_enum_value(
        cls,
        operations: Operations,
        enum_name: str,
        old_value: str,
        new_value: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename one label of an enum type."""
        operations.invoke(cls(enum_name, old_value, new_value, schema))

    def reverse(self) -> RenameEnumValueOp:
        return RenameEnumValueOp(self.name, self.new, self.old, self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("rename_enum_value", self.schema, self.name, self.old, self.new)


@Operations.register_operation("replace_enum")
class ReplaceEnumOp(ops.MigrateOperation):
    """Give an enum type these labels, whatever it had."""

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        values: Mapping[str, str | None] | None = None,
        schema: str | None = None,
    ) -> None:
        self.name, self.labels, self.schema = name, list(labels), schema
        self.values = dict(values or {})

    @classmethod
    def replace_enum(
        cls,
        operations: Operations,
        name: str,
        labels: Sequence[str],
        *,
        values: Mapping[str, str | None] | None = None,
        schema: str | None = None,
    ) -> None:
        """Give an enum type these labels in this order, in one transaction with whatever uses them.

        A new type takes the place of the old. Columns, arrays and domains of it change over;
        defaults, CHECKs, foreign keys and indexes that mention it are dropped before and made again
        after. ``ALTER TYPE … ADD VALUE`` cannot be used in its own transaction, nor undone.

        :param values: labels that rows hold to what they become; None is NULL. A row that holds a
            label that is gone and not said here makes the server refuse.
        """
        operations.invoke(cls(name, labels, values, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("replace_enum", self.schema, self.name, self.labels, self.values)


@Operations.implementation_for(CreateEnumOp)
def _create(operations: Operations, op: CreateEnumOp) -> None:
    labels = ", ".join(literal(label) for label in op.labels)
    run(operations, f"CREATE TYPE {named(operations, op.name, op.schema)} AS ENUM ({labels})")


@Operations.implementation_for(DropEnumOp)
def _drop(operations: Operations, op: DropEnumOp) -> None:
    run(operations, f"DROP TYPE {named(operations, op.name, op.schema)}")


@Operations.implementation_for(RenameTypeOp)
def _rename(operations: Operations, op: RenameTypeOp) -> None:
    schema = op.schema
    if op.new_schema is not None:
        name, new_schema = named(operations, op.old, schema), named(operations, op.new_schema)
        run(operations, f"ALTER TYPE {name} SET SCHEMA {new_schema}")
        schema = op.new_schema
    if op.old != op.new:
        name, new = named(operations, op.old, schema), named(operations, op.new)
        run(operations, f"ALTER TYPE {name} RENAME TO {new}")


@Operations.implementation_for(RenameEnumValueOp)
def _rename_value(operations: Operations, op: RenameEnumValueOp) -> None:
    name = named(operations, op.name, op.schema)
    run(operations, f"ALTER TYPE {name} RENAME VALUE {literal(op.old)} TO {literal(op.new)}")


@Operations.implementation_for(ReplaceEnumOp)
def _replace(operations: Operations, op: ReplaceEnumOp) -> None:
    replace(operations, op.name, op.schema, op.labels, op.values)


@renderers.dispatch_for(CreateEnumOp)
def _render_create(context: AutogenContext, op: CreateEnumOp) -> str:
    return call(context, "create_enum", [op.name, op.labels], {"schema": op.schema})


@renderers.dispatch_for(DropEnumOp)
def _render_drop(context: AutogenContext, op: DropEnumOp) -> str:
    return call(context, "drop_enum", [op.name], {"schema": op.schema})


@renderers.dispatch_for(RenameTypeOp)
def _render_rename(context: AutogenContext, op: RenameTypeOp) -> str:
    keywords = {"schema": op.schema, "new_schema": op.new_schema}
    return call(context, "rename_type", [op.old, op.new], keywords)


@renderers.dispatch_for(RenameEnumValueOp)
def _render_rename_value(context: AutogenContext, op: RenameEnumValueOp) -> str:
    return call(context, "rename_enum_value", [op.name, op.old, op.new], {"schema": op.schema})


@renderers.dispatch_for(ReplaceEnumOp)
def _render_replace(context: AutogenContext, op: ReplaceEnumOp) -> str:
    keywords = {"values": op.values or None, "schema": op.schema}
    return call(context, "replace_enum", [op.name, op.labels], keywords)
