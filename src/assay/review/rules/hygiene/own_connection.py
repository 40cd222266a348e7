"""The revision opens a connection of its own.

What it flags: ``upgrade()`` or ``downgrade()``, or what they call, connected through another engine,
called the driver itself, or took the driver's connection from below its own.
Why: what it does there is in another transaction: it does not see what the revision has done, waits for
ever for the locks that the revision itself holds, and stays when the revision fails. It may also reach
another database than the one that is migrated.
Unsafe: ``with sa.create_engine(url).begin() as connection:`` in a revision
Safe instead: ``op.get_bind()``, or ``Session(bind=op.get_bind())``.
When it is fine: it reads from another system that it does not change.
Measured on: PostgreSQL 15, MariaDB 10.11, SQLite 3.40.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each line that connects."""
    for trace in context.traces:
        lines: set[int | None] = set()
        for happening in trace.happenings:
            if happening.line in lines:
                continue
            if happening.kind == "driver":
                yield RULE.finding(
                    "driver",
                    happening.line,
                    f"The {trace.direction} takes the driver's own connection; what it sends there "
                    "was not seen, but for what the catalog shows of it.",
                    why="Neither this review nor an event of SQLAlchemy is told of it.",
                    instead="Use op.execute(), or op.get_bind().connection.cursor().",
                    direction=trace.direction,
                )
            if happening.kind != "connection":
                continue
            lines.add(happening.line)
            ran = [s for s in trace.statements if s.elsewhere]
            yield RULE.finding(
                "connection",
                happening.line,
                f"The {trace.direction} opens a connection of its own"
                + (
                    f" by {happening.driver}; what ran on it was not seen."
                    if happening.driver
                    else f"; {len(ran)} statement{'s' if len(ran) != 1 else ''} ran on such."
                ),
                why="It waits for the revision's own locks, and stays when the revision fails.",
                instead="Use op.get_bind(), or Session(bind=op.get_bind()).",
                direction=trace.direction,
            )


RULE = Rule("own-connection", "hygiene", Severity.NOTE, check)
