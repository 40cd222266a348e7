"""Sequences: made, altered, renamed, dropped, owned by a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy import text

from assay.operations.rendering import call
from assay.operations.statements import escaped, literal, named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = [
    "AlterSequenceOp",
    "CreateSequenceOp",
    "DropSequenceOp",
    "OwnSequenceOp",
    "RenameSequenceOp",
    "continue_after",
    "options_sql",
    "restart",
]

_OPTIONS = {
    "data_type": "AS {}",
    "increment": "INCREMENT BY {}",
    "minvalue": "MINVALUE {}",
    "maxvalue": "MAXVALUE {}",
    "start": "START WITH {}",
    "restart": "RESTART WITH {}",
    "cache": "CACHE {}",
}


def options_sql(options: dict[str, Any]) -> str:
    """Options as ``CREATE SEQUENCE`` takes them; a space before each."""
    parts = [how.format(options[n]) for n, how in _OPTIONS.items() if options.get(n) is not None]
    if options.get("cycle") is not None:
        parts.append("CYCLE" if options["cycle"] else "NO CYCLE")
    return "".join(f" {part}" for part in parts)


def continue_after(operations: Operations, sequence: str, table: str, column: str) -> None:
    """Let a sequence go on after the values that rows have; all names are SQL."""
    last = f"coalesce(pg_sequence_last_value({sequence}::regclass), seqstart)"
    run(
        operations,
        f"SELECT setval({sequence}, CASE WHEN seqincrement > 0 THEN high ELSE low END)"
        f" FROM (SELECT max({column}) AS high, min({column}) AS low FROM {table}) AS held,"
        f" pg_sequence WHERE seqrelid = {sequence}::regclass AND CASE WHEN seqincrement > 0"
        f" THEN high >= {last} ELSE low <= {last} END",
    )


class _NamedOp(ops.MigrateOperation):
    def __init__(self, name: str, schema: str | None = None, **options: Any) -> None:
        self.name, self.schema, self.options = name, schema, options


@Operations.register_operation("create_sequence")
class CreateSequenceOp(_NamedOp):
    """Make a sequence."""

    @classmethod
    def create_sequence(
        cls, operations: Operations, name: str, *, schema: str | None = None, **options: Any
    ) -> None:
        """Make a sequence.

        :param options: ``data_type``, ``start``, ``increment``, ``minvalue``, ``maxvalue``,
            ``cache``, ``cycle``; the server's defaults for the others.
        """
        operations.invoke(cls(name, schema, **options))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_sequence", self.schema, self.name, self.options)


@Operations.register_operation("alter_sequence")
class AlterSequenceOp(_NamedOp):
    """Give a sequence other options."""

    @classmethod
    def alter_sequence(
        cls, operations: Operations, name: str, *, schema: str | None = None, **options: Any
    ) -> None:
        """Change these options of a sequence; the next value stays what it is."""
        operations.invoke(cls(name, schema, **options))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("alter_sequence", self.schema, self.name, self.options)


@Operations.register_operation("drop_sequence")
class DropSequenceOp(_NamedOp):
    """Drop a sequence."""

    @classmethod
    def drop_sequence(cls, operations: Operations, name: str, *, schema: str | None = None) -> None:
        """Drop a sequence."""
        operations.invoke(cls(name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_sequence", self.schema, self.name)


@Operations.register_operation("rename_sequence")
class RenameSequenceOp(ops.MigrateOperation):
    """Give a sequence another name; defaults that use it follow."""

    def __init__(self, old: str, new: str, schema: str | None = None) -> None:
        self.old, self.new, self.schema = old, new, schema

    @classmethod
    def rename_sequence(
        cls, operations: Operations, old_name: str, new_name: str, *, schema: str | None = None
    ) -> None:
        """Rename a sequence, that of an identity column too."""
        operations.invoke(cls(old_name, new_name, schema))

    def reverse(self) -> RenameSequenceOp:
        return RenameSequenceOp(self.new, self.old, self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("rename_sequence", self.schema, self.old, self.new)


@Operations.register_operation("own_sequence")
class OwnSequenceOp(ops.MigrateOperation):
    """Let a column own a sequence, and go on after the values that rows have."""

    def __init__(
        self, name: str, table_name: str | None, column: str | None, schema: str | None = None
    ) -> None:
        self.name, self.table_name, self.column, self.schema = name, table_name, column, schema

    @classmethod
    def own_sequence(
        cls,
        operations: Operations,
        name: str,
        table_name: str | None,
        column_name: str | None,
        *,
        schema: str | None = None,
    ) -> None:
        """Let a column own a sequence: dropped with it, as a SERIAL's is.

        The next value becomes one that no row has. No table: let nothing own it.
        """
        operations.invoke(cls(name, table_name, column_name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("own_sequence", self.schema, self.name, self.table_name, self.column)


@Operations.implementation_for(CreateSequenceOp)
def _create(operations: Operations, op: CreateSequenceOp) -> None:
    name = named(operations, op.name, op.schema)
    run(operations, f"CREATE SEQUENCE {name}{options_sql(op.options)}")


@Operations.implementation_for(AlterSequenceOp)
def _alter(operations: Operations, op: AlterSequenceOp) -> None:
    name = named(operations, op.name, op.schema)
    options = {**op.options, **restart(operations, f"{literal(name)}::regclass", op.options)}
    run(operations, f"ALTER SEQUENCE {name}{options_sql(options)}")


def restart(operations: Operations, sequence: str, options: dict[str, Any]) -> dict[str, Any]:
    """``RESTART``, where the value that a sequence is at is outside its new limits; else nothing.

    :param sequence: the sequence as an SQL expression of type ``regclass``.
    """
    low, high = options.get("minvalue"), options.get("maxvalue")
    context = operations.get_context()
    if (low is None and high is None) or context.as_sql or context.connection is None:
        return {}
    (at,) = context.connection.execute(
        text(
            "SELECT coalesce(pg_sequence_last_value(seqrelid), seqstart) FROM pg_sequence"
            f" WHERE seqrelid = {escaped(sequence)}"
        )
    ).one()
    if low is not None and at < low:
        return {"restart": max(low, options.get("start", low))}
    if high is not None and at > high:
        return {"restart": min(high, options.get("start", high))}
    return {}


@Operations.implementation_for(DropSequenceOp)
def _drop(operations: Operations, op: DropSequenceOp) -> None:
    run(operations, f"DROP SEQUENCE {named(operations, op.name, op.schema)}")


@Operations.implementation_for(RenameSequenceOp)
def _rename(operations: Operations, op: RenameSequenceOp) -> None:
    old, new = named(operations, op.old, op.schema), named(operations, op.new)
    run(operations, f"ALTER SEQUENCE {old} RENAME TO {new}")


@Operations.implementation_for(OwnSequenceOp)
def _own(operations: Operations, op: OwnSequenceOp) -> None:
    name = named(operations, op.name, op.schema)
    if op.table_name is None or op.column is None:
        run(operations, f"ALTER SEQUENCE {name} OWNED BY NONE")
        return
    table, column = named(operations, op.table_name, op.schema), named(operations, op.column)
    run(operations, f"ALTER SEQUENCE {name} OWNED BY {table}.{column}")
    continue_after(operations, literal(name), table, column)


@renderers.dispatch_for(CreateSequenceOp)
def _render_create(context: AutogenContext, op: CreateSequenceOp) -> str:
    return _rendered(context, "create_sequence", op)


@renderers.dispatch_for(AlterSequenceOp)
def _render_alter(context: AutogenContext, op: AlterSequenceOp) -> str:
    return _rendered(context, "alter_sequence", op)


@renderers.dispatch_for(DropSequenceOp)
def _render_drop(context: AutogenContext, op: DropSequenceOp) -> str:
    return _rendered(context, "drop_sequence", op)


def _rendered(context: AutogenContext, name: str, op: _NamedOp) -> str:
    # call() leaves out False, which says something here
    said = [f"{key}={value!r}" for key, value in op.options.items() if value is False]
    rest = {key: value for key, value in op.options.items() if value is not False}
    text = call(context, name, [op.name], {"schema": op.schema, **rest})
    return text if not said else f"{text[:-1]}, {', '.join(said)})"


@renderers.dispatch_for(RenameSequenceOp)
def _render_rename(context: AutogenContext, op: RenameSequenceOp) -> str:
    return call(context, "rename_sequence", [op.old, op.new], {"schema": op.schema})


@renderers.dispatch_for(OwnSequenceOp)
def _render_own(context: AutogenContext, op: OwnSequenceOp) -> str:
    return call(context, "own_sequence", [op.name, op.table_name, op.column], {"schema": op.schema})
