"""The downgrade leads to another schema than the one that the upgrade found.

What it flags: ``downgrade()`` changed something, and the catalog after it is not the one before
``upgrade()``; types, domains and sequences that are left are ``hygiene/left-behind``.
Why: an upgrade after it starts from what nobody has tried, and may fail or lead elsewhere.
Unsafe: a downgrade that adds the column again without its NOT NULL, or forgets the index
Safe instead: what takes every statement back, the last first. ``assay generate`` writes both ways.
When it is fine: what differs is gone for good, such as a type that was replaced: say so in a waiver.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.catalog import Change, compare
from assay.project.revision_file import function_line
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]

_LEFT = ("enum", "domain", "domain check", "sequence")


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """One finding, with the first things that differ."""
    up = context.upgrade
    down = up.downgrade if up is not None else None
    if down is None or down.failure is not None:
        return
    if not any(s.changed_catalog for s in down.statements):
        return
    differences = [
        d
        for d in compare(context.before, down.after)
        if not (d.change is Change.ADDED and d.object.kind in _LEFT)
    ]
    if not differences:
        return
    first = differences[0]
    what = {Change.ADDED: "is left", Change.REMOVED: "is missing"}.get(first.change, "differs")
    more = len(differences) - 1
    lines = [s.line for s in down.statements if s.line is not None]
    yield RULE.finding(
        first.object.name,
        lines[-1] if lines else function_line(Path(down.file), "downgrade"),
        f"After the downgrade {first.object.label} {what}{f', and {more} more' if more else ''}.",
        why="It is not the schema that the upgrade found, so the next upgrade is untried.",
        instead="Take back each statement of the upgrade, the last first.",
        direction="downgrade",
    )


RULE = Rule("downgrade-differs", "hygiene", Severity.NOTE, check)
