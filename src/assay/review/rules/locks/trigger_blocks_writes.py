"""A trigger is made, changed or dropped while writes wait for its table.

What it flags: a trigger of a table that was there differs, and the table was under a lock that blocks
writes, with no ``lock_timeout``.
Why: ``CREATE TRIGGER``, ``ENABLE`` and ``DISABLE TRIGGER`` hold ``SHARE ROW EXCLUSIVE``, ``DROP
TRIGGER`` ``ACCESS EXCLUSIVE``. They are short; the wait for the lock behind a long writer is not, and
other writes queue behind it.
Unsafe: ``CREATE TRIGGER`` on a table that is written to
Safe instead: the same with a short ``lock_timeout``, in a revision of its own.
When it is fine: nobody writes to it meanwhile.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, relation_of, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each trigger of a table that stays."""
    left = {table.name for table in context.after.of_kind("table")}
    for operation in operations:
        for difference in operation.differences:
            trigger = difference.object
            table = relation_of(trigger)
            if trigger.kind != "trigger" or table not in context.tables & left:
                continue
            seen = under(operation, table)
            if seen is None or seen[0].observed.lock_timeout:
                continue
            yield RULE.finding(
                trigger.name,
                operation.line,
                f"{seen[1].mode} on {table}: {behind(seen[1])} while trigger {trigger.key[-1]} is "
                f"{difference.change.value}.",
                why="The change is short; waiting for its lock behind a long writer is not.",
                instead="SET LOCAL lock_timeout to a second or two before it.",
                lock=seen[1],
            )


RULE = Rule("trigger-blocks-writes", "locks", Severity.NOTE, check)
