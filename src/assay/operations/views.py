"""Views, materialized ones too, by the text of their query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.rendering import call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["CreateViewOp", "DropViewOp"]


@Operations.register_operation("create_view")
class CreateViewOp(ops.MigrateOperation):
    """Make a view."""

    def __init__(
        self,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        materialized: bool = False,
        options: str | None = None,
        with_no_data: bool = False,
    ) -> None:
        self.name, self.definition, self.schema = name, definition, schema
        self.materialized, self.options = materialized, options
        self.with_no_data = with_no_data

    @classmethod
    def create_view(
        cls,
        operations: Operations,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        materialized: bool = False,
        options: str | None = None,
        with_no_data: bool = False,
    ) -> None:
        """Make a view.

        :param definition: its query, ``SELECT …``.
        :param options: what stands between its name and ``AS``: ``WITH (security_barrier=true)``.
        :param with_no_data: leave a materialized view empty.
        """
        op = cls(
            name,
            definition,
            schema=schema,
            materialized=materialized,
            options=options,
            with_no_data=with_no_data,
        )
        operations.invoke(op)

    def reverse(self) -> DropViewOp:
        return DropViewOp(self.name, schema=self.schema, materialized=self.materialized)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_view", self.schema, self.name, self.definition)


@Operations.register_operation("drop_view")
class DropViewOp(ops.MigrateOperation):
    """Drop a view."""

    def __init__(self, name: str, *, schema: str | None = None, materialized: bool = False) -> None:
        self.name, self.schema, self.materialized = name, schema, materialized

    @classmethod
    def drop_view(
        cls,
        operations: Operations,
        name: str,
        *,
        schema: str | None = None,
        materialized: bool = False,
    ) -> None:
        """Drop a view."""
        operations.invoke(cls(name, schema=schema, materialized=materialized))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_view", self.schema, self.name)


@Operations.implementation_for(CreateViewOp)
def _create(operations: Operations, op: CreateViewOp) -> None:
    kind = "MATERIALIZED VIEW" if op.materialized else "VIEW"
    options = f" {op.options}" if op.options else ""
    query = op.definition.strip().rstrip(";")
    data = " WITH NO DATA" if op.with_no_data else ""
    name = named(operations, op.name, op.schema)
    run(operations, f"CREATE {kind} {name}{options} AS {query}{data}")


@Operations.implementation_for(DropViewOp)
def _drop(operations: Operations, op: DropViewOp) -> None:
    kind = "MATERIALIZED VIEW" if op.materialized else "VIEW"
    run(operations, f"DROP {kind} {named(operations, op.name, op.schema)}")


@renderers.dispatch_for(CreateViewOp)
def _render_create(context: AutogenContext, op: CreateViewOp) -> str:
    keywords = {
        "schema": op.schema,
        "materialized": op.materialized,
        "options": op.options,
        "with_no_data": op.with_no_data,
    }
    return call(context, "create_view", [op.name], keywords, rendered=[_query(op.definition)])


def _query(text: str) -> str:
    """A query as a Python string of its own lines."""
    lines = text.strip().splitlines()
    if len(lines) < 2:
        return repr(text.strip())
    quoted = [repr(line + "\n") for line in lines[:-1]] + [repr(lines[-1])]
    return "(" + "".join(f"\n        {line}" for line in quoted) + "\n    )"


@renderers.dispatch_for(DropViewOp)
def _render_drop(context: AutogenContext, op: DropViewOp) -> str:
    keywords = {"schema": op.schema, "materialized": op.materialized}
    return call(context, "drop_view", [op.name], keywords)
