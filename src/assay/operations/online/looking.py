"""What the server has already of a change that is made statement by statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import render_op
from alembic.util import CommandError
from sqlalchemy import text

from assay.operations.rendering import IMPORT
from assay.operations.statements import named

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import Operations, ops

__all__ = ["answer", "online_here", "relation", "renamed_call"]


def online_here(operations: Operations, what: str) -> bool:
    """Whether statements can be told apart here; False on servers where Alembic's own form is run.

    :param what: the operation, for the message.
    :raises CommandError: it runs inside a transaction, which would keep each lock to its end.
    """
    context = operations.get_context()
    if context.dialect.name != "postgresql":
        return False
    if context.as_sql or context.connection is None:
        return True
    level = context.connection.get_execution_options().get("isolation_level")
    if level != "AUTOCOMMIT" and context.connection.get_isolation_level() != "AUTOCOMMIT":
        raise CommandError(
            f"op.{what} runs in a transaction, which would keep its locks to the end; "
            "put it into `with op.get_context().autocommit_block():`."
        )
    return True


def answer(operations: Operations, sql: str, **parameters: Any) -> Any:
    """The first row of a question to the catalog; None where there is none, or no server (``--sql``)."""
    context = operations.get_context()
    if context.as_sql or context.connection is None:
        return None
    return context.connection.execute(text(sql), parameters).first()


def relation(operations: Operations, name: str, schema: str | None) -> str:
    """A name as ``to_regclass`` takes it."""
    return named(operations, name, schema)


def renamed_call(
    context: AutogenContext, plain: ops.MigrateOperation, name: str, online: str
) -> str:
    """Alembic's own text of an operation, called by another name."""
    context.imports.add(IMPORT)
    prefix = context.opts.get("alembic_module_prefix") or "op."
    (written,) = render_op(context, plain)
    assert written.startswith(f"{prefix}{name}(")
    return f"{prefix}{online}({written[len(prefix) + len(name) + 1 :]}"
