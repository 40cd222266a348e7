"""A constraint is added whose name the server made up.

What it flags: a CHECK, UNIQUE, EXCLUDE or foreign key appeared under a name that none of the SQL which
made it has; on SQLite under no name. One finding a table.
Why: the name depends on the server, on what other names are taken and on the order of the statements: a
later ``drop_constraint`` finds it on one database and not on another. SQLite can drop it only by copying
the table.
Unsafe: ``op.create_unique_constraint(None, "users", ["email"])``
Safe instead: a name, or ``naming_convention`` in the models' ``MetaData``, which gives one to each.
When it is fine: it is dropped only ever with its table.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import bound, changed, relation_of
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_KINDS = ("check", "unique", "foreign key", "exclusion")
_MADE_UP = {
    "postgresql": r".+_(check|key|fkey|excl)\d*",
    "mysql": r"CONSTRAINT_\d+|\d+|.+_ibfk_\d+|.+_chk_\d+|.+_\d+",
}
"""What servers make up: PostgreSQL's ChooseIndexName and ChooseConstraintName; MariaDB, measured."""


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table that got such constraints."""
    said: set[str] = set()
    for operation in operations:
        # DETACH … CONCURRENTLY keeps the bounds as a CHECK of its own
        detached = bound(operation, attached=False)
        gone = {o.key[-1] for o in changed(operation, Change.REMOVED, *_KINDS)}
        text = "\n".join(statement.sql for statement in operation.statements)
        unnamed: dict[str, list[CatalogObject]] = {}
        for found in changed(operation, Change.ADDED, *_KINDS):
            lasts = found.identity in context.after.by_identity
            # a table that is renamed takes its constraints along
            if lasts and found.key[-1] not in gone and _made_up(found, text, context.dialect):
                unnamed.setdefault(relation_of(found), []).append(found)
        for table, constraints in unnamed.items():
            if table in said or table in detached:
                continue
            said.add(table)
            names = ", ".join(f"{c.kind} {c.key[-1]}" for c in constraints)
            yield RULE.finding(
                table,
                operation.line,
                f"{table}: the server made up the name of {names}.",
                why="It may be another on another database, and a later revision must name it.",
                instead="Name it, or give the models' MetaData a naming_convention.",
            )


def _made_up(found: CatalogObject, text: str, dialect: str) -> bool:
    if dialect == "sqlite":
        return any(name == "name" and value is None for name, value in found.attributes)
    name = found.key[-1]
    said = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text, re.IGNORECASE)
    return said is None and re.fullmatch(_MADE_UP.get(dialect, ".+"), name) is not None


RULE = Rule("unnamed-constraint", "hygiene", Severity.NOTE, check)
