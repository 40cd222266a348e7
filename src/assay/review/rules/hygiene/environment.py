"""What the revision does depends on a variable of the environment.

What it flags: ``upgrade()`` or ``downgrade()``, or what they call, read an environment variable. What a
module reads while it is imported, or Alembic, SQLAlchemy and a driver for themselves, does not count; nor
does a setting of an installed library, named after it, that it reads where other code than the revision
calls it.
Why: the same revision then makes one schema here and another there, or takes back what was never made,
and the variable is another one on the day of the rollback.
Unsafe: ``if os.environ.get("MULTI_TENANT"): op.create_table(…)``
Safe instead: the value written into the revision; or decide by what the database holds.
When it is fine: what is read changes nothing in the database: a level of logging, a size of batches, a
setting of a library that is used.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect
from assay.trace.variables import EVERY

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each variable and direction."""
    for trace in context.traces:
        for happening in trace.happenings:
            if happening.kind != "environment":
                continue
            name, every = happening.about, happening.about == EVERY
            yield RULE.finding(
                name,
                happening.line,
                f"The {trace.direction} reads {'every variable' if every else 'the variable ' + name}.",
                why="It does one thing here and another there, or on the day of the rollback.",
                instead=f"Write {'what is read' if every else 'the value of ' + name} into the revision.",
                direction=trace.direction,
            )


RULE = Rule("environment", "hygiene", Severity.NOTE, check)
