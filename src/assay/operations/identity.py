"""Identity columns: switched on, altered, switched off.

Alembic (1.20.1) emits ``ADD GENERATED`` for an identity that is there already, and lets a new one
start before the values that rows have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.sequences import continue_after, options_sql, restart
from assay.operations.statements import literal, named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["AddIdentityOp", "AlterIdentityOp", "DropIdentityOp"]


class _IdentityOp(ops.MigrateOperation):
    def __init__(
        self,
        table_name: str,
        column: str,
        always: bool | None = None,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        self.table_name, self.column, self.schema = table_name, column, schema
        self.always, self.options = always, options


@Operations.register_operation("add_identity")
class AddIdentityOp(_IdentityOp):
    """Make a column an identity column."""

    @classmethod
    def add_identity(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        always: bool = False,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        """Make a column ``GENERATED … AS IDENTITY``; the next value becomes one that no row has.

        :param options: ``sequence_name``, ``start``, ``increment``, ``minvalue``, ``maxvalue``,
            ``cache``, ``cycle``; the server's defaults for the others.
        """
        operations.invoke(cls(table_name, column_name, always, schema, **options))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("add_identity", self.schema, self.table_name, self.column, self.options)


@Operations.register_operation("alter_identity")
class AlterIdentityOp(_IdentityOp):
    """Change an identity column."""

    @classmethod
    def alter_identity(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        always: bool | None = None,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        """Change ``always`` or options of an identity column; the next value stays what it is."""
        operations.invoke(cls(table_name, column_name, always, schema, **options))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("alter_identity", self.schema, self.table_name, self.column, self.options)


@Operations.register_operation("drop_identity")
class DropIdentityOp(_IdentityOp):
    """Make an identity column a plain one."""

    @classmethod
    def drop_identity(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Make an identity column a plain one; values stay."""
        operations.invoke(cls(table_name, column_name, None, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_identity", self.schema, self.table_name, self.column)


def _alter(operations: Operations, op: _IdentityOp, what: str) -> None:
    table, column = named(operations, op.table_name, op.schema), named(operations, op.column)
    run(operations, f"ALTER TABLE {table} ALTER COLUMN {column} {what}")


@Operations.implementation_for(AddIdentityOp)
def _add(operations: Operations, op: AddIdentityOp) -> None:
    options = dict(op.options)
    sequence = options.pop("sequence_name", None)
    said = options_sql(options)
    if sequence is not None:
        said = f" SEQUENCE NAME {named(operations, sequence, op.schema)}{said}"
    how = "ALWAYS" if op.always else "BY DEFAULT"
    inside = f" ({said.strip()})" if said else ""
    _alter(operations, op, f"ADD GENERATED {how} AS IDENTITY{inside}")
    table, column = named(operations, op.table_name, op.schema), named(operations, op.column)
    continue_after(operations, _sequence(operations, op), table, column)


def _sequence(operations: Operations, op: _IdentityOp) -> str:
    """The sequence behind the column, as an SQL expression."""
    table = named(operations, op.table_name, op.schema)
    return f"pg_get_serial_sequence({literal(table)}, {literal(op.column)})::regclass"


@Operations.implementation_for(AlterIdentityOp)
def _change(operations: Operations, op: AlterIdentityOp) -> None:
    what = []
    if op.always is not None:
        what.append(f"SET GENERATED {'ALWAYS' if op.always else 'BY DEFAULT'}")
    options = {**op.options, **restart(operations, _sequence(operations, op), op.options)}
    for name, value in options.items():
        if name == "restart":
            what.append(options_sql({name: value}).strip())
            continue
        what.append(f"SET{options_sql({name: value})}")
    _alter(operations, op, " ".join(what))


@Operations.implementation_for(DropIdentityOp)
def _drop(operations: Operations, op: DropIdentityOp) -> None:
    _alter(operations, op, "DROP IDENTITY")


@renderers.dispatch_for(AddIdentityOp)
def _render_add(context: AutogenContext, op: AddIdentityOp) -> str:
    return _rendered(context, "add_identity", op)


@renderers.dispatch_for(AlterIdentityOp)
def _render_alter(context: AutogenContext, op: AlterIdentityOp) -> str:
    return _rendered(context, "alter_identity", op)


@renderers.dispatch_for(DropIdentityOp)
def _render_drop(context: AutogenContext, op: DropIdentityOp) -> str:
    return _rendered(context, "drop_identity", op)


def _rendered(context: AutogenContext, name: str, op: _IdentityOp) -> str:
    options = {"always": op.always, **op.options}
    # call() leaves out False, which says something where an identity is altered
    no = name == "alter_identity"
    said = [f"{key}={value!r}" for key, value in options.items() if value is False and no]
    rest = {key: value for key, value in options.items() if value is not False}
    text = call(context, name, [op.table_name, op.column], {**rest, "schema": op.schema})
    return text if not said else f"{text[:-1]}, {', '.join(said)})"
