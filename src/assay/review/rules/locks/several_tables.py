"""Several tables are locked by one transaction.

What it flags: a statement locked a table that was there, so that writes wait, while an earlier statement's
lock on another one that stays was held.
Why: a lock is held to the end of its transaction. While the second is waited for, behind a long reader,
nobody writes to the first; and code that takes the two in the other order makes a deadlock.
Unsafe: foreign keys of ``orders`` and of ``notes`` in one revision
Safe instead: one revision for each table.
When it is fine: with a short ``lock_timeout`` and a retry of the whole revision.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding for each transaction, where the second table is locked."""
    stay = context.tables & {table.name for table in context.after.of_kind("table")}
    said: set[int | None] = set()
    for operation in operations:
        for statement in operation.statements:
            observed = statement.observed
            if observed.transaction in said or observed.lock_timeout:
                continue
            held = [k for k in observed.held if k.blocks and k.relation in stay]
            taken = [k for k in observed.locks if k.blocks and k.relation in stay]
            other = next((k for k in taken if all(k.relation != h.relation for h in held)), None)
            if not held or other is None:
                continue
            said.add(observed.transaction)
            yield RULE.finding(
                other.relation,
                operation.line,
                f"{other.mode} on {other.relation} is asked for while {held[0].mode} on "
                f"{held[0].relation} is held: {behind(held[0])} for both.",
                why="Each is locked until the last is done.",
                instead=f"Put this, which locks {other.relation}, into a revision of its own.",
                lock=other,
            )


RULE = Rule("several-tables", "locks", Severity.NOTE, check)
