"""``assay explain``: what a review rule is about, from the rule's own file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any

from assay.errors import ExitCode, UsageError
from assay.report import Line, Report, Status, Step
from assay.review.pages import page_of
from assay.review.rule import Rule, all_rules

__all__ = ["explain"]


def explain(name: str | None, done: Callable[[Step], None]) -> Report:
    """One rule, by its code or its name; of a family or without a name, each rule in a line.

    :param done: told each step.
    :raises UsageError: no rule is called so.
    """
    rules = all_rules()
    if name is not None and (family := [r for r in rules if r.family == name.rstrip("/*")]):
        name, rules = None, tuple(family)
    if name is None:
        lines = [Line(f"{rule.code}  {rule.summary}") for rule in rules]
        step = Step("rules", Status.NOTE, f"{len(rules)} rules.", None, tuple(lines))
        found = tuple(rules)
    else:
        rule = _named(name, rules)
        step = Step(rule.code, Status.NOTE, rule.summary, None, tuple(_lines(rule)))
        found = (rule,)
    done(step)
    data: dict[str, Any] = {"rules": [rule.to_json() for rule in found]}
    if name is not None:
        data["page"] = page_of(found[0].code)
    summary = f"`assay review` judges by {len(rules)} rules."
    if name is None:
        return Report("explain", ExitCode.GOOD, summary, (step,), "assay explain RULE", data)
    if not found[0].waivable:
        summary = "No comment allows it; `[tool.assay.review]` says how much it weighs."
        return Report("explain", ExitCode.GOOD, summary, (step,), data=data)
    allow = f"# assay: allow {found[0].name} -- the reason"
    return Report(
        "explain",
        ExitCode.GOOD,
        "Allow it for one statement by a comment on its line or above it, with the reason:",
        (step,),
        allow,
        data,
    )


def _lines(rule: Rule) -> Iterator[Line]:
    """The page of a rule below its summary; of a project's own rule its documentation."""
    page = page_of(rule.code)
    if page is None:
        yield from (Line(text) for text in rule.documentation.splitlines()[1:] if text)
        return
    _, _, body = page.partition(rule.summary)
    language = ""
    for text in body.strip("\n").splitlines():
        if text.startswith("```"):
            language = text.removeprefix("```")
        elif language == "sql" and text.startswith("-- !"):
            yield Line(text.removeprefix("-- !").strip(), "finding", 1)
        elif language == "sql" and text.startswith("--"):
            yield Line(text, "hint", 1)
        elif language:
            yield Line(text, "sql" if language == "sql" else "plain", 1)
        elif text.startswith("#"):
            yield Line(text.lstrip("# ").upper() if text.startswith("## ") else text.lstrip("# "))
        elif text:
            yield Line(text.replace("**", ""))


def _named(name: str, rules: tuple[Rule, ...]) -> Rule:
    wanted = name.lower().replace("_", "-")
    for rule in rules:
        if wanted in (rule.code, rule.name):
            return rule
    known = [rule.code for rule in rules] + [rule.name for rule in rules]
    near = difflib.get_close_matches(wanted, known, 1)
    raise UsageError(
        f"No rule is called {name!r}.",
        next_step=f"Did you mean {near[0]}?" if near else "`assay explain` lists them.",
    )
