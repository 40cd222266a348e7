"""Writes the page of each review rule, with real traces of its examples: `make rule-pages`.

Each case of tests/review/cases runs as `assay review` runs a revision, on every server there is:
PostgreSQL of this machine's programs and of the embedded wheel, MariaDB, SQLite.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from assay.procedure.script import script_of  # noqa: E402
from assay.review.pages import FOLDER, page_path  # noqa: E402
from assay.review.rule import Rule, all_rules  # noqa: E402
from real_servers import answers, private_mariadb, private_postgresql  # noqa: E402
from review.case import Case, all_cases, reviewed  # noqa: E402

ENGINES = {"postgresql": "PostgreSQL", "mysql": "MariaDB", "sqlite": "SQLite"}
MARIADB = "mysql+pymysql://root@127.0.0.1:3306/mysql"
HEADINGS = {"bad": "Unsafe", "good": "Looks alike, and is fine", "advised": "As advised"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", nargs="*", help="codes; all by default")
    chosen = parser.parse_args().rules
    cases = all_cases()
    with servers() as found:
        for rule in all_rules():
            if chosen and rule.code not in chosen:
                continue
            print(rule.code, flush=True)
            path = page_path(rule.code)
            path.parent.mkdir(parents=True, exist_ok=True)
            own = [case for case in cases if case.rule == rule.code]
            path.write_text("\n".join(page(rule, own, found)) + "\n", encoding="utf-8")
    (ROOT / "docs" / "rules.md").write_text(index(), encoding="utf-8")
    print(f"pages are in {FOLDER.relative_to(ROOT)}")


Servers = dict[str, list[str | None]]


@contextmanager
def servers() -> Iterator[Servers]:
    """For each engine the servers to run on; "embedded" is started by Assay itself."""
    with ExitStack() as stack:
        # one that does not wait for the disk: a page takes many databases
        postgresql = stack.enter_context(private_postgresql())
        mariadb = MARIADB if answers(MARIADB) else stack.enter_context(private_mariadb())
        yield {"postgresql": [postgresql, "embedded"], "mysql": [mariadb], "sqlite": [None]}


def page(rule: Rule, cases: list[Case], found: Servers) -> Iterator[str]:
    """The lines of one page."""
    yield f"# {rule.code}"
    yield ""
    yield from documentation(rule)
    allow = f" Allow one with `# assay: allow {rule.name} -- reason`." if rule.waivable else ""
    yield f"Severity: {rule.severity.value}.{allow}"
    for case in cases:
        seen: dict[str, list[str]] = {}
        for server in found[case.engine]:
            version, text = example(case, server)
            seen.setdefault(text, []).append(version)
        for text, versions in seen.items():
            yield ""
            yield f"## {ENGINES[case.engine]} {' and '.join(versions)}"
            yield ""
            yield text


def documentation(rule: Rule) -> Iterator[str]:
    """The docstring of the rule's file, its headings in bold."""
    for line in rule.documentation.splitlines():
        head, colon, rest = line.partition(":")
        if colon and head in _HEADS:
            yield ""
            said = rest.strip()
            yield f"**{head}.** {said[:1].upper()}{said[1:]}"
        else:
            yield line
    yield ""


_HEADS = (
    "What it flags",
    "Why",
    "Unsafe",
    "Safe instead",
    "When it is fine",
    "Measured on",
)


def example(case: Case, server: str | None) -> tuple[str, str]:
    """One case on one server: its version; the database before and each form with its trace."""
    version = ""
    lines = ["Before:", "", *fenced("sql", dedent(case.setup))]
    for form, bodies in case.bodies.items():
        with tempfile.TemporaryDirectory() as folder, environment(server):
            named = None if server == "embedded" else server
            with reviewed(Path(folder) / "project", case, form, named) as reviews:
                version = reviews[0].trace.before.server_version
                traces = [script_of(r, only=case.rule) for r in reviews]
        lines += ["", f"### {HEADINGS[form]}"]
        for (up, down), trace in zip(bodies, traces, strict=True):
            lines += ["", *fenced("python", dedent(up))]
            if down != "pass":
                lines += ["", "and to take it back:", "", *fenced("python", dedent(down))]
            seen = fenced("sql", trace) if trace.strip() else ["Nothing is executed."]
            lines += ["", "What was seen:", "", *seen]
    return version, "\n".join(lines)


@contextmanager
def environment(server: str | None) -> Iterator[None]:
    """The embedded PostgreSQL where it is asked for."""
    if server != "embedded":
        yield
        return
    os.environ["ASSAY_POSTGRESQL_BIN"] = "embedded"
    try:
        yield
    finally:
        del os.environ["ASSAY_POSTGRESQL_BIN"]


def fenced(language: str, text: str) -> Iterator[str]:
    yield f"```{language}"
    yield from text.strip("\n").splitlines()
    yield "```"


def index() -> str:
    """docs/rules.md: every rule in a line."""
    lines = [
        "# The rules of the review",
        "",
        "Made by `python scripts/rule_pages.py` (`make rule-pages`). Each page has real traces of its",
        "examples; `assay explain RULE` shows it.",
    ]
    family = ""
    for rule in all_rules():
        if rule.family != family:
            family = rule.family
            lines += [
                "",
                f"## {family}",
                "",
                "| rule | severity | what it flags |",
                "|---|---|---|",
            ]
        link = f"../{page_path(rule.code).relative_to(ROOT)}"
        lines.append(f"| [`{rule.code}`]({link}) | {rule.severity.value} | {rule.summary} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
