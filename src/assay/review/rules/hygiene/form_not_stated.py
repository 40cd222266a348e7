"""A statement does not say in which form it may run.

What it flags: an ``ALTER TABLE`` or ``CREATE INDEX`` on a table that was there before, on MySQL or
MariaDB, that ran in a form in which reads and writes go on, and stated no ``ALGORITHM`` and no ``LOCK``.
Why: the server takes the cheapest form that it can, silently. On a table that is not as the shadow's
(another row format, a FULLTEXT index, an older server) that is a copy, and writes wait.
Unsafe: ``op.execute("ALTER TABLE orders ADD note TEXT")``
Safe instead: the same with ``, ALGORITHM=INSTANT``, or with ``, ALGORITHM=INPLACE, LOCK=NONE``: where
the server cannot, it raises before anything is done.
When it is fine: the table is small. What blocks writes in any form, other rules tell of.
Measured on: MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table, at the first statement of each line."""
    for operation in operations:
        said: set[str] = set()
        for statement in operation.statements:
            form = statement.observed.form
            if form is None or form.stated or form.algorithm is None or form.blocks_writes:
                continue
            wanted = f"ALGORITHM={form.algorithm}" + (f", LOCK={form.lock}" if form.lock else "")
            for lock in statement.observed.locks:
                if lock.relation not in context.tables or lock.relation in said:
                    continue
                said.add(lock.relation)
                yield RULE.finding(
                    lock.relation,
                    operation.line,
                    f"The statement on {lock.relation} ran as {wanted}, and does not say so.",
                    why="Where the server cannot do that, it copies the table instead, silently.",
                    instead=f"State {wanted} by op.execute: then it raises before anything is done.",
                    lock=lock,
                )


RULE = Rule("form-not-stated", "hygiene", Severity.NOTE, check)
