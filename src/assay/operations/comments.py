"""Comments on what Alembic has no comment operation for: constraints, indexes, views …"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import literal, named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["CommentOp"]


@Operations.register_operation("comment_on")
class CommentOp(ops.MigrateOperation):
    """Set or take away (None) a comment."""

    def __init__(
        self,
        kind: str,
        name: str,
        comment: str | None,
        *,
        table_name: str | None = None,
        schema: str | None = None,
    ) -> None:
        self.kind, self.name, self.comment = kind, name, comment
        self.table_name, self.schema = table_name, schema

    @classmethod
    def comment_on(
        cls,
        operations: Operations,
        kind: str,
        name: str,
        comment: str | None,
        *,
        table_name: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Comment on an object.

        :param kind: as SQL names it: ``index``, ``constraint``, ``view``, ``materialized view`` …
        :param table_name: the table of a constraint.
        """
        operations.invoke(cls(kind, name, comment, table_name=table_name, schema=schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("comment_on", self.kind, self.schema, self.table_name, self.name, self.comment)


@Operations.implementation_for(CommentOp)
def _comment(operations: Operations, op: CommentOp) -> None:
    if op.table_name is None:
        target = named(operations, op.name, op.schema)
    else:
        table = named(operations, op.table_name, op.schema)
        target = f"{named(operations, op.name)} ON {table}"
    comment = "NULL" if op.comment is None else literal(op.comment)
    run(operations, f"COMMENT ON {op.kind.upper()} {target} IS {comment}")


@renderers.dispatch_for(CommentOp)
def _render(context: AutogenContext, op: CommentOp) -> str:
    keywords = {"table_name": op.table_name, "schema": op.schema}
    return call(context, "comment_on", [op.kind, op.name, op.comment], keywords)
