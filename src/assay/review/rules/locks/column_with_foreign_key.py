"""A column is added together with a foreign key: two tables are locked at once.

What it flags: an operation added a column and a foreign key on it without reading a row, while reads of
the table wait, and another table that was there was under a lock that blocks writes.
Why: ``ADD COLUMN … REFERENCES`` holds ``ACCESS EXCLUSIVE`` on the table and ``SHARE ROW EXCLUSIVE`` on
the one it refers to. Waiting for the second, it blocks every read of the first.
Unsafe: ``ALTER TABLE orders ADD COLUMN user_id int REFERENCES users``
Safe instead: the column in one revision, the foreign key as NOT VALID in the next, then VALIDATE.
When it is fine: with a short ``lock_timeout`` and a retry.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, changed, relation_of, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each column that came with its foreign key."""
    for operation in operations:
        columns = {relation_of(c): c for c in changed(operation, Change.ADDED, "column")}
        for key in changed(operation, Change.ADDED, "foreign key"):
            table = relation_of(key)
            column, seen = columns.get(table), under(operation, table, "reads")
            if column is None or seen is None or table not in context.tables:
                continue
            observed = [statement.observed for statement in operation.statements]
            others = [
                lock
                for each in observed
                for lock in each.locks
                if lock.kind == "table" and lock.relation != table and lock.blocks
            ]
            # where rows were read, another rule tells of it
            if not others or any(each.scanned for each in observed):
                continue
            yield RULE.finding(
                column.name,
                operation.line,
                f"{seen[1].mode} on {table}: {behind(seen[1])} while {others[0].mode} on "
                f"{others[0].relation} is waited for.",
                why="A long writer of the one table holds up every read of the other.",
                instead=f"Add {column.key[-1]} alone; in another revision {key.key[-1]} as NOT VALID.",
                lock=seen[1],
            )


RULE = Rule("column-with-foreign-key", "locks", Severity.NOTE, check)
