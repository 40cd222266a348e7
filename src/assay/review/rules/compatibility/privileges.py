"""Somebody may do more, or less, than before.

What it flags: a statement gave a privilege on something that was there before to a role that is not its
owner, gave one on anything to ``PUBLIC``, or took one away.
Why: who reviews a change of tables does not look for access. ``PUBLIC`` is every role that there is and
will be. What is taken away fails for the release that still runs.
Unsafe: ``op.execute("GRANT SELECT ON users TO PUBLIC")`` in a revision
Safe instead: privileges where roles are managed, named role by named role.
When it is fine: the role is the application's own and the table is new; that is not flagged.
Measured on: PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from assay.dialects import Grant
from assay.review.finding import Finding, Severity
from assay.review.rule import Rule, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["RULE"]


def check(operations: tuple[OperationEffect, ...], context: RuleContext) -> Iterator[Finding]:
    """A finding for each object and role at each line."""
    before = {(o.kind, o.name) for o in context.before.objects}
    after = {(o.kind, o.name) for o in context.after.objects}
    for operation in operations:
        for statement in operation.statements:
            granted = [
                g
                for g in statement.granted
                if (g.kind, g.name) in before
                or (g.role == "PUBLIC" and g.kind not in ("function", "procedure"))
            ]
            for grant, what in _gathered(granted):
                yield RULE.finding(
                    grant.name,
                    operation.line,
                    f"{grant.role} has {what} on {grant.kind} {grant.name} from now on.",
                    why="PUBLIC is every role that there is and will be."
                    if grant.role == "PUBLIC"
                    else "Whoever reviews a change of tables does not look for access.",
                    instead=f"Grant it where roles are managed{_named(grant)}.",
                )
            revoked = [g for g in statement.revoked if (g.kind, g.name) in before & after]
            for grant, what in _gathered(revoked):
                yield RULE.finding(
                    grant.name,
                    operation.line,
                    f"{grant.role} has no {what} on {grant.kind} {grant.name} any more.",
                    why="Statements of the release that still runs fail, if it is that role.",
                    instead="Revoke it where roles are managed, when no release needs it.",
                )


def _gathered(grants: list[Grant]) -> Iterator[tuple[Grant, str]]:
    for _, found in groupby(grants, key=lambda g: (g.kind, g.name, g.role)):
        several = list(found)
        yield several[0], ", ".join(one.privilege for one in several)


def _named(grant: Grant) -> str:
    return ", to a named role" if grant.role == "PUBLIC" else ""


RULE = Rule("privileges", "compatibility", Severity.NOTE, check)
