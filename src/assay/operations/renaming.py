"""What the operations have in common that give a part of a table another name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from alembic.autogenerate import renderers
from alembic.operations import ops

from assay.operations.rendering import call

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["RenamingOp"]


class RenamingOp(ops.MigrateOperation):
    """Another name for a column, an index or a constraint of a table."""

    called: ClassVar[str]
    """Its name under ``op``."""

    def __init__(self, table_name: str, old: str, new: str, schema: str | None = None) -> None:
        self.table_name, self.old, self.new, self.schema = table_name, old, new, schema

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.called, self.schema, self.table_name, self.old, self.new)


@renderers.dispatch_for(RenamingOp)
def _render(context: AutogenContext, op: RenamingOp) -> str:
    return call(context, op.called, [op.table_name, op.old, op.new], {"schema": op.schema})
