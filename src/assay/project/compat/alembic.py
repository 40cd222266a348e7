"""Alembic: transactions and steps of a run, its revision files, what autogenerate writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory
    from sqlalchemy import Constraint

__all__ = [
    "adopt_transaction",
    "autogen_context",
    "commit_unless_owned",
    "ddl_memo",
    "downgrade_steps",
    "end_external_transaction",
    "migration_transaction",
    "parent_ids",
    "reload_revision",
    "render_constraint_as_alembic",
    "render_operations",
    "set_ddl_memo",
    "set_process_revision_directives",
    "stamp_steps",
    "upgrade_step_of",
    "version_table",
]


def migration_transaction(context: MigrationContext) -> AbstractContextManager[Any]:
    """The transaction Alembic would run one migration in (``_per_migration``)."""
    return cast("AbstractContextManager[Any]", context.begin_transaction(_per_migration=True))


def adopt_transaction(context: MigrationContext, transaction: Any) -> None:
    """Tell Alembic that ``transaction`` is its own, as ``begin_transaction`` would."""
    context._transaction = transaction


def end_external_transaction(context: MigrationContext) -> None:
    """End a transaction opened before ``configure()``, so that the caller owns transactions."""
    connection = context.connection
    if connection is not None and connection.in_transaction():
        connection.commit()
        # inside `with engine.begin()` SQLAlchemy lets nothing more run on it until the block ends
        connection._trans_context_manager = None
    context._in_external_transaction = False


def commit_unless_owned(context: MigrationContext) -> None:
    """Commit what was done on the connection, unless Alembic has a transaction open on it.

    Committing under Alembic's own would leave what follows in one that nobody commits.
    """
    if context._transaction is None and context.connection is not None:
        context.connection.commit()


def ddl_memo(context: MigrationContext) -> dict[Any, Any]:
    """A copy of what Alembic remembers of a run: the types it has created (``impl.memo``)."""
    return {
        name: value.copy() if hasattr(value, "copy") else value
        for name, value in context.impl.memo.items()
    }


def set_ddl_memo(context: MigrationContext, memo: dict[Any, Any]) -> None:
    """Let Alembic remember this; ``{}`` is what a new ``alembic`` command knows."""
    context.impl.memo.clear()
    context.impl.memo.update(memo)


def version_table(context: MigrationContext) -> tuple[str | None, str]:
    """Schema and name of the version table."""
    return context.version_table_schema, context.version_table


def downgrade_steps(script: ScriptDirectory, revision: str, heads: tuple[str, ...]) -> list[Any]:
    """The steps of ``alembic downgrade REVISION`` from ``heads``."""
    return list(script._downgrade_revs(revision, cast(Any, heads)))


def stamp_steps(script: ScriptDirectory, revision: str, heads: tuple[str, ...]) -> list[Any]:
    """The steps of ``alembic stamp REVISION`` from ``heads``."""
    return list(script._stamp_revs(revision, cast(Any, heads)))


def upgrade_step_of(script: ScriptDirectory, revision: Script) -> Any:
    """One upgrade step, whatever the database is stamped with."""
    from alembic.runtime.migration import RevisionStep

    return RevisionStep(script.revision_map, revision, True)


def parent_ids(revision: Script) -> list[str]:
    """Ids of the revisions that must be applied before this one, ``depends_on`` included."""
    found = list(revision._versioned_down_revisions)
    found.extend(d for d in revision._normalized_resolved_dependencies if d not in found)
    return found


def reload_revision(script: ScriptDirectory, revision: str) -> None:
    """Load one revision file again after it was rewritten, the others not."""
    from alembic.util.pyfiles import load_python_file

    loaded = script.get_revision(revision)
    assert loaded is not None
    path = Path(loaded.path)
    loaded.module = load_python_file(path.parent, path.name)


def set_process_revision_directives(
    context: MigrationContext, last: Callable[[Any, Any, list[Any]], None]
) -> None:
    """Run ``last`` after the project's own ``process_revision_directives``."""
    own = context.opts.get("process_revision_directives")

    def both(migration_context: Any, revision: Any, directives: list[Any]) -> None:
        if own is not None:
            own(migration_context, revision, directives)
        last(migration_context, revision, directives)

    context.opts["process_revision_directives"] = both


def autogen_context(revision_context: Any) -> AutogenContext:
    """The context of the last autogenerate run of Alembic's ``RevisionContext``."""
    return cast("AutogenContext", revision_context._last_autogen_context)


def render_operations(operations: Any, context: AutogenContext) -> str:
    """Python text of operations; what it imports is added to the context's imports.

    ``render_python_code`` is public, but refuses a migration context with several metadatas or a
    metadata it was not given, and keeps the imports to itself.
    """
    from alembic.autogenerate.render import _render_cmd_body

    return str(_render_cmd_body(operations, context))


def render_constraint_as_alembic(constraint: Constraint, context: AutogenContext) -> str | None:
    """What Alembic writes for a constraint in a table, ``render_item`` asked first."""
    from alembic.autogenerate.render import _render_constraint

    return _render_constraint(constraint, context, None)
