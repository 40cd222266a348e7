"""An index is there, and is not used.

What it flags: after the revision an index is ``INVALID`` that was not so before, or a statement that was
to make it found it there, ``INVALID``, and went on.
Why: a ``CREATE INDEX CONCURRENTLY`` that failed leaves its index behind: no query uses it, a unique one
keeps nothing unique, and every write pays for it. ``IF NOT EXISTS`` looks at the name only and says that
all is well.
Unsafe: ``CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON users (email)`` after one that failed
Safe instead: ``DROP INDEX CONCURRENTLY IF EXISTS ix``, then create it without ``IF NOT EXISTS``.
When it is fine: the index of a partitioned table, until those of all partitions are attached.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Snapshot
from assay.review.finding import Finding, Severity
from assay.review.rule import Identity, Rule, RuleContext
from assay.review.seen import relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each index that is INVALID after the revision, where the revision met it."""
    before = _invalid(context.before)
    for identity, index in _invalid(context.after).items():
        line = _met(operations, index) if identity in before else _made(operations, index)
        if line is None:
            continue
        name, table = index.key[-1], relation_of(index)
        yield RULE.finding(
            f"{table}.{name}",
            line,
            f"Index {name} of {table} is INVALID"
            + (", as it was before: a statement passed over it." if identity in before else "."),
            why="No query uses it, a unique one keeps nothing unique, every write pays for it.",
            instead=f"DROP INDEX CONCURRENTLY IF EXISTS {name}, then create it without IF NOT EXISTS.",
        )


def _invalid(snapshot: Snapshot) -> dict[Identity, CatalogObject]:
    return {o.identity: o for o in snapshot.objects if o.get("valid") == "false"}


def _made(operations: tuple[OperationEffect, ...], index: CatalogObject) -> int | None:
    lines = [o.line for o in operations for d in o.differences if d.identity == index.identity]
    # what a statement leaves that raised shows in no difference of its own
    failed = [o.line for o in operations for s in o.statements if s.failure is not None]
    return next(iter(reversed(failed + lines)), None)


def _met(operations: tuple[OperationEffect, ...], index: CatalogObject) -> int | None:
    """A statement that locked the table against changes and then changed nothing."""
    for operation in operations:
        for statement in operation.statements:
            locks = statement.observed.locks
            table = relation_of(index)
            asked = any(lock.relation == table and lock.strength > _WRITES for lock in locks)
            if asked and statement.before == statement.after and not statement.observed.rows:
                return operation.line
    return None


_WRITES = 2
"""The strength of ROW EXCLUSIVE, which writes take: a statement about the index takes more."""

RULE = Rule("invalid-index", "hygiene", Severity.NOTE, check)
