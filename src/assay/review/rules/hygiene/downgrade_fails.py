"""The downgrade raises.

What it flags: ``downgrade()``, run after ``upgrade()`` on a shadow, raised something else than
``NotImplementedError``, which says that it is meant.
Why: it will raise in the incident in which it is needed; on MariaDB half of it is done by then.
Unsafe: a downgrade that drops a table before what refers to it
Safe instead: what the server says; the undo of each statement, the last first.
When it is fine: never.
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
    """One finding where it raised."""
    down = context.upgrade.downgrade if context.upgrade is not None else None
    failure = down.failure if down is not None else None
    if down is None or failure is None or failure.message.startswith("NotImplementedError"):
        return
    yield RULE.finding(
        "downgrade",
        failure.line or function_line(Path(down.file), "downgrade"),
        f"The downgrade raises: {failure.message}",
        why="It raises in the incident in which it is needed.",
        instead="Take back each statement of the upgrade, the last first.",
        direction="downgrade",
    )


RULE = Rule("downgrade-fails", "hygiene", Severity.NOTE, check)
