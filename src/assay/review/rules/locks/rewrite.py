"""A table is written anew, row by row, while others wait.

What it flags: a table that was there has another file after a statement, and reads or writes waited.
Why: a type that is stored otherwise, a default that differs from row to row (``gen_random_uuid()``,
``clock_timestamp()``; not ``now()``), SERIAL, IDENTITY, STORED generated columns, a domain that has a
default and a CHECK, ``VACUUM FULL``, ``CLUSTER``, ``SET UNLOGGED``: each copies the table and its
indexes under ``ACCESS EXCLUSIVE``. Before PostgreSQL 11 every default does (its docs).
``timestamp`` to ``timestamptz`` does where the session's time zone is not UTC. MariaDB copies under
``LOCK=SHARED`` where no cheaper form is accepted. SQLite has one writer: while ``batch_alter_table``
or ``rebuild_table`` copies, no table can be written to.
Unsafe: ``op.alter_column("orders", "id", type_=sa.BigInteger())``
Safe instead: a new column, filled in batches and kept in step by a trigger, then the names swapped.
When it is fine: the table is small, or nobody uses it meanwhile.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change, Difference
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind, locked, relation_of, told_by_constraint, under, why_not_online
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_SWAP = "Add a new column, fill it in batches, swap the names."


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table that was copied behind a lock."""
    for operation in operations:
        rewritten = {
            name
            for statement in operation.statements
            for name in statement.observed.rewritten
            if name in context.tables and name not in statement.observed.emptied
        }
        for table in sorted(rewritten):
            seen = under(operation, table)
            if context.dialect == "sqlite":
                yield RULE.finding(
                    table,
                    operation.line,
                    f"{table} is copied: writes to the whole database wait meanwhile.",
                    why="SQLite has one writer; the copy is one transaction.",
                    instead="Where op.add_column or op.drop_column does it, use that without a batch; "
                    "else do it while nobody writes.",
                )
            if seen is None or told_by_constraint(operation, table):
                continue
            reason, instead = _because(operation, table, context)
            yield RULE.finding(
                table,
                operation.line,
                f"{locked(seen)}: {behind(seen[1])} while the whole table is copied{reason}.",
                why=why_not_online(seen)
                or "Every row and index is written anew; they wait until the transaction ends.",
                instead=instead,
                lock=seen[1],
            )


def _because(operation: OperationEffect, table: str, context: RuleContext) -> tuple[str, str]:
    """What asked for the copy, for the end of a sentence, and what to do instead."""
    for difference in operation.differences:
        found = difference.object
        if found.kind == "column" and relation_of(found) == table:
            said = _column(difference, found, context)
            if said is not None:
                return said
        if found.kind == "table" and found.name == table:
            names = {name for name, _, _ in difference.altered}
            if names & {"persistence", "tablespace", "access method", "engine"}:
                what = ", ".join(sorted(names))
                return (
                    f" for its new {what}",
                    "Make a new table, fill it in batches, swap the names.",
                )
    if any(
        relation_of(d.object) == table and d.object.kind != "index" for d in operation.differences
    ):
        return "", _SWAP
    return (
        ", and its columns stay as they are",
        "Leave it out of the revision; pg_repack does it while others go on."
        if context.dialect == "postgresql"
        else "Leave it out of the revision.",
    )


def _column(
    difference: Difference, column: CatalogObject, context: RuleContext
) -> tuple[str, str] | None:
    name = column.key[-1]
    if difference.change is Change.ADDED:
        if column.get("generated"):
            virtual = context.dialect == "postgresql" and context.version >= (18,)
            return f" to compute {name}", (
                f"Make {name} VIRTUAL."
                if virtual
                else f"Add {name} as a plain column, kept by a trigger, and fill it in batches."
            )
        if column.get("identity"):
            return f" to number {name}", (
                f"Add {name} without the identity, fill it in batches, then make it one."
            )
        if context.dialect == "postgresql" and context.version < (11,):
            filled = f" to give each row its {name}, as any default does before PostgreSQL 11"
        else:
            filled = f" to give each row its own {name}"
        return filled, f"Add {name} without the default, set the default, fill it in batches."
    types = [(old, new) for what, old, new in difference.altered if what == "type"]
    if not types:
        return None
    old, new = types[0]
    zones = [" with time zone" in str(text) for text in (old, new)]
    if str(old).startswith("timestamp") and str(new).startswith("timestamp") and any(zones):
        return (
            f" to store {name} as {new}: the session's time zone is not UTC",
            f"Where {name} is kept in UTC, SET LOCAL timezone = 'UTC' before: nothing is copied.",
        )
    return f" to store {name} as {new}", _SWAP


RULE = Rule("rewrite", "locks", Severity.NOTE, check)
