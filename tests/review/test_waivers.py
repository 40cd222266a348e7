"""Waivers: on the line or above it, with a reason, for the effect they name."""

from __future__ import annotations

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
    (found,) = apply_waivers([FINDING], text)
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
