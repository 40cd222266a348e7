"""Findings and the waivers that cover them.

A waiver is bound to the tables and the locks that it covered when it was first seen
(:mod:`assay.review.bonds`). One whose day has passed, that nothing needs, that cannot be read, or whose
statement does more than it was given for, is itself a finding: ``hygiene/waiver``.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from assay.review.bonds import Bond, bond_of, effect_text
from assay.review.finding import Finding
from assay.review.rule import all_rules
from assay.review.rules.hygiene.waiver import RULE
from assay.review.waiver import Waiver, read_waivers

__all__ = ["apply_waivers"]


def apply_waivers(
    findings: Iterable[Finding],
    text: str,
    today: datetime.date | None = None,
    bonds: Mapping[str, Bond] | None = None,
) -> tuple[tuple[Finding, ...], Mapping[str, Bond]]:
    """The findings, each with the reason of the waiver that covers it, and those on waivers.

    :param text: the revision file.
    :param today: what waivers with an end are held against.
    :param bonds: what waivers were given for, by :attr:`Waiver.key`; one that is not in it is seen
        for the first time.
    :returns: the findings, and the bonds of the waivers that are in the file.
    """
    now = today or datetime.date.today()
    given = list(findings)
    waivers, misread = read_waivers(text)
    known = dict(bonds or {})
    kept: dict[str, Bond] = {}
    for waiver in waivers:
        fitting = [f for f in given if waiver.fits(f)]
        if fitting:
            kept[waiver.key] = known.get(waiver.key) or bond_of(fitting)
    counting = [w for w in waivers if not w.ended(now)]

    def reason(finding: Finding) -> str | None:
        fitting = (w for w in counting if w.fits(finding) and kept[w.key].covers(finding))
        return next((w.reason for w in fitting), None)

    found = (
        *(replace(f, waived=reason(f)) for f in given),
        *(one for w in waivers for one in _on_waiver(w, given, now, kept.get(w.key))),
        *(
            RULE.finding(
                "waiver",
                one.first,
                f"The comment in line {one.line} waives nothing: {one.fault}.",
                why="Whoever wrote it believes that it counts.",
                instead=one.instead,
            )
            for one in misread
        ),
    )
    return found, kept


def _on_waiver(
    waiver: Waiver, findings: list[Finding], now: datetime.date, bond: Bond | None
) -> Iterator[Finding]:
    about = waiver.rule + (f" {waiver.object}" if waiver.object else "")
    which = f"The waiver of {about} in line {waiver.line}"

    def finding(message: str, why: str, instead: str) -> Finding:
        return RULE.finding(about, waiver.first, message, why=why, instead=instead)

    if bond is None:
        known = [name for rule in all_rules() for name in (rule.name, rule.code)]
        near = difflib.get_close_matches(waiver.rule, known, 1)
        named = waiver.rule in known
        yield finding(
            f"{which} waives nothing{'' if named else ': no rule is called so'}.",
            "What it was for is gone, or its name is another one.",
            f"Did you mean {near[0]}?" if near and not named else "Take the comment out.",
        )
    elif waiver.ended(now):
        yield finding(
            f"{which} ended on {waiver.until}.",
            "What it waived counts again.",
            "Do what the finding says, or renew it.",
        )
    else:
        beyond = [f for f in findings if waiver.fits(f) and not bond.covers(f)]
        for text in dict.fromkeys(effect_text(f) for f in beyond):
            yield finding(
                f"{which} was given for {bond.text}; this is {text}.",
                "A waiver holds for the tables and the locks that it was given for.",
                "Do what the finding says, or give the waiver anew with another reason.",
            )
