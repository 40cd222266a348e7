"""A table is locked harder than the project allows.

What it flags: a statement of ``upgrade()`` or ``downgrade()`` took a stronger lock on a table than
``[tool.assay.locks]`` gives for it, for however short a time.
Why: some tables must never wait. A lock of a millisecond waits for every open transaction, and
everybody else waits behind it.
Unsafe: ``op.add_column("orders", …)`` where ``[tool.assay.locks]`` has ``orders = "SHARE UPDATE
EXCLUSIVE"``
Safe instead: the form that takes no more than that, or raise the limit for the table.
When it is fine: the limit is the project's own.
Measured on: PostgreSQL 15, MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from assay.config import where_of
from assay.dialects import load
from assay.errors import UsageError
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.review.seen import behind
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(_operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each table and line where a lock is stronger than its limit.

    :raises UsageError: a limit names no lock mode of the engine.
    """
    if not context.lock_limits or context.upgrade is None:
        return
    limits = _limits(context)
    said: set[tuple[str, str, int | None]] = set()
    for trace in context.traces:
        for statement in trace.statements:
            for lock in statement.observed.locks:
                fitting = [at for pattern, at in limits if fnmatchcase(lock.relation, pattern)]
                seen = (trace.direction, lock.relation, statement.line)
                if not fitting or lock.kind != "table" or lock.strength <= fitting[-1]:
                    continue
                if seen in said:
                    continue
                said.add(seen)
                allowed = load(context.dialect).capabilities.lock_modes[fitting[-1]]
                waits = behind(lock) if lock.blocks else "other changes of it wait"
                yield RULE.finding(
                    lock.relation,
                    statement.line,
                    f"{lock.mode} on {lock.relation}: {waits}. The project allows {allowed}.",
                    why="[tool.assay.locks] says how hard this table may be locked.",
                    instead=f"Use a form that takes {allowed} at the most, or raise the limit.",
                    lock=lock,
                    direction=trace.direction,
                )


def _limits(context: RuleContext) -> list[tuple[str, int]]:
    modes = load(context.dialect).capabilities.lock_modes
    found = []
    for pattern, mode in context.lock_limits.items():
        if mode not in modes:
            raise UsageError(
                f"[tool.assay.locks] gives {pattern!r} the mode {mode!r}.",
                where=where_of(context.lock_limits, pattern, "pyproject.toml, [tool.assay.locks]"),
                next_step=f"Use one of: {', '.join(modes)}."
                if modes
                else f"{context.dialect} has no locks of tables: leave the section out.",
            )
        found.append((pattern, modes.index(mode)))
    return found


RULE = Rule("limit", "locks", Severity.STOP, check)
