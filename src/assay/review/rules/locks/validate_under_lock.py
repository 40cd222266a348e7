"""A constraint is validated while a stronger lock of an earlier statement is held.

What it flags: a constraint that was NOT VALID became valid, in a transaction that held a lock on its
table behind which reads or writes wait.
Why: ``VALIDATE CONSTRAINT`` lets others read and write. But ``ADD … NOT VALID`` takes a lock that does
not, and keeps it to the end of the transaction: in one transaction the two do what one statement did.
Unsafe: ``ADD CONSTRAINT … NOT VALID`` and ``VALIDATE CONSTRAINT`` in one revision
Safe instead: the VALIDATE in a revision of its own.
When it is fine: the table is small, or nobody uses it meanwhile.
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
    """A finding for each constraint that was validated behind a lock from before."""
    for operation in operations:
        for constraint in validated(operation):
            table = relation_of(constraint)
            held = [
                lock
                for statement in operation.statements
                for lock in statement.observed.held
                if lock.relation == table and lock.blocks
            ]
            if not held or table not in context.tables:
                continue
            yield RULE.finding(
                constraint.name,
                operation.line,
                f"{held[0].mode} on {table} is held from before: {behind(held[0])} while "
                f"{constraint.key[-1]} is validated.",
                why="A lock is held to the end of its transaction, so NOT VALID gained nothing.",
                instead=f"Validate {constraint.key[-1]} in a revision of its own.",
                lock=held[0],
            )


RULE = Rule("validate-under-lock", "locks", Severity.NOTE, check)
