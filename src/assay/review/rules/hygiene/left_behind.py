"""The downgrade leaves a type or a sequence behind.

What it flags: an enum, domain or sequence that the upgrade made is there after the downgrade.
Why: dropping a column or table does not drop the type that was made for it, so the next upgrade fails with
``type "mood" already exists``.
Unsafe: ``op.drop_column("users", "mood")`` alone, for a column of ``sa.Enum("glad", "sad", name="mood")``
Safe instead: ``sa.Enum(name="mood").drop(op.get_bind())`` after it. ``assay generate`` writes it.
When it is fine: the upgrade makes it only where it is not there yet.
Measured on: PostgreSQL 15.
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

_DROP = {"enum": "TYPE", "domain": "DOMAIN", "sequence": "SEQUENCE"}


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each thing that is left."""
    up = context.upgrade
    down = up.downgrade if up is not None else None
    if down is None or down.failure is not None:
        return
    if not any(s.changed_catalog for s in down.statements):
        return  # the whole downgrade is missing
    lines = [s.line for s in down.statements if s.line is not None]
    for difference in compare(context.before, down.after):
        left = difference.object
        if difference.change is not Change.ADDED or left.kind not in _DROP:
            continue
        yield RULE.finding(
            left.name,
            lines[-1] if lines else function_line(Path(down.file), "downgrade"),
            f"{left.kind.capitalize()} {left.name} is left behind by the downgrade.",
            why=f'The next upgrade fails: "{left.key[-1]}" already exists.',
            instead=f'op.execute("DROP {_DROP[left.kind]} {left.name}") after what uses it is gone.',
            direction="downgrade",
        )


RULE = Rule("left-behind", "hygiene", Severity.NOTE, check)
