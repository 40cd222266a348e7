"""How much findings weigh in a project: ``[tool.assay.review]`` of its settings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from assay.config import where_of
from assay.errors import UsageError
from assay.review.finding import Finding, Severity
from assay.review.rule import all_rules

__all__ = ["IGNORE", "ignored", "weighed"]

IGNORE = "ignore"
"""The value that leaves the findings of a rule out."""
_WHERE = "pyproject.toml, [tool.assay.review]"


def weighed(findings: Iterable[Finding], chosen: Mapping[str, str]) -> tuple[Finding, ...]:
    """Findings with the project's own severities; the last pattern that fits counts.

    :param chosen: ``locks/rewrite``, or a pattern such as ``locks/*``, to ``stop``, ``note`` or
        ``ignore``.
    :raises UsageError: a pattern fits no rule, or the value is none of these.
    """
    values = [*(s.value for s in Severity), IGNORE]
    codes = [rule.code for rule in all_rules()]
    for pattern, value in chosen.items():
        if not any(fnmatchcase(code, pattern) for code in codes):
            near = difflib.get_close_matches(pattern, codes, 1)
            raise UsageError(
                f"[tool.assay.review] names {pattern!r}, and no rule is called so.",
                where=where_of(chosen, pattern, _WHERE),
                next_step=f"Did you mean {near[0]}?"
                if near
                else "`assay explain` lists the rules.",
            )
        if value not in values:
            raise UsageError(
                f"[tool.assay.review] gives {pattern!r} the value {value!r}.",
                where=where_of(chosen, pattern, _WHERE),
                next_step=f"Use one of: {', '.join(values)}.",
            )
    found = []
    for finding in findings:
        value = _chosen(finding.rule, chosen) or finding.severity.value
        if value != IGNORE:
            found.append(replace(finding, severity=Severity(value)))
    return tuple(found)


def ignored(code: str, chosen: Mapping[str, str]) -> bool:
    """Whether a project leaves out what a rule finds."""
    return _chosen(code, chosen) == IGNORE


def _chosen(code: str, chosen: Mapping[str, str]) -> str | None:
    fitting = [value for pattern, value in chosen.items() if fnmatchcase(code, pattern)]
    return fitting[-1] if fitting else None
