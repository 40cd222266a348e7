"""An index that was there is built again while writes wait.

What it flags: an index has another file, its table has not, and the table was under a lock that blocks
writes.
Why: ``REINDEX`` holds ``SHARE`` on the table and ``ACCESS EXCLUSIVE`` on the index, which most queries
ask for, until its transaction ends.
Unsafe: ``op.execute("REINDEX INDEX ix_users_email")``
Safe instead: ``REINDEX INDEX CONCURRENTLY`` inside an autocommit block (PostgreSQL 12 and newer).
When it is fine: the table is small, or nobody uses it meanwhile.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, relation_of, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_INDEXED = ("index", "primary key", "unique", "exclusion")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each index that was built again behind a lock."""
    found = {}
    for kind in _INDEXED:
        for index in context.before.of_kind(kind):
            schema = index.key[0]
            name = index.key[-1] if schema == "public" else f"{schema}.{index.key[-1]}"
            found[name] = relation_of(index)
    for operation in operations:
        files = {name for s in operation.statements for name in s.observed.rewritten}
        for name in sorted(files & found.keys()):
            called = [now for now, first in context.named.items() if first == found[name]]
            table = next((each for each in called if under(operation, each)), found[name])
            seen = under(operation, table)
            if seen is None or table in files:
                continue
            yield RULE.finding(
                f"{table}.{name.rpartition('.')[2]}",
                operation.line,
                f"{seen[1].mode} on {table}: {behind(seen[1])} while {name} is built again.",
                why="Reads that would use the index wait as well, until the transaction ends.",
                instead="REINDEX it CONCURRENTLY in an autocommit block."
                if context.version >= (12,)
                else "Build another index CONCURRENTLY and drop this one CONCURRENTLY.",
                lock=seen[1],
            )


RULE = Rule("reindex-blocks", "locks", Severity.NOTE, check)
