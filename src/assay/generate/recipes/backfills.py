"""An ``UPDATE`` that gives rows their missing value, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from alembic.operations import ops
from sqlalchemy import TextClause, text

from assay.generate.recipes.situation import Situation
from assay.generate.updates import NotBatched, hidden_in, taken_apart
from assay.operations.online.backfill import BackfillOnlineOp

__all__ = ["KINDS", "recipe", "statement_of"]

KINDS = (ops.ExecuteSQLOp,)


def recipe(op: ops.ExecuteSQLOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """One ``UPDATE`` of all rows holds each row's lock to its end."""
    sql = statement_of(op.sqltext)
    if sql is None:
        return None
    with suppress(NotBatched):
        found = taken_apart(sql, on.dialect, hidden_in(on.before))
        if on.in_use(found.table, found.schema):
            return [
                BackfillOnlineOp(
                    found.table,
                    found.column,
                    found.expression,
                    found.where,
                    found.schema,
                    found.unchanged,
                )
            ]
    return None


def statement_of(given: object) -> str | None:
    """The SQL that ``op.execute`` sends for a text; None for what has parameters, or is no text."""
    clause = text(given) if isinstance(given, str) else given
    if not isinstance(clause, TextClause):
        return None
    compiled = clause.compile()
    return None if compiled.params else str(compiled)
