"""Row security hides rows, or shows them, to roles other than the owner.

What it flags: row security of a table that was there before was switched, or a policy of it was added,
removed or changed while it is on.
Why: with row security on and no policy that lets a row through, a query gives no rows and an UPDATE
changes none, without an error. A policy dropped or made wider shows rows to roles that were kept from
them. The owner, superusers and BYPASSRLS notice nothing.
Unsafe: ``op.execute("ALTER TABLE invoices ENABLE ROW LEVEL SECURITY")`` beside other changes
Safe instead: policies first, which do nothing while it is off; a test as the application's role; then
switch it on, in a revision whose waiver says who tested it.
When it is fine: it was tested as the role that the application connects as.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change, Difference
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import altered
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_SWITCHES = ("row security", "force row security")


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table switched, and for each policy of one that stays on."""
    switched: set[tuple[str, ...]] = set()
    for operation, old, new in altered(operations, context, "table", *_SWITCHES):
        switched.add(new.key)
        on = new.get("row security") == "true"
        if not on and old.get("row security") != "true":
            continue
        forced = ", for its owner too" if new.get("force row security") == "true" else ""
        what = f"on{forced}" if on else "off"
        yield RULE.finding(
            new.name,
            operation.line,
            f"Row security of {new.name} is {what} from now on: other roles see "
            f"{'only what a policy lets through' if on else 'every row'}.",
            why="Queries of the application give other rows, without an error.",
            instead=f"Add the policies of {new.name} alone, test them as the application's role, and "
            "switch it in a revision of its own.",
        )
    for operation in operations:
        for difference in operation.differences:
            table = _table_that_is_on(difference, context)
            if table is None or table.key in switched:
                continue
            yield RULE.finding(
                difference.object.name,
                operation.line,
                f"Policy {difference.object.key[-1]} of {table.name} is {difference.change.value}: "
                "other rows can be seen and changed.",
                why="Queries of the application give other rows, without an error.",
                instead="Test it as the application's role, in a revision of its own.",
            )


def _table_that_is_on(difference: Difference, context: RuleContext) -> CatalogObject | None:
    """The table of a policy, where it was there before, the policy stays as it is, and counts."""
    policy = difference.object
    if policy.kind != "policy":
        return None
    key = policy.key[:-1]
    table = context.after.by_identity.get(("table", key))
    if table is None or ("table", key) not in context.before.by_identity:
        return None
    lasts = (policy.identity in context.after.by_identity) is (
        difference.change is not Change.REMOVED
    )
    return table if lasts and table.get("row security") == "true" else None


RULE = Rule("row-security", "compatibility", Severity.NOTE, check)
