"""A trigger is disabled, and the revision leaves it so.

What it flags: a trigger, rule or foreign key that fired for every session before the revision does not
after it: it is disabled, or fires on a replica only.
Why: rows written from now on pass it by. What it fills in is missing, what it refuses gets in, and
enabling it later looks at none of them; nothing shows that it is off.
Unsafe: ``ALTER TABLE orders DISABLE TRIGGER orders_audit`` before a backfill, and no more of it
Safe instead: ``ENABLE TRIGGER`` in the same transaction, so that other sessions never see it off. A
trigger that is not wanted any more: drop it.
When it is fine: a later step of the same release enables it, and nobody writes until then.
Measured on: PostgreSQL 15. The other engines cannot disable one.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.generate.postgresql.table_order import parents_of
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import changed, relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_KINDS = ("trigger", "rule", "foreign key")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each that is off after the revision, where it was turned off."""
    said: set[tuple[str, tuple[str, ...]]] = set()
    for operation in operations:
        # of a partition's trigger the catalog says something only while its parent's is another
        for change in (Change.ADDED, Change.ALTERED):
            for found in changed(operation, change, *_KINDS):
                left, was = context.after.by_identity.get(found.identity), _before(context, found)
                if left is None or not (_off(found) and _off(left)) or found.identity in said:
                    continue
                if was is None or _off(was):
                    continue
                said.add(found.identity)
                kind, name, table = found.kind, found.key[-1], relation_of(found)
                yield RULE.finding(
                    found.name,
                    operation.line,
                    f"{kind.capitalize()} {name} of {table} is {_off(left)} and left so: rows that "
                    "are written from now on pass it by.",
                    why="Enabling it later does not go over them, and nothing shows that it is off.",
                    instead=f"Enable {name} again in the same transaction, or drop it.",
                )


def _off(found: CatalogObject) -> str:
    """How it is kept from firing, for a sentence; empty if it is not."""
    states = f"{found.get('enabled') or ''}, {found.get('triggers') or ''}".split(", ")
    if "disabled" in states:
        return "disabled"
    return "for replicas only" if "replica" in states else ""


def _before(context: RuleContext, found: CatalogObject) -> CatalogObject | None:
    """What it was before the revision: of a partition's trigger what that of its parent was."""
    *table, name = found.key
    while True:
        was = context.before.by_identity.get((found.kind, (*table, name)))
        above = parents_of(context.before.by_identity.get(("table", tuple(table))))
        if was is not None or found.kind != "trigger" or not above:
            return was
        table = list(above[0])


RULE = Rule("trigger-disabled", "data", Severity.NOTE, check)
