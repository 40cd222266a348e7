"""Alembic's ``rename_table``, which it runs but does not render (1.20.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import ops

from assay.operations.constraints import plain_call

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["RenameTableOp"]


class RenameTableOp(ops.RenameTableOp):
    """A table's name changed, for a revision that is generated."""

    def reverse(self) -> RenameTableOp:
        return RenameTableOp(self.new_table_name, self.table_name, schema=self.schema)


@renderers.dispatch_for(RenameTableOp)
def _render(context: AutogenContext, op: RenameTableOp) -> str:
    names = [repr(str(op.table_name)), repr(str(op.new_table_name))]
    return plain_call(context, "rename_table", names, {"schema": op.schema})
