"""A rendering without a project, and what its text makes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op_text
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops

from assay.generate.render import exact_expressions, rendering_of

ENGINES = ("sqlite", "postgresql", "mysql")

OPTIONS: dict[str, Any] = {
    "sqlalchemy_module_prefix": "sa.",
    "alembic_module_prefix": "op.",
    "user_module_prefix": None,
}


def context_for(
    target: str | sa.Connection, metadata: sa.MetaData | None = None, **options: Any
) -> AutogenContext:
    """Alembic's context for an engine's name, or for a connection."""
    metadata = metadata or sa.MetaData()
    opts = {"target_metadata": metadata, **OPTIONS, **options}
    opts["render_item"] = rendering_of(options.get("render_item"))
    if isinstance(target, str):
        migration = MigrationContext.configure(dialect_name=target, opts=opts)
    else:
        migration = MigrationContext.configure(target, opts=opts)
    exact_expressions(migration)
    return AutogenContext(migration, metadata)


def evaluated(text: str, context: AutogenContext, **names: Any) -> Any:
    """A text as a revision has it, with no names but the revision's."""
    space: dict[str, Any] = {"sa": sa, "op": Operations(context.migration_context), **names}
    for line in context.imports:
        exec(line, space)
    return eval(text, space)


def run(context: AutogenContext, *operations: ops.MigrateOperation) -> str:
    """Render operations, run the text on the context's connection, and give it back."""
    text = "\n".join(render_op_text(context, op) for op in operations)
    space: dict[str, Any] = {"sa": sa, "op": Operations(context.migration_context)}
    for line in context.imports:
        exec(line, space)
    exec(text, space)
    return text
