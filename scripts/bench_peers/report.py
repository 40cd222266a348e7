"""docs/bench-peers.md: what the tools found, and what they said of revisions that are safe."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from forms import Form
from judge import BESIDE, LEFT, Verdict, alarms, is_style
from peers import TOOLS, UNREADABLE, Said
from real import Real

__all__ = ["page"]

Judged = Mapping[str, Mapping[str, Verdict]]


def page(
    forms: Sequence[Form],
    judged: Judged,
    general: Mapping[str, frozenset[str]],
    real: Sequence[tuple[Real, Mapping[str, Said]]],
    versions: Mapping[str, str],
    server: str,
) -> str:
    """The whole page.

    :param judged: by form and tool.
    :param general: by tool, the rules that speak of harmless revisions too.
    :param real: safe revisions of real projects, with what each tool says.
    :param versions: of everything that was run.
    """
    return "\n".join(
        [
            *_head(versions, server, general),
            *_sums(forms, judged, general, real),
            *_hazards(forms, judged),
            *_said_of_safe(forms, judged, general, real),
            *_rules(forms, judged),
            "",
        ]
    )


def _head(
    versions: Mapping[str, str], server: str, general: Mapping[str, frozenset[str]]
) -> list[str]:
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    usual = [
        f"- {t}: {', '.join(f'`{r}`' for r in sorted(general[t])) or 'nothing'}" for t in TOOLS
    ]
    beside = ", ".join(f"`{name}`" for name in BESIDE)
    return [
        "# Unsafe changes: Assay beside three linters",
        "",
        f"Made by `make bench-peers` (`scripts/bench_peers/run.py --write`) on "
        f"{date.today().isoformat()}.",
        f"{said}; {server}, Python {platform.python_version()}.",
        "",
        "Each hazard of the catalogue that one revision can show is written as an Alembic revision,",
        "and beside it a safe one, on a common schema of 13 tables. Every form was applied to the",
        "server and taken back, on tables with rows; where the hazard is that it fails, it failed.",
        "The numbers (P, X) are the catalogue's.",
        "",
        "How each is run:",
        "",
        "- assay: `assay review REV`, findings that stop and notes alike.",
        "- squawk: `--pg-version 15` on the output of `alembic upgrade A:B --sql`; *all rules* is the",
        "  same with every rule that is off by default.",
        "- alembic-guard: `--strict` on the revision's file. Not `--include-downgrade`: each downgrade",
        "  drops what its upgrade made, and it says so of every revision.",
        "- migration-lint: `--extractor alembic` on a new revision in a git repository, with a changed",
        "  file of models beside it, without which it is silent about what breaks old code.",
        "",
        "**Found** means: a rule speaks of the bad revision, not of its safe counterpart and not of",
        "the three harmless revisions of `baseline.py`. *both*: it names the hazard and says the same",
        "of the safe counterpart, so that it does not tell them apart (`SAME` in `judge.py`). A rule",
        "counts although it names the hazard in other words, if one who did what it says would be rid",
        f"of it; where not, it is listed in `BESIDE` (now: {beside}). *n/a*: `alembic upgrade --sql`",
        "raises, so there is nothing to read. That a statement is not understood finds nothing.",
        "",
        "A **false alarm** is any rule that speaks of a safe revision and not of the harmless ones.",
        "Rules that are preferences by their own name (`prefer-…`), Assay's `hygiene/hand-written-ddl`",
        "(DDL is to be an operation: no danger is named), and statements not understood, are",
        "told apart as *style*. Said of harmless revisions, and counted nowhere but for the hazard that",
        "it is about (P30):",
        "",
        *usual,
    ]


def _sums(
    forms: Sequence[Form],
    judged: Judged,
    general: Mapping[str, frozenset[str]],
    real: Sequence[tuple[Real, Mapping[str, Said]]],
) -> list[str]:
    lines = [
        "",
        "## Sums",
        "",
        f"| tool | found of {len(forms)} | both | missed | safe forms with an alarm (of {len(forms)})"
        f" | style only | real safe revisions with an alarm (of {len(real)}) | style only |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for tool in TOOLS:
        marks = Counter(judged[f.ident][tool].mark for f in forms)
        of_forms = [judged[f.ident][tool].alarms for f in forms]
        of_real = [alarms(said[tool].rules, general[tool]) for _, said in real]
        lines.append(
            f"| {tool} | {marks['yes']} | {marks['both']} | {marks['–'] + marks['n/a']} | "
            + " | ".join(f"{a} | {b}" for a, b in (_noise(of_forms), _noise(of_real)))
            + " |"
        )
    return lines


def _noise(said: Sequence[tuple[str, ...]]) -> tuple[int, int]:
    """How many revisions got an alarm; how many got style only."""
    real = sum(any(not is_style(rule) for rule in rules) for rules in said)
    return real, sum(bool(rules) for rules in said) - real


def _hazards(forms: Sequence[Form], judged: Judged) -> list[str]:
    lines = ["", "## Hazards", "", "| | change | " + " | ".join(TOOLS) + " |"]
    lines.append("|---|---|" + ":-:|" * len(TOOLS))
    for form in forms:
        marks = " | ".join(judged[form.ident][tool].mark for tool in TOOLS)
        lines.append(f"| {form.hazard} | {form.what} | {marks} |")
    return lines


def _said_of_safe(
    forms: Sequence[Form],
    judged: Judged,
    general: Mapping[str, frozenset[str]],
    real: Sequence[tuple[Real, Mapping[str, Said]]],
) -> list[str]:
    lines = [
        "",
        "## What they say of safe revisions",
        "",
        "The real ones are of "
        + ", ".join(sorted({r.subject.name.split()[0] for r, _ in real}) or ["(not run)"])
        + ", as installed from the package index; each is listed with what it does in",
        "`scripts/bench_peers/real_safe.json`. Safe there means, by the catalogs read from the server:",
        "only new tables with a primary key (not of 32 bits) and no foreign key to a table in use, new",
        "columns that may be NULL and have no default, none of them `json`, new enum types; nothing is",
        "done to rows; the downgrade leads back.",
        "Their SQL is what the upgrade sent to a shadow: not every `env.py` of them runs with `--sql`.",
        "",
        "| tool | rule | safe forms | real revisions |",
        "|---|---|--:|--:|",
    ]
    for tool in TOOLS:
        of_forms = Counter(r for f in forms for r in judged[f.ident][tool].alarms)
        of_real = Counter(r for _, s in real for r in alarms(s[tool].rules, general[tool]))
        for rule in sorted({*of_forms, *of_real}, key=lambda r: (-of_forms[r] - of_real[r], r)):
            shown = "(statement not understood)" if rule == UNREADABLE else f"`{rule}`"
            lines.append(f"| {tool} | {shown} | {of_forms[rule]} | {of_real[rule]} |")
        if not of_forms and not of_real:
            lines.append(f"| {tool} | – | 0 | 0 |")
    said = {rule for f in forms for rule in judged[f.ident]["assay"].alarms}
    said |= {rule for _, s in real for rule in alarms(s["assay"].rules, general["assay"])}
    lines += ["", "Assay's own, looked at one by one, each with its trace:", ""]
    return [*lines, *(f"- `{rule}`: {why}" for rule, why in LEFT.items() if rule in said)]


def _rules(forms: Sequence[Form], judged: Judged) -> list[str]:
    lines = ["", "## The rules that counted", ""]
    for form in forms:
        said = []
        for tool in TOOLS:
            verdict = judged[form.ident][tool]
            if tool == TOOLS[2] and verdict.rules == judged[form.ident][TOOLS[1]].rules:
                continue
            rules = verdict.rules or verdict.same
            if rules:
                both = "" if verdict.rules else " (both)"
                said.append(f"{tool} {', '.join(f'`{r}`' for r in rules)}{both}")
        lines.append(f"- {form.ident}: {'; '.join(said) or 'nobody'}")
    return lines
