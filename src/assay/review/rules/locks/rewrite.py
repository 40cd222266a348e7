"""A table is written anew, row by row, while others wait.

What it flags: a table that was there has another file after a statement, and reads or writes waited.
Why: a type that is stored otherwise, a default that differs from row to row (``gen_random_uuid()``,
``clock_timestamp()``; not ``now()``), SERIAL, IDENTITY, STORED generated columns, ``VACUUM FULL``,
``CLUSTER``, ``SET UNLOGGED``: each copies the table and its indexes under ``ACCESS EXCLUSIVE``.
``timestamp`` to ``timestamptz`` does where the session's time zone is not UTC. MariaDB copies under
``LOCK=SHARED`` where no cheaper form is accepted.
Unsafe: ``op.alter_column("orders", "id", type_=sa.BigInteger())``
Safe instead: a new column, filled in batches and kept in step by a trigger, then the names swapped.
When it is fine: the table is small, or nobody uses it meanwhile.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table that was copied behind a lock."""
    tables = {found.name for found in context.before.of_kind("table")}
    for operation in operations:
        rewritten = {
            name: statement
            for statement in operation.statements
            for name in statement.observed.rewritten
            if name in tables and name not in statement.observed.emptied
        }
        for table in sorted(rewritten):
            seen = under(operation, table)
            if seen is not None:
                yield RULE.finding(
                    table,
                    operation.line,
                    f"{seen[1].mode} on {table}: {behind(seen[1])} while the whole table is copied.",
                    why="Every row and index is written anew; they wait until the transaction ends.",
                    instead="Add a new column, fill it in batches, swap the names.",
                )


RULE = Rule("rewrite", "locks", Severity.NOTE, check)
