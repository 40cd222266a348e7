"""A lock is waited for without an end, and everybody waits behind it.

What it flags: the first statement that takes a lock behind which reads or writes of a table that was
there wait, while ``lock_timeout`` is 0; on MariaDB the first DDL of such a table while
``lock_wait_timeout`` is an hour or more (it is a day by default).
Why: a lock request queues behind every open transaction, and each new query queues behind the request.
Measured on PostgreSQL 15: a SELECT waited 2.95 s behind an ALTER TABLE that waited for a reader, and
0.35 s where ``lock_timeout`` was 300 ms.
Unsafe: ``op.add_column("users", …)`` with nothing before it
Safe instead: ``op.execute("SET lock_timeout = '2s'")`` first, and run the upgrade again when it gives up.
When it is fine: ``env.py``, the role or the database sets it; then the shadow shows no finding.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_LONG = 3600.0  # seconds


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding a revision."""
    server = context.dialect == "postgresql"
    for operation in operations:
        for statement in operation.statements:
            observed = statement.observed
            timeout = observed.lock_timeout
            if timeout is None or not (timeout == 0 if server else timeout >= _LONG):
                continue
            for lock in observed.locks:
                # every DDL of MariaDB needs the table alone for a moment, whatever its form
                if lock.relation not in context.tables or not (lock.blocks or not server):
                    continue
                waits = behind(lock) if lock.blocks else "reads and writes wait"
                name = "lock_timeout" if server else "lock_wait_timeout"
                value = "'2s'" if server else "2"
                yield RULE.finding(
                    lock.relation,
                    operation.line,
                    f"{lock.mode if lock.blocks else 'The metadata lock'} on {lock.relation} is "
                    f"waited for {'without an end' if server else f'for {timeout:.0f} s'}: {waits} "
                    "behind it meanwhile.",
                    why="It queues behind every open transaction, and each new query behind it.",
                    instead=f'op.execute("SET {name} = {value}") first, and run it again when it '
                    "gives up.",
                    lock=lock,
                )
                return


RULE = Rule("no-lock-timeout", "hygiene", Severity.NOTE, check)
