"""Every rule on real traces: what is bad is found, what is fine is not, what is advised clears it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay.review.pages import page_of
from assay.review.rule import all_rules
from review.case import Case, all_cases, reviewed

CASES = all_cases()
IDS = [f"{case.rule}-{case.engine}-{number}" for number, case in enumerate(CASES)]
_FIXTURES = {"postgresql": "quick_postgresql", "mysql": "quick_mariadb"}


@pytest.fixture
def shadow(case: Case, request: pytest.FixtureRequest) -> str | None:
    name = _FIXTURES.get(case.engine)
    return str(request.getfixturevalue(name)) if name else None


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_rule(case: Case, shadow: str | None, tmp_path: Path) -> None:
    ends, messages = {}, []
    for form in ("bad", "good", "advised"):
        with reviewed(tmp_path / form, case, form, shadow) as reviews:
            findings = [
                f for r in reviews for f in r.findings if f.rule == case.rule and not f.waived
            ]
        assert bool(findings) is (form == "bad"), (form, [f.message for f in findings])
        if form != "bad":
            failed = [f.message for r in reviews for f in r.findings if f.rule == "hygiene/fails"]
            assert not failed, form
        ends[form] = reviews[-1].after
        messages += [found.message for found in findings]
        for found in findings:
            assert found.line is not None
            assert found.why
            assert found.instead
    if case.same:
        assert ends["advised"].objects == ends["bad"].objects
    page = page_of(case.rule) or ""
    assert [message for message in messages if message not in page] == [], "run `make rule-pages`"


def test_every_rule_has_a_case_and_a_page() -> None:
    codes = {rule.code for rule in all_rules()}
    assert codes - {case.rule for case in CASES} == set()
    assert {code for code in codes if page_of(code) is None} == set()
    index = Path(__file__).parents[2] / "docs" / "rules.md"
    assert {code for code in codes if f"`{code}`" not in index.read_text()} == set()


def test_the_catalogue_names_rules_that_are_there() -> None:
    text = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text()
    named = set(re.findall(r"`((?:locks|data|compatibility|hygiene)/[\w-]+)`", text))
    assert named - {rule.code for rule in all_rules()} == set()
