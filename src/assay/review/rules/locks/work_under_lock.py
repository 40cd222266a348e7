"""A statement reads or copies a table while a lock of an earlier statement is held.

What it flags: a statement that scans or rewrites, in a transaction that already holds a lock behind
which reads wait.
Why: a lock is held to the end of its transaction. An ``ALTER TABLE`` of a millisecond, followed by an
index built in the same transaction, blocks reads for as long as the index takes.
Unsafe: ``op.add_column("users", …)`` and ``op.create_index(…, "users", …)`` in one revision
Safe instead: each in a transaction of its own: another revision.
When it is fine: what is read is small.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, relation_of, validated
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each lock that statements worked under, at the first of them."""
    said: set[str] = set()
    for operation in operations:
        proven = {relation_of(constraint) for constraint in validated(operation)}
        for statement in operation.statements:
            observed = statement.observed
            read = {*observed.scanned, *observed.rewritten} - {*observed.emptied}
            worked = context.tables & read
            # other rules say more of an UPDATE of every row, and of a VALIDATE
            if not worked or observed.whole:
                continue
            for lock in observed.held:
                if lock.kind != "table" or "reads" not in lock.blocks or lock.relation in said:
                    continue
                if lock.relation in proven:
                    continue
                said.add(lock.relation)
                yield RULE.finding(
                    lock.relation,
                    operation.line,
                    f"{lock.mode} on {lock.relation} is held from before: {behind(lock)} while "
                    f"{' and '.join(sorted(worked))} {'is' if len(worked) == 1 else 'are'} read.",
                    why="A lock is held to the end of its transaction.",
                    instead="Put this into a revision of its own.",
                    lock=lock,
                )


RULE = Rule("work-under-lock", "locks", Severity.NOTE, check)
