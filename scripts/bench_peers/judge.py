"""What counts as found and what as a false alarm: one place, the same for every tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forms import Form
from peers import TOOLS, UNREADABLE, Said

__all__ = ["BESIDE", "LEFT", "SAME", "Verdict", "alarms", "always", "is_style", "judge"]

BESIDE: dict[str, tuple[str, ...]] = {
    # an index more does not shorten how long two tables wait
    "P28-several-foreign-keys": ("hygiene/foreign-key-without-index",),
    # they speak of the way to NOT NULL, which is the safe one; that old code fails they do not say
    "X06-required-column": (
        "locks/check-blocks",
        "locks/not-null-blocks",
        "ban-drop-constraint",
        "prefer-robust-stmts",
        "AG007 set-not-null",
        "data-with-schema",
        "locks/every-row-updated",
        "hygiene/hand-written-ddl",
        "hygiene/lossy-downgrade",
    ),
}
"""By form: rules that speak of something beside its hazard. Who did what they say would still have it."""

SAME: dict[str, tuple[str, ...]] = {
    "P07-unique": ("locks/key-blocks",),
    "P09-primary-key": ("locks/key-blocks",),
    "P15-not-null": ("AG007 set-not-null",),
    "P15-not-null-in-batch": ("AG007 set-not-null",),
    "P23-widened-with-check": (
        "changing-column-type",
        "AG006 column-type-change",
        "squawk/changing-column-type",
    ),
    "P24-timestamptz-elsewhere": ("changing-column-type", "squawk/changing-column-type"),
    "P38-row-security": ("ban-alter-row-level-security",),
    "P44-update-all": ("data-with-schema",),
    "P44-update-by-core": ("data-with-schema",),
    "X03-drop-column": ("ban-drop-column", "backward-incompatible"),
    "X03-drop-column-in-loop": ("ban-drop-column", "backward-incompatible"),
    "X04-drop-table": ("ban-drop-table", "backward-incompatible"),
    "X10-narrowed": (
        "changing-column-type",
        "AG006 column-type-change",
        "squawk/changing-column-type",
    ),
}
"""By form: rules that name its hazard and speak of the safe form as well, so do not tell them apart."""


LEFT: dict[str, str] = {
    "compatibility/type-changed": "right. A SELECT of the column that was prepared before fails once, also"
    " where the type only widens (`varchar(200)` to `varchar(400)`: psycopg 3, measured).",
    "compatibility/value-required": "right. The way to NOT NULL is safe; after it, INSERTs of old code that"
    " leave the column out fail, which is X06.",
    "hygiene/no-downgrade": "right. The value stays in the enum, and Alembic says that the revision is taken"
    " back. To raise would be the truth; the forms of this page have to come back.",
    "locks/several-tables": "right. New columns of two tables in use or more, in one transaction and without"
    " a `lock_timeout`: the first is locked while the second is waited for.",
}
"""By rule of Assay's: why it goes on speaking of revisions that this page calls safe; each looked at."""


@dataclass(frozen=True)
class Verdict:
    """What one tool makes of one hazard.

    :param rules: those that count; none, and the hazard is missed.
    :param same: those that name the hazard, and say it of the safe form too.
    :param alarms: what it says of the safe form.
    :param error: why it could not look at the bad form.
    """

    rules: tuple[str, ...]
    same: tuple[str, ...]
    alarms: tuple[str, ...]
    error: str = ""

    @property
    def mark(self) -> str:
        """As the page has it: found; said of both; missed; nothing to read."""
        if self.rules:
            return "yes"
        if self.same:
            return "both"
        return "n/a" if self.error else "–"


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
    counting = bad.rules - beside
    return Verdict(
        tuple(sorted(counting - safe.rules)),
        tuple(sorted(counting & safe.rules & frozenset(SAME.get(form.ident, ())))),
        alarms(safe.rules, general),
        bad.error,
    )


def alarms(rules: Iterable[str], general: frozenset[str]) -> tuple[str, ...]:
    """What a tool says of a safe revision and not of every revision."""
    return tuple(sorted(set(rules) - general))


def is_style(rule: str) -> bool:
    """Whether a rule is a preference by its own name, or says only that a text was not understood.

    Assay's `hand-written-ddl` is of the procedure: DDL is to be an operation. It names no danger.
    """
    if rule == "hygiene/hand-written-ddl":
        return True
    return rule == UNREADABLE or rule.removeprefix("squawk/").startswith("prefer-")
