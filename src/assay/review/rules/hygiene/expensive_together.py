"""Two statements that each take long are in one transaction.

What it flags: in one transaction a second statement that changes the schema and reads or copies a table
that was there, while others wait behind it as they did behind the first.
Why: locks are kept to the end of the transaction, so what waits behind the first waits for the second
too, and an error in the second throws away the work of the first.
Unsafe: two ``op.create_index`` on two large tables in one revision
Safe instead: one of them in a revision of its own, with ``transaction_per_migration=True`` in ``env.py``.
When it is fine: the tables are small.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding for each transaction, at its second such statement."""
    first: dict[int, tuple[str, ...]] = {}
    said: set[int] = set()
    for operation in operations:
        for statement in operation.statements:
            number = statement.observed.transaction
            worked = _worked(statement, context)
            if number is None or number in said or not worked:
                continue
            if number not in first:
                first[number] = worked
                continue
            said.add(number)
            locks = (*statement.observed.locks, *statement.observed.held)
            lock = next(k for k in locks if k.kind == "table" and k.blocks)
            here, before = ", ".join(worked), ", ".join(first[number])
            again = f"the transaction that reads or copies {before}"
            if before == here:
                again = "one transaction for the second time"
            yield RULE.finding(
                worked[0],
                operation.line,
                f"{here} is read or copied in {again}: "
                f"{lock.mode} on {lock.relation}, {behind(lock)} for both.",
                why="Locks are kept to the end, and an error here throws the first away as well.",
                instead=f"Put what is done to {here} into a revision of its own.",
                lock=lock,
            )


def _worked(statement: StatementEffect, context: RuleContext) -> tuple[str, ...]:
    """Tables of before that it read or copied for the schema, others waiting."""
    observed = statement.observed
    waits = any(k.kind == "table" and k.blocks for k in (*observed.locks, *observed.held))
    if not waits or not statement.changed_catalog:
        return ()
    tables = {*observed.scanned, *observed.rewritten} - {*observed.emptied}
    return tuple(sorted(tables & context.tables))


RULE = Rule("expensive-together", "hygiene", Severity.NOTE, check)
