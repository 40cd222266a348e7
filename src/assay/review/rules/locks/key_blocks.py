"""A UNIQUE, PRIMARY KEY or EXCLUDE constraint builds its index while reads and writes wait.

What it flags: such a constraint appeared on a table that was there before, which was read for it
under a lock.
Why: ``ADD CONSTRAINT … UNIQUE`` holds ``ACCESS EXCLUSIVE`` while the index is built; so does a column
that is added with the constraint. A column of a new primary key that may be NULL is read once more.
Unsafe: ``op.create_unique_constraint("uq_users_email", "users", ["email"])``
Safe instead: a unique index built ``CONCURRENTLY``, then ``ADD CONSTRAINT … USING INDEX``. EXCLUDE
has no such form: a new table.
When it is fine: the table is small, or nobody uses it meanwhile.
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


def check(operations: tuple[OperationEffect, ...], _context: RuleContext) -> Iterator[Finding]:
    """A finding for each constraint whose index was built behind a lock."""
    for operation in operations:
        for key in changed(operation, Change.ADDED, "unique", "primary key", "exclusion"):
            table = relation_of(key)
            seen = under(operation, table)
            # one made of an index that was there reads nothing
            if seen is None or table not in seen[0].observed.scanned:
                continue
            online = "Build a unique index CONCURRENTLY, then add the constraint USING INDEX."
            yield RULE.finding(
                key.name,
                operation.line,
                f"{seen[1].mode} on {table}: {behind(seen[1])} while {key.key[-1]} builds its index.",
                why="They wait until the index is built and the transaction ends.",
                instead=online if key.kind != "exclusion" else "Fill a new table that has it.",
                lock=seen[1],
            )


RULE = Rule("key-blocks", "locks", Severity.NOTE, check)
