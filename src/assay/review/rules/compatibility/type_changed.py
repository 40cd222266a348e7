"""A column has another type, and prepared statements of the code that runs fail once.

What it flags: the type of a column that was there before the revision is another one after it.
Why: a connection that has a SELECT of the column prepared gets ``cached plan must not change result
type`` (0A000) at its next use, also for ``varchar(10)`` to ``varchar(50)``; in a transaction the
driver cannot prepare it again, so the transaction is lost. Prepared on the server by psycopg 3 (after
five uses), asyncpg, pgjdbc and PgBouncer. Statements that do not give the column back are not affected.
Unsafe: ``op.alter_column("users", "id", type_=sa.BigInteger())``
Safe instead: a new column of the new type, kept in step, read by the next release.
When it is fine: the application connects anew when the schema is changed, or prepares nothing.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import altered, relation_of, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column whose type was changed."""
    if context.dialect != "postgresql":
        return
    for operation, old, new in altered(operations, context, "column", "type"):
        seen = under(operation, relation_of(old), "reads")
        if seen is None:
            continue  # its type was renamed, and is the same one
        yield RULE.finding(
            new.name,
            operation.line,
            f"{new.name} is {new.get('type')}, and was {old.get('type')}: prepared statements that "
            "read it fail.",
            why='"cached plan must not change result type", once on each connection that is open.',
            instead=f"Add a new column beside {new.name}, or let the application connect anew.",
        )


RULE = Rule("type-changed", "compatibility", Severity.NOTE, check)
