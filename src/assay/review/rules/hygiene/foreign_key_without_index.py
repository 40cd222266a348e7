"""A foreign key is added, and no index finds the rows that refer.

What it flags: a foreign key appeared whose columns no index, unique constraint or primary key of its
table begins with, after the whole revision.
Why: each DELETE in the table it refers to, and each UPDATE of a key there, reads the whole referring
table under its lock to see who refers. PostgreSQL and SQLite make no such index; MariaDB does.
Unsafe: ``op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"])`` alone
Safe instead: create the index in a revision before it.
When it is fine: nothing is ever deleted there, or the referring table stays small.
Measured on: PostgreSQL 15, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import Change
from assay.review.finding import Finding, Severity
from assay.review.parts import columns_of, indexes_of
from assay.review.rule import Rule, RuleContext
from assay.review.seen import changed, relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each new foreign key that no index serves."""
    known = {o.identity for o in context.before.of_kind("foreign key")}
    for operation in operations:
        for key in changed(operation, Change.ADDED, "foreign key"):
            columns = columns_of(key)
            if key.identity in known or key.identity not in context.after.by_identity:
                continue
            if not columns or any(
                set(columns_of(index)[: len(columns)]) == set(columns)
                for index in indexes_of(context.after, key.key[:-1])
            ):
                continue
            table, listed = relation_of(key), ", ".join(columns)
            yield RULE.finding(
                f"{table}.{key.key[-1]}",
                operation.line,
                f"Foreign key {key.key[-1]} of {table}: no index begins with {listed}.",
                why="A DELETE in the table it refers to reads all of this one to see who refers.",
                instead=f"Create an index on {table} ({listed}) before it.",
            )


RULE = Rule("foreign-key-without-index", "hygiene", Severity.NOTE, check)
