"""Constraints: renamed, made from the server's own text, and two of Alembic's that it cannot render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy.sql.elements import conv

from assay.operations.renaming import RenamingOp
from assay.operations.rendering import call
from assay.operations.statements import escaped, named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = [
    "AddDefinedConstraintOp",
    "CheckOp",
    "PrimaryKeyOp",
    "RenameConstraintOp",
    "plain_call",
    "renderable",
]


def plain_call(
    context: AutogenContext, name: str, arguments: list[str], keywords: dict[str, Any]
) -> str:
    """One of Alembic's own operations as Python text; arguments are Python text already."""
    prefix = context.opts.get("alembic_module_prefix") or ""
    keys = [f"{k}={v!r}" for k, v in keywords.items() if v is not None and v is not False]
    return f"{prefix}{name}({', '.join([*arguments, *keys])})"


def final_name(context: AutogenContext, name: str) -> str:
    """A name that no naming convention may change, as Python text."""
    return f"{context.opts.get('alembic_module_prefix') or ''}f({name!r})"


def _said_name(context: AutogenContext, name: Any) -> str:
    """A name as Python text; a naming convention may change it where it might before."""
    return final_name(context, str(name)) if isinstance(name, conv) else repr(name)


def renderable(op: ops.MigrateOperation) -> ops.MigrateOperation:
    """The same operation, of a class that can be rendered.

    Alembic renders no PRIMARY KEY that is added (1.20.1), and a CHECK since 1.19 only.
    """
    if type(op) is ops.CreatePrimaryKeyOp:
        return PrimaryKeyOp(
            op.constraint_name, op.table_name, list(op.columns), schema=op.schema, **op.kw
        )
    if type(op) is ops.CreateCheckConstraintOp:
        return _WrittenCheckOp(
            op.constraint_name, op.table_name, op.condition, schema=op.schema, **op.kw
        )
    return op


@Operations.register_operation("rename_constraint")
class RenameConstraintOp(RenamingOp):
    """Give a constraint another name; nothing is checked or rebuilt."""

    called = "rename_constraint"

    @classmethod
    def rename_constraint(
        cls,
        operations: Operations,
        table_name: str,
        old_name: str,
        new_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename a constraint of a table, with the index behind it (PostgreSQL)."""
        operations.invoke(cls(table_name, old_name, new_name, schema))

    def reverse(self) -> RenameConstraintOp:
        return RenameConstraintOp(self.table_name, self.new, self.old, self.schema)


@Operations.implementation_for(RenameConstraintOp)
def _rename_constraint(operations: Operations, op: RenameConstraintOp) -> None:
    table = named(operations, op.table_name, op.schema)
    old, new = named(operations, op.old), named(operations, op.new)
    run(operations, f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")


@Operations.register_operation("add_constraint")
class AddDefinedConstraintOp(ops.MigrateOperation):
    """Add a constraint by its definition, where Alembic has no operation that can say it."""

    def __init__(
        self, name: str, table_name: str, definition: str, schema: str | None = None
    ) -> None:
        self.name, self.table_name, self.schema = name, table_name, schema
        self.definition = definition

    @classmethod
    def add_constraint(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        definition: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Add a constraint.

        :param definition: what stands after its name: ``UNIQUE (a) INCLUDE (b)``.
        """
        operations.invoke(cls(constraint_name, table_name, definition, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("add_constraint", self.schema, self.table_name, self.name, self.definition)


@Operations.implementation_for(AddDefinedConstraintOp)
def _add_constraint(operations: Operations, op: AddDefinedConstraintOp) -> None:
    table, name = named(operations, op.table_name, op.schema), named(operations, op.name)
    run(operations, f"ALTER TABLE {table} ADD CONSTRAINT {name} {op.definition}")


@renderers.dispatch_for(AddDefinedConstraintOp)
def _render_add(context: AutogenContext, op: AddDefinedConstraintOp) -> str:
    return call(
        context, "add_constraint", [op.name, op.table_name, op.definition], {"schema": op.schema}
    )


class PrimaryKeyOp(ops.CreatePrimaryKeyOp):
    """Alembic's own, which it runs but does not render (1.20.1)."""


@renderers.dispatch_for(PrimaryKeyOp)
def _render_primary_key(context: AutogenContext, op: PrimaryKeyOp) -> str:
    arguments = [
        _said_name(context, op.constraint_name),
        repr(op.table_name),
        repr(list(op.columns)),
    ]
    return plain_call(context, "create_primary_key", arguments, {"schema": op.schema, **op.kw})


class CheckOp(ops.CreateCheckConstraintOp):
    """Alembic's own, rendered so that it runs as written.

    Alembic (1.20.1) renders a ``%`` of the condition doubled and a ``:name`` as a parameter.
    """

    def __init__(
        self, name: str, table_name: str, expression: str, schema: str | None = None
    ) -> None:
        self.expression = escaped(expression)
        super().__init__(conv(name), table_name, self.expression, schema=schema)


@renderers.dispatch_for(CheckOp)
def _render_check(context: AutogenContext, op: CheckOp) -> str:
    arguments = [
        final_name(context, str(op.constraint_name)),
        repr(op.table_name),
        repr(op.expression),
    ]
    return plain_call(context, "create_check_constraint", arguments, {"schema": op.schema})


class _WrittenCheckOp(ops.CreateCheckConstraintOp):
    """One that a revision has, to be written into another."""


@renderers.dispatch_for(_WrittenCheckOp)
def _render_written_check(context: AutogenContext, op: _WrittenCheckOp) -> str:
    assert context.migration_context is not None
    condition = context.migration_context.impl.render_ddl_sql_expr(op.to_constraint().sqltext)
    arguments = [_said_name(context, op.constraint_name), repr(op.table_name), repr(condition)]
    return plain_call(context, "create_check_constraint", arguments, {"schema": op.schema, **op.kw})
