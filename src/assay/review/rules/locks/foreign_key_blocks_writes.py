"""A foreign key is validated while writes to both tables wait.

What it flags: a foreign key appeared, and a table that was there before was read for it under a lock
that blocks writes.
Why: ``ADD FOREIGN KEY`` holds ``SHARE ROW EXCLUSIVE`` on the table and on the one it refers to until
every row is checked and the transaction ends. MariaDB copies the table (``LOCK=SHARED``).
Unsafe: ``op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"])``
Safe instead: ``postgresql_not_valid=True``, and ``VALIDATE CONSTRAINT`` in another transaction. MariaDB and
MySQL: ``op.create_foreign_key_online``. It adds the key with ``foreign_key_checks = 0``, so that nothing is
copied, then looks for rows without a parent; where there are some, it drops the key again and raises.
When it is fine: both tables are small, or nobody writes to them meanwhile.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, locked, made, relation_of, under, why_not_online
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], _context: RuleContext) -> Iterator[Finding]:
    """A finding for each foreign key that was checked behind a lock."""
    for operation in operations:
        for key in made(operation, "foreign key"):
            table = relation_of(key)
            seen = under(operation, table)
            if seen is None:
                continue
            observed = seen[0].observed
            if not observed.scanned and table not in observed.rewritten:
                continue
            others = sorted(
                lock.relation
                for lock in observed.locks
                if lock.relation != table and lock.kind == "table" and lock.blocks
            )
            also = f" (and on {', '.join(others)})" if others else ""
            online = why_not_online(seen)
            yield RULE.finding(
                key.name,
                operation.line,
                f"{locked(seen)}{also}: {behind(seen[1])} while every row is checked.",
                why=online or "They wait until the check and the transaction end.",
                instead="Add it with postgresql_not_valid=True and validate it in a transaction of "
                "its own."
                if online is None
                else f"Add {key.key[-1]} by op.create_foreign_key_online (import assay.operations): it "
                "copies nothing, and looks at the rows afterwards.",
                lock=seen[1],
            )


RULE = Rule("foreign-key-blocks-writes", "locks", Severity.NOTE, check)
