"""A statement has no form in which writes go on, though it copies nothing.

What it flags: MySQL or MariaDB took a statement on a table that was there before in no form with
``LOCK=NONE``, and it neither copied the table nor built an index.
Why: an ``AUTO_INCREMENT`` column is numbered in place, but under ``LOCK=SHARED``: writes wait for as long
as the table is large. A statement may ask for such a lock itself.
Unsafe: ``op.execute("ALTER TABLE orders ADD no INT AUTO_INCREMENT UNIQUE")``
Safe instead: a tool that copies the table while writes go on (gh-ost, pt-online-schema-change).
When it is fine: the table is small, or nobody writes to it meanwhile.
Measured on: MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, changed, locked, relation_of, why_not_online
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each lock that no other rule tells of."""
    for operation in operations:
        indexed = {relation_of(found) for found in changed(operation, Change.ADDED, "index")}
        for statement in operation.statements:
            observed = statement.observed
            if observed.form is None:
                continue
            for lock in observed.locks:
                table = lock.relation
                if "writes" not in lock.blocks or table not in context.tables:
                    continue
                if table in observed.rewritten or table in indexed:
                    continue
                stated = observed.form.stated
                yield RULE.finding(
                    table,
                    operation.line,
                    f"{locked((statement, lock))}: {behind(lock)} until the statement ends.",
                    why=why_not_online((statement, lock)) or "",
                    instead="State LOCK=NONE, and see what the server says."
                    if stated
                    else f"Do it in a copy of {table} (gh-ost, pt-online-schema-change).",
                    lock=lock,
                )


RULE = Rule("form-blocks-writes", "locks", Severity.NOTE, check)
