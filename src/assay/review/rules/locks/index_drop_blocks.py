"""An index is dropped under a lock behind which reads and writes wait.

What it flags: an index of a table that stays is gone, and the table was under a lock that blocks reads.
Why: ``DROP INDEX`` takes ``ACCESS EXCLUSIVE`` on the table. The drop is short; the wait for the lock
behind a long reader is not, and everything queues behind it.
Unsafe: ``op.drop_index("ix_users_email", "users")``
Safe instead: ``postgresql_concurrently=True`` inside an autocommit block.
When it is fine: with a short ``lock_timeout`` and a retry.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, changed, is_away, relation_of, statement_by_statement, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each index that was dropped behind a lock, its table left."""
    left = {found.name for found in context.after.of_kind("table")}
    for operation in operations:
        # USING INDEX: the index is a constraint's from then on
        taken = {o.key for o in changed(operation, Change.ADDED, "unique", "primary key")}
        renamed = {
            difference.object.key
            for _, differences in statement_by_statement(operation)
            for difference in differences
            if difference.change is Change.REMOVED and not is_away(difference, differences)
        }
        for index in changed(operation, Change.REMOVED, "index"):
            if index.key in taken | renamed:
                continue
            table = relation_of(index)
            seen = under(operation, table, "reads")
            if seen is not None and table in left:
                yield RULE.finding(
                    index.name,
                    operation.line,
                    f"{seen[1].mode} on {table}: {behind(seen[1])} while {index.key[-1]} is dropped.",
                    why="The drop is short; waiting for its lock behind a long reader is not.",
                    instead="Drop it with postgresql_concurrently=True in an autocommit block.",
                    lock=seen[1],
                )


RULE = Rule("index-drop-blocks", "locks", Severity.NOTE, check)
