"""MySQL and MariaDB: an index that the server made for a foreign key, made one of the table's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.online.looking import answer
from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["KeepIndexOp"]

_THERE = """
SELECT 1 AS there FROM information_schema.statistics
WHERE table_schema = coalesce(:schema, database()) AND table_name = :table AND index_name = :name"""


@Operations.register_operation("keep_index")
class KeepIndexOp(ops.MigrateOperation):
    """Let an index stay when a foreign key on its columns is added.

    The server replaces an index that it made itself by one named as the new foreign key. One that was
    renamed once is left alone; both renames change no data. Measured on MariaDB 10.11.
    """

    def __init__(self, table_name: str, index_name: str, schema: str | None = None) -> None:
        self.table_name, self.index_name, self.schema = table_name, index_name, schema

    @classmethod
    def keep_index(
        cls,
        operations: Operations,
        table_name: str,
        index_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Make an index one of the table's own, under the name that it has."""
        operations.invoke(cls(table_name, index_name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("keep_index", self.schema, self.table_name, self.index_name)


@Operations.implementation_for(KeepIndexOp)
def _keep(operations: Operations, op: KeepIndexOp) -> None:
    table, name = named(operations, op.table_name, op.schema), named(operations, op.index_name)
    aside = f"_assay_{op.index_name}"[:64]
    away = named(operations, aside)
    # a run that died between the two has it aside already
    place = {"schema": op.schema, "table": op.table_name, "name": aside}
    if answer(operations, _THERE, **place) is None:
        run(operations, f"ALTER TABLE {table} RENAME INDEX {name} TO {away}")
    run(operations, f"ALTER TABLE {table} RENAME INDEX {away} TO {name}")


@renderers.dispatch_for(KeepIndexOp)
def _render(context: AutogenContext, op: KeepIndexOp) -> str:
    return call(context, "keep_index", [op.table_name, op.index_name], {"schema": op.schema})
