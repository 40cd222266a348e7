"""The drop of one table takes rows of another.

What it flags: a table was dropped, be it only to be made anew, and rows of a table that refers to it were
gone with it.
Why: with ``PRAGMA foreign_keys = ON`` SQLite deletes a table's rows before it drops it, so
``ON DELETE CASCADE`` acts. ``batch_alter_table`` drops the old table after the copy: it looks like a
change of a column, and empties every table that refers to it.
Unsafe: ``with op.batch_alter_table("users") as batch_op:`` on a connection that enforces foreign keys
Safe instead: ``op.rebuild_table``, which turns them off meanwhile; or ``PRAGMA foreign_keys = OFF`` in
``env.py``, outside of a transaction.
When it is fine: the rows are to go as well. Delete them by a statement of its own, before.
Measured on: SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change, compare
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import relation_of
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table that lost rows to the drop of another."""
    left = {found.name for found in context.after.of_kind("table")} & context.tables
    referring = {relation_of(key) for key in context.before.of_kind("foreign key")}
    for operation in operations:
        for statement in operation.statements:
            dropped = _dropped(statement)
            if dropped is None:
                continue
            for table, change in statement.observed.rows.items():
                if not change.deleted or table not in left & referring:
                    continue
                yield RULE.finding(
                    table,
                    operation.line,
                    f"{change.deleted} rows of {table} are deleted: {dropped.name} is dropped, and "
                    "foreign keys are enforced.",
                    why="ON DELETE CASCADE acts as if each row had been deleted; no downgrade brings "
                    "them back.",
                    instead=f"Use op.rebuild_table for {dropped.name}, or turn PRAGMA foreign_keys "
                    "off before the transaction.",
                )


def _dropped(statement: StatementEffect) -> CatalogObject | None:
    """The table that a statement dropped."""
    if not statement.changed_catalog or statement.before is None or statement.after is None:
        return None
    return next(
        (
            d.object
            for d in compare(statement.before, statement.after)
            if d.change is Change.REMOVED and d.object.kind == "table"
        ),
        None,
    )


RULE = Rule("cascaded-away", "data", Severity.STOP, check)
