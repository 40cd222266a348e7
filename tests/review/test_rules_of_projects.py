"""A project's own rules: entry points of the group ``assay.rules``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import UsageError
from assay.review.rule import all_rules
from review.case import Case, reviewed

RULE = '''
"""Tables are named in the plural.

What it flags: a table whose name has no s at its end.
"""
from assay.catalog import Change
from assay.review.finding import Severity
from assay.review.rule import Rule
from assay.review.seen import changed


def check(operations, context):
    for operation in operations:
        for table in changed(operation, Change.ADDED, "table"):
            if not table.name.endswith("s"):
                yield RULE.finding(table.name, operation.line, "Not plural.", why="-", instead="-")


RULE = Rule("plural", "naming", Severity.STOP, check)
OTHER = 5
TAKEN = Rule("rewrite", "locks", Severity.STOP, check)
RAISING = Rule("raising", "naming", Severity.STOP, lambda operations, context: 1 / 0)
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A distribution that is installed, its entry point still to be written."""
    folder = tmp_path / "site"
    info = folder / "house_rules-1.dist-info"
    info.mkdir(parents=True)
    (folder / "house_rules.py").write_text(RULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-rules\nVersion: 1\n")
    monkeypatch.syspath_prepend(str(folder))
    all_rules.cache_clear()
    yield info
    all_rules.cache_clear()
    sys.modules.pop("house_rules", None)


def enter(package: Path, attribute: str) -> None:
    text = f"[assay.rules]\nplural = house_rules:{attribute}\n"
    (package / "entry_points.txt").write_text(text)


def test_a_rule_of_the_project_judges_too(package: Path, tmp_path: Path) -> None:
    enter(package, "RULE")
    up = 'op.create_table("user", sa.Column("id", sa.Integer(), primary_key=True))'
    case = Case("naming/plural", "sqlite", "", up, up, up)
    with reviewed(tmp_path / "project", case, "bad", None) as (review,):
        assert ("naming/plural", "user") in [(f.rule, f.object) for f in review.findings]
    (rule,) = [r for r in all_rules() if r.family == "naming"]
    assert rule.summary == "Tables are named in the plural."


def test_a_rule_that_raises_is_said_to_be_the_packages(package: Path, tmp_path: Path) -> None:
    enter(package, "RAISING")
    case = Case("naming/raising", "sqlite", "", "pass", "pass", "pass")
    with pytest.raises(UsageError) as refused, reviewed(tmp_path / "p", case, "bad", None):
        pass
    assert (
        refused.value.what == "The rule naming/raising raised ZeroDivisionError: division by zero"
    )
    assert "house_rules.py:" in (refused.value.where or "")


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ("OTHER", "The rule 'plural' is 5, not an assay.review.rule.Rule."),
        ("MISSING", "The rule 'plural' cannot be loaded: AttributeError"),
        ("TAKEN", "The rule 'plural' is called locks/rewrite, and there is a rule of that name."),
    ],
)
def test_what_is_no_rule_is_said(package: Path, attribute: str, said: str) -> None:
    enter(package, attribute)
    with pytest.raises(UsageError) as refused:
        all_rules()
    assert refused.value.what.startswith(said)
