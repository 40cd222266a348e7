"""Several tables are locked by one transaction.

What it flags: a statement locked a table that was there, so that writes wait, while an earlier statement's
lock on another one that stays was held; with a ``lock_timeout`` from the third table on.
Why: a lock is held to the end of its transaction. While the second is waited for, behind a long reader,
nobody writes to the first; and code that takes the two in the other order makes a deadlock. A
``lock_timeout`` is for each wait: the first of two tables is held for one more of them at the most, that of
four for three more.
Unsafe: foreign keys of ``orders`` and of ``notes`` in one revision
Safe instead: one revision for each table.
When it is fine: two tables with a short ``lock_timeout``, and a retry of the whole revision.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_TOGETHER = 3
"""Tables in one transaction that a ``lock_timeout`` is no answer to."""


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding for each transaction, where the second table is locked, or the third."""
    stay = context.tables & {table.name for table in context.after.of_kind("table")}
    said: set[int | None] = set()
    for operation in operations:
        for statement in operation.statements:
            observed = statement.observed
            if observed.transaction in said:
                continue
            held = [k for k in observed.held if k.blocks and k.relation in stay]
            before = {k.relation for k in held}
            others = [k for k in observed.locks if k.blocks and k.relation in stay - before]
            together = len(before | {k.relation for k in others})
            timeout = observed.lock_timeout
            if not held or not others or (timeout and together < _TOGETHER):
                continue
            said.add(observed.transaction)
            yield RULE.finding(
                others[0].relation,
                operation.line,
                f"{others[0].mode} on {others[0].relation} is asked for while {held[0].mode} on "
                f"{held[0].relation} is held: {behind(held[0])} for "
                + (f"{together} tables, up to {timeout:g} s for each." if timeout else "both."),
                why="Each is locked until the last is done.",
                instead=f"Put this, which locks {others[0].relation}, into a revision of its own.",
                lock=others[0],
            )


RULE = Rule("several-tables", "locks", Severity.NOTE, check)
