"""A project's own severities: by rule or pattern, the last that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.config.places import Entries
from assay.errors import UsageError
from assay.review.finding import Finding, Severity
from assay.review.severity import weighed

NOTE = Finding("locks/rewrite", Severity.NOTE, "users", 3, "", "", "")
STOP = Finding("data/dropped", Severity.STOP, "users.nick", 4, "", "", "")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["note", "stop"]),
        ({"locks/*": "stop"}, ["stop", "stop"]),
        ({"locks/rewrite": "ignore"}, ["stop"]),
        ({"*": "note"}, ["note", "note"]),
        ({"locks/*": "ignore", "locks/rewrite": "stop"}, ["stop", "stop"]),
    ],
)
def test_the_last_that_fits_counts(chosen: dict[str, str], expected: list[str]) -> None:
    assert [f.severity.value for f in weighed([NOTE, STOP], chosen)] == expected


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"locks/rewrites": "stop"}, "Did you mean locks/rewrite?"),
        ({"locks/rewrite": "error"}, "Use one of: stop, note, ignore."),
    ],
)
def test_what_is_wrong_is_named(chosen: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        weighed([], chosen)
    assert refused.value.next_step == said
    assert refused.value.where == "pyproject.toml, [tool.assay.review]"


def test_where_it_stands_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[tool.assay.review]\n"*" = "note"\n"locks/rewrites" = "stop"\n')
    chosen = Entries({"*": "note", "locks/rewrites": "stop"}, path, "tool.assay.review")
    with pytest.raises(UsageError) as refused:
        weighed([], chosen)
    assert refused.value.where == "pyproject.toml:3"
