"""The revision writes a file.

What it flags: ``upgrade()`` or ``downgrade()``, or what they call, opened a file to be written. Files of
``tempfile``, of logging and of drivers do not count.
Why: the file is on the machine that ran it, once for each database and each trial, and no rollback takes
it back. Who runs the downgrade elsewhere does not have it.
Unsafe: ``Path("nicks.csv").write_text(…)`` before ``op.drop_column("users", "nick")``
Safe instead: keep what is needed in a table of the same database; write files by a command of their own.
When it is fine: nobody needs the file, or it is the same wherever it is written.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each file and direction."""
    for trace in context.traces:
        for happening in trace.happenings:
            if happening.kind != "file":
                continue
            name = PurePath(happening.about).name
            yield RULE.finding(
                name,
                happening.line,
                f"The {trace.direction} writes the file {name}.",
                why="It is on the machine that ran it only, and no rollback takes it back.",
                instead="Keep what is needed in a table, or write the file by a command of its own.",
                direction=trace.direction,
            )


RULE = Rule("writes-files", "hygiene", Severity.NOTE, check)
