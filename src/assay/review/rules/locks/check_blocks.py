"""A CHECK constraint is validated while reads and writes wait.

What it flags: a CHECK appeared, or another took its place in one statement, on a table that was there
before, which was read or copied for it under a lock.
Why: ``ADD CHECK`` holds ``ACCESS EXCLUSIVE`` while every row is checked, also where the CHECK is
written in ``ADD COLUMN … DEFAULT 5 CHECK (…)``, which copies nothing by itself. MariaDB copies the
table (``LOCK=SHARED``).
Unsafe: ``op.create_check_constraint("positive", "orders", "total > 0")``
Safe instead: ``postgresql_not_valid=True``, and ``VALIDATE CONSTRAINT`` in another transaction; for a
new column, add it first.
When it is fine: the table is small, or nobody uses it meanwhile.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, changed, locked, made, relation_of, under, why_not_online
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], _context: RuleContext) -> Iterator[Finding]:
    """A finding for each CHECK that was checked behind a lock."""
    for operation in operations:
        for constraint in made(operation, "check"):
            table = relation_of(constraint)
            seen = under(operation, table)
            if seen is None:
                continue
            observed = seen[0].observed
            if table not in observed.scanned and table not in observed.rewritten:
                continue
            columns = {c.key for c in changed(operation, Change.ADDED, "column")}
            came = next((key[-1] for key in columns if key[:-1] == constraint.key[:-1]), None)
            first = f"Add {came} without the CHECK; then add it" if came else "Add it"
            online = why_not_online(seen)
            yield RULE.finding(
                constraint.name,
                operation.line,
                f"{locked(seen)}: {behind(seen[1])} while every row is checked.",
                why=online or "They wait until the check and the transaction end.",
                instead=f"{first} with postgresql_not_valid=True and validate it in a transaction "
                "of its own."
                if online is None
                else f"Add {constraint.key[-1]} to a copy of {table} (gh-ost, pt-online-schema-change).",
                lock=seen[1],
            )


RULE = Rule("check-blocks", "locks", Severity.NOTE, check)
