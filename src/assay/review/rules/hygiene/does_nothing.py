"""The upgrade does nothing on this engine, though its file has operations.

What it flags: ``upgrade()`` executed no statement at all, not even a question, and its text has an
operation in it.
Why: it is guarded, by the dialect or by a variable. What it does elsewhere was not seen: tests on SQLite
say nothing of a revision that works on PostgreSQL only.
Unsafe: ``if op.get_bind().dialect.name == "postgresql": op.create_index(…)``, reviewed on SQLite
Safe instead: review it on each engine that it is for: name a server under ``[tool.assay.shadow]``.
When it is fine: it is reviewed on the other engine as well. An empty revision and a merge are not
flagged.
Measured on: SQLite 3.40, PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.project.revision_file import operations_in
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding, at the first operation of the file."""
    trace = context.upgrade
    if trace is None or trace.statements or trace.failure is not None or trace.on_rows is not None:
        return
    for line, name in operations_in(Path(trace.file))[:1]:
        yield RULE.finding(
            "upgrade",
            line,
            f"The upgrade does nothing on {context.dialect}: op.{name} did not run.",
            why="What it does on another engine was not seen.",
            instead="Review it on the engine that it is for: name its server under "
            "[tool.assay.shadow].",
        )


RULE = Rule("does-nothing", "hygiene", Severity.NOTE, check)
