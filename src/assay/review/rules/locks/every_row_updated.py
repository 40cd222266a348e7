"""Every row of a table is updated in one transaction.

What it flags: a statement updated all rows that a table held, and where its key is one whole number, also a
row whose key lies 25 000 beyond the others, in one transaction. It is not flagged as the first of batches:
run again by its line in another transaction, it found no row that was left.
Why: each row stays locked until the transaction ends, the table grows to about twice its size, and the
locks of DDL before it in the same transaction are held for as long (1.2 s for 300 000 rows).
Unsafe: ``op.execute("UPDATE users SET active = true")`` after ``op.add_column`` in one revision
Safe instead: batches, each in a transaction of its own, in a revision without DDL.
When it is fine: the table is small. A shadow holds few rows: a condition on other than its key, or a limit
that is not tried a second time, may spare most of the real ones.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table, at the first such statement."""
    said: set[str] = set()
    every = [statement for operation in operations for statement in operation.statements]
    for operation in operations:
        for statement in operation.statements:
            observed = statement.observed
            held = next((k for k in observed.held if k.kind == "table" and k.blocks), None)
            for table in observed.whole:
                change = observed.rows[table]
                if table in said or table not in context.tables or not change.updated:
                    continue
                if any(_next_batch(statement, other) for other in every):
                    continue
                said.add(table)
                locked = (
                    f"while {held.mode} on {held.relation} is held from before: {behind(held)}"
                    if held is not None
                    else "in one transaction: each stays locked until it ends"
                )
                yield RULE.finding(
                    table,
                    operation.line,
                    f"Every row of {table} is updated {locked}.",
                    why="It takes as long as the table is large, and doubles it.",
                    instead=f"Update {table} in batches, each in a transaction of its own, in a "
                    "revision without DDL.",
                    lock=held,
                )


def _next_batch(statement: StatementEffect, other: StatementEffect) -> bool:
    """Whether another one is the same, over the rows that this one left: on a shadow none.

    The first of batches has all rows where there are three. A loop over columns or tables runs
    statements that differ in more than numbers.
    """
    numbers = (statement.observed.transaction, other.observed.transaction)
    return (
        other.line == statement.line
        and other.rows == 0
        and _NUMBER.sub("0", other.sql) == _NUMBER.sub("0", statement.sql)
        and (other.autocommit or numbers[0] != numbers[1])
    )


_NUMBER = re.compile(r"\d+")

RULE = Rule("every-row-updated", "locks", Severity.NOTE, check)
