"""What ``ALTER TABLE`` changes of a PostgreSQL table as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["AlterTableOp", "TableOptionsOp"]

SETTINGS = {
    "logged": "SET LOGGED",
    "unlogged": "SET UNLOGGED",
    "tablespace": "SET TABLESPACE {}",
    "access_method": "SET ACCESS METHOD {}",
    "inherit": "INHERIT {}",
    "no_inherit": "NO INHERIT {}",
    "row_security": "{} ROW LEVEL SECURITY",
}


@Operations.register_operation("set_table_options")
class TableOptionsOp(ops.MigrateOperation):
    """Set storage parameters, or reset them (None)."""

    def __init__(
        self,
        table_name: str,
        options: Mapping[str, str | None],
        schema: str | None = None,
        kind: str = "table",
    ) -> None:
        self.table_name, self.options, self.schema = table_name, dict(options), schema
        self.kind = kind

    @classmethod
    def set_table_options(
        cls,
        operations: Operations,
        table_name: str,
        options: Mapping[str, str | None],
        *,
        schema: str | None = None,
        kind: str = "table",
    ) -> None:
        """Set storage parameters of a table: ``{"fillfactor": "70", "toast.autovacuum_enabled":
        None}``; None is the server's default again.

        :param kind: ``index``, ``view``, ``materialized view`` for other relations.
        """
        operations.invoke(cls(table_name, options, schema, kind))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("set_table_options", self.schema, self.table_name, self.options)


@Operations.implementation_for(TableOptionsOp)
def _set_options(operations: Operations, op: TableOptionsOp) -> None:
    start = f"ALTER {op.kind.upper()} {named(operations, op.table_name, op.schema)}"
    given = ", ".join(f"{k} = {_value(v)}" for k, v in op.options.items() if v is not None)
    reset = ", ".join(k for k, v in op.options.items() if v is None)
    if given:
        run(operations, f"{start} SET ({given})")
    if reset:
        run(operations, f"{start} RESET ({reset})")


def _value(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@renderers.dispatch_for(TableOptionsOp)
def _render_options(context: AutogenContext, op: TableOptionsOp) -> str:
    keywords = {"schema": op.schema, "kind": None if op.kind == "table" else op.kind}
    return call(context, "set_table_options", [op.table_name, op.options], keywords)


@Operations.register_operation("alter_table")
class AlterTableOp(ops.MigrateOperation):
    """One change of a table as a whole, by its name and value."""

    def __init__(
        self,
        table_name: str,
        setting: str,
        value: str | None = None,
        schema: str | None = None,
        value_schema: str | None = None,
    ) -> None:
        self.table_name, self.setting, self.value = table_name, setting, value
        self.schema, self.value_schema = schema, value_schema

    @classmethod
    def alter_table(
        cls,
        operations: Operations,
        table_name: str,
        setting: str,
        value: str | None = None,
        *,
        schema: str | None = None,
        value_schema: str | None = None,
    ) -> None:
        """Change a table.

        :param setting: ``logged``, ``unlogged``, ``tablespace``, ``access_method``, ``inherit``,
            ``no_inherit``, ``row_security`` (``enable``, ``disable``, ``force``, ``no force``).
        """
        operations.invoke(cls(table_name, setting, value, schema, value_schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("alter_table", self.schema, self.table_name, self.setting, self.value)


@Operations.implementation_for(AlterTableOp)
def _alter(operations: Operations, op: AlterTableOp) -> None:
    value = op.value or ""
    if op.setting == "row_security":
        value = value.upper()
    elif value:
        value = named(operations, value, op.value_schema)
    table = named(operations, op.table_name, op.schema)
    run(operations, f"ALTER TABLE {table} {SETTINGS[op.setting].format(value)}")


@renderers.dispatch_for(AlterTableOp)
def _render_alter(context: AutogenContext, op: AlterTableOp) -> str:
    arguments = [op.table_name, op.setting, *([op.value] if op.value is not None else [])]
    keywords = {"schema": op.schema, "value_schema": op.value_schema}
    return call(context, "alter_table", arguments, keywords)
