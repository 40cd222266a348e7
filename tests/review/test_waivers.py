"""Waivers: on the line or above it, with a reason, for the effect they name."""

from __future__ import annotations

import datetime

import pytest

from assay.review.finding import Finding, Severity
from assay.review.suppress import apply_waivers

FINDING = Finding("data/dropped", Severity.STOP, "users.nick", 3, "gone", "why", "instead")


def waived(comment: str, where: str) -> bool:
    before = f"    {comment}\n" if where == "above" else "\n"
    on = f"  {comment}" if where == "on" else ""
    text = (
        f"def upgrade():\n{before}    op.drop_column('users', 'nick'){on}\n"
        f"    op.drop_column('users', 'age')\n"
    )
    found, *_on_waivers = apply_waivers([FINDING], text)
    assert found.stops is (found.waived is None)
    return found.waived is not None


@pytest.mark.parametrize("where", ["on", "above"])
@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# assay: allow dropped -- never used", True),
        ("# assay: allow data/dropped -- never used", True),
        ("# assay: allow dropped users.nick -- never used", True),
        ("# assay: allow dropped users.age -- never used", False),
        ("# assay: allow other -- never used", False),
        ("# assay: allow dropped", False),
        ("# assay: allow dropped --", False),
        ("# never used", False),
    ],
)
def test_a_waiver(comment: str, where: str, expected: bool) -> None:
    assert waived(comment, where) is expected


def test_a_waiver_covers_the_whole_statement_it_stands_in() -> None:
    text = (
        "def upgrade():\n"
        "    with op.batch_alter_table('users') as batch_op:\n"
        "        # assay: allow dropped users.nick -- DB-12\n"
        "        batch_op.drop_column('nick')\n"
    )
    inside = Finding("data/dropped", Severity.STOP, "users.nick", 2, "", "", "")
    after = Finding("data/dropped", Severity.STOP, "users.nick", 5, "", "", "")
    first, second = apply_waivers([inside, after], text)
    assert first.waived == "DB-12"
    assert second.waived is None


def on(comment: str) -> str:
    return f"def upgrade():\n    {comment}\n    op.drop_column('users', 'nick')\n"


@pytest.mark.parametrize(
    ("until", "counts"),
    [
        ("until 2027-01", True),
        ("until 2026-11", True),
        ("until 2026-11-22", True),
        ("until 2026-11-21", False),
        ("until 2026-10", False),
        ("until 2026-13", True),  # no such month, so no end
    ],
)
def test_a_waiver_may_end(until: str, counts: bool) -> None:
    text = on(f"# assay: allow dropped -- DB-12, {until}")
    found, *others = apply_waivers([FINDING], text, datetime.date(2026, 11, 22))
    assert (found.waived is not None) is counts
    assert [o.rule for o in others] == ([] if counts else ["hygiene/waiver"])


def test_a_waiver_that_nothing_needs_is_a_finding() -> None:
    (found,) = apply_waivers([], on("# assay: allow dropped users.age -- never used"))
    assert found.rule == "hygiene/waiver"
    assert found.message == "The waiver of dropped users.age in line 2 waives nothing."
    assert not found.stops
