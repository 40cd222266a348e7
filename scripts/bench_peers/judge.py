"""What counts as found and what as a false alarm: one place, the same for every tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms import Form
from peers import TOOLS, UNREADABLE, Said

__all__ = ["BESIDE", "Verdict", "alarms", "always", "judge"]

BESIDE: dict[str, tuple[str, ...]] = {}
"""Rules by the form on which they speak of something beside its hazard; they do not count there.

Read by hand from everything that counted; a rule of one tool only has one name, so none is needed.
"""


@dataclass(frozen=True)
class Verdict:
    """What one tool makes of one hazard.

    :param rules: those that count; none, and the hazard is missed.
    :param alarms: what it says of the safe form.
    :param error: why it could not look at the bad form.
    """

    rules: tuple[str, ...]
    alarms: tuple[str, ...]
    error: str = ""


def always(said: Mapping[str, list[Said]]) -> dict[str, frozenset[str]]:
    """What each tool says of harmless revisions too.

    :param said: by tool, of each harmless revision.
    """
    return {
        tool: frozenset().union(*(s.rules for s in said[tool])) - {UNREADABLE} for tool in TOOLS
    }


def judge(form: Form, bad: Said, safe: Said, general: frozenset[str]) -> Verdict:
    """Found: a rule that speaks of the bad form, not of the safe one, not of every revision.

    :param general: of :func:`always`, for the tool.
    """
    beside = {UNREADABLE, *BESIDE.get(form.ident, ())}
    if not form.widespread:
        beside |= general
    return Verdict(
        tuple(sorted(bad.rules - safe.rules - beside)), alarms(safe, general), bad.error
    )


def alarms(said: Said, general: frozenset[str]) -> tuple[str, ...]:
    """What a tool says of a safe revision and not of every revision."""
    return tuple(sorted(said.rules - general))
