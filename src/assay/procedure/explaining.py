"""``assay explain``: what a review rule is about, from the rule's own file."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from assay.errors import ExitCode, UsageError
from assay.report import Line, Report, Status, Step
from assay.review.rule import Rule, all_rules

__all__ = ["explain"]


def explain(name: str | None, done: Callable[[Step], None]) -> Report:
    """One rule, by its code or its name; without one, every rule in a line.

    :param done: told each step.
    :raises UsageError: no rule is called so.
    """
    rules = all_rules()
    if name is None:
        lines = [Line(f"{rule.code}  {rule.summary}") for rule in rules]
        step = Step("rules", Status.NOTE, f"{len(rules)} rules.", None, tuple(lines))
        found = tuple(rules)
    else:
        rule = _named(name, rules)
        text = rule.documentation.splitlines()[1:]
        step = Step(rule.code, Status.NOTE, rule.summary, None, tuple(Line(t) for t in text if t))
        found = (rule,)
    done(step)
    data = {"rules": [rule.to_json() for rule in found]}
    summary = f"`assay review` judges by {len(rules)} rules."
    if name is None:
        return Report("explain", ExitCode.GOOD, summary, (step,), "assay explain RULE", data)
    allow = f"# assay: allow {found[0].name} -- the reason"
    return Report(
        "explain",
        ExitCode.GOOD,
        "Allow it for one statement by a comment on its line or above it, with the reason:",
        (step,),
        allow,
        data,
    )


def _named(name: str, rules: tuple[Rule, ...]) -> Rule:
    for rule in rules:
        if name in (rule.code, rule.name):
            return rule
    known = [rule.code for rule in rules] + [rule.name for rule in rules]
    near = difflib.get_close_matches(name, known, 1)
    raise UsageError(
        f"No rule is called {name!r}.",
        next_step=f"Did you mean {near[0]}?" if near else "`assay explain` lists them.",
    )
