"""A materialized view is filled anew while its readers wait.

What it flags: a materialized view that was there has another file, and was under a lock that blocks
reads.
Why: ``REFRESH MATERIALIZED VIEW`` holds ``ACCESS EXCLUSIVE`` for as long as its query takes.
Unsafe: ``op.execute("REFRESH MATERIALIZED VIEW totals")``
Safe instead: ``REFRESH MATERIALIZED VIEW CONCURRENTLY``, which needs a unique index on it.
When it is fine: nobody reads it yet.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, relation_of, under
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each materialized view that was filled behind a lock."""
    views = {v.name for v in context.before.of_kind("materialized view") if v.get("populated")}
    unique = {
        relation_of(index)
        for index in context.before.of_kind("index")
        if str(index.get("definition")).startswith("CREATE UNIQUE ")
    }
    for operation in operations:
        files = {name for s in operation.statements for name in s.observed.rewritten}
        for view in sorted(files & views):
            seen = under(operation, view, "reads")
            if seen is None:
                continue
            first = "" if view in unique else f"Give {view} a unique index, then "
            yield RULE.finding(
                view,
                operation.line,
                f"{seen[1].mode} on {view}: {behind(seen[1])} while it is filled anew.",
                why="They wait for as long as its query takes, and until the transaction ends.",
                instead=f"{first}{'refresh' if first else 'Refresh'} it CONCURRENTLY.",
                lock=seen[1],
            )


RULE = Rule("refresh-blocks", "locks", Severity.NOTE, check)
