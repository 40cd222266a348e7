"""The downgrade does not bring back what the upgrade took.

What it flags: rows or values that were there before the upgrade are not there after the downgrade,
tried on a shadow that holds rows.
Why: a column that is added again is empty. Who rolls back in an incident finds the schema of before, and
not the data.
Unsafe: an upgrade that drops ``users.nick``, with a downgrade that adds it
Safe instead: keep the values aside in the upgrade (``CREATE TABLE users_nick AS SELECT id, nick …``), put
them back in the downgrade, and drop the copy in a later revision.
When it is fine: nobody needs them. Say so in a waiver.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.project.revision_file import function_line
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table and column that lost something."""
    up = context.upgrade
    down = up.downgrade if up is not None else None
    if up is None or down is None or (up.differences and not down.statements):
        return  # the whole downgrade is missing: hygiene/no-downgrade
    for loss in down.lost:
        lines = [s.line for s in down.statements if s.line is not None]
        yield RULE.finding(
            loss.name,
            lines[0] if lines else function_line(Path(down.file), "downgrade"),
            f"{loss.name}: {loss.before} before the upgrade, {loss.after} of them after the downgrade.",
            why="Who rolls back finds the schema of before, and not the data.",
            instead=f"Keep {loss.name} aside in the upgrade, and put it back in the downgrade.",
            direction="downgrade",
        )


RULE = Rule("lossy-downgrade", "hygiene", Severity.NOTE, check)
