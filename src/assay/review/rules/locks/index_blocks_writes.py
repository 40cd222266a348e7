"""An index is built on a table while writes to it wait.

What it flags: an index appeared on a table that was there before, and the table was under a lock that
blocks writes.
Why: PostgreSQL holds ``SHARE`` until the index is built and the transaction ends; MariaDB builds
FULLTEXT and SPATIAL indexes under ``LOCK=SHARED``.
Unsafe: ``op.create_index("ix_users_email", "users", ["email"])``
Safe instead: ``postgresql_concurrently=True`` inside ``with op.get_context().autocommit_block():``,
in a revision of its own; afterwards look that the index is valid. MariaDB: a tool that copies the table
while writes go on.
When it is fine: the table is small, or nobody writes to it meanwhile.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, changed, locked, relation_of, under, why_not_online
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each index that was built behind a lock."""
    for operation in operations:
        for index in changed(operation, Change.ADDED, "index"):
            table = relation_of(index)
            # PostgreSQL reads the table for one that is built, and not for one that is renamed
            read = any(table in s.observed.scanned for s in operation.statements)
            if context.dialect == "postgresql" and not read:
                continue
            seen = under(operation, table)
            # where MariaDB copies the table, another rule tells what for
            if seen is not None and table not in seen[0].observed.rewritten:
                online = why_not_online(seen)
                yield RULE.finding(
                    index.name,
                    operation.line,
                    f"{locked(seen)}: {behind(seen[1])} while {index.key[-1]} is built.",
                    why=online or "They wait until the transaction ends.",
                    instead="Build it with postgresql_concurrently=True in an autocommit block."
                    if online is None
                    else f"Build {index.key[-1]} in a copy of {table} (gh-ost, pt-online-schema-change).",
                    lock=seen[1],
                )


RULE = Rule("index-blocks-writes", "locks", Severity.NOTE, check)
