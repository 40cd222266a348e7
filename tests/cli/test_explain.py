"""``assay explain``: every rule says under fixed headings what it flags and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.review.rule import Rule, all_rules
from helpers import assay

HEADINGS = (
    "What it flags:",
    "Why:",
    "Unsafe:",
    "Safe instead:",
    "When it is fine:",
    "Measured on:",
)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_documents_itself(rule: Rule) -> None:
    lines = rule.documentation.splitlines()
    found = [line.partition(":")[0] + ":" for line in lines if line.startswith(HEADINGS)]
    assert tuple(found) == HEADINGS
    assert rule.summary.endswith(".")


def test_one_rule(tmp_path: Path) -> None:
    text = assay("explain", "rewrite", cwd=tmp_path, code=0).out
    assert text.startswith("locks/rewrite: note: A table is written anew")
    assert "Safe instead. A new column" in text
    # its page has what was seen of its examples
    assert "locks/rewrite: ACCESS EXCLUSIVE on " in text
    assert "# assay: allow rewrite -- the reason" in text


def test_all_rules_and_json(tmp_path: Path) -> None:
    text = assay("explain", cwd=tmp_path, code=0).out
    assert all(rule.code in text for rule in all_rules())
    ran = assay("explain", "data/dropped", "--json", cwd=tmp_path, code=0)
    assert [rule["rule"] for rule in ran.document["rules"]] == ["data/dropped"]


@pytest.mark.parametrize("name", ["locks", "locks/", "locks/*"])
def test_a_family(name: str, tmp_path: Path) -> None:
    ran = assay("explain", name, "--json", cwd=tmp_path, code=0)
    assert [rule["rule"] for rule in ran.document["rules"]] == [
        rule.code for rule in all_rules() if rule.family == "locks"
    ]


def test_a_name_as_files_and_shouts_have_it(tmp_path: Path) -> None:
    assert assay("explain", "INDEX_BLOCKS_WRITES", cwd=tmp_path, code=0).out.startswith(
        "locks/index-blocks-writes: "
    )


def test_a_waiver_is_not_waived(tmp_path: Path) -> None:
    text = assay("explain", "hygiene/waiver", cwd=tmp_path, code=0).out
    assert "assay: allow waiver" not in text


def test_no_such_rule(tmp_path: Path) -> None:
    ran = assay("explain", "locks/rewrites", cwd=tmp_path, code=2)
    assert "No rule is called 'locks/rewrites'." in ran.text
    assert "Did you mean locks/rewrite?" in ran.text
