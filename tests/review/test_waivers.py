"""Waivers: on the line or above it, with a reason, for the effect they name."""

from __future__ import annotations

import datetime

import pytest

from assay.dialects import Lock
from assay.review.bonds import Bond
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
    (found, *_on_waivers), _ = apply_waivers([FINDING], text)
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
    (first, second), _ = apply_waivers([inside, after], text)
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
    (found, *others), _ = apply_waivers([FINDING], text, datetime.date(2026, 11, 22))
    assert (found.waived is not None) is counts
    assert [o.rule for o in others] == ([] if counts else ["hygiene/waiver"])


def test_a_waiver_that_nothing_needs_is_a_finding() -> None:
    (found,), _ = apply_waivers([], on("# assay: allow dropped users.age -- never used"))
    assert found.rule == "hygiene/waiver"
    assert found.message == "The waiver of dropped users.age in line 2 waives nothing."
    assert not found.stops


SHARE = Lock("users", "table", "SHARE", ("writes",), 4)
EXCLUSIVE = Lock("users", "table", "ACCESS EXCLUSIVE", ("reads", "writes"), 7)
ELSEWHERE = Lock("orders", "table", "SHARE", ("writes",), 4)


def on_lock(lock: Lock) -> Finding:
    about = f"{lock.relation}.ix"
    return Finding("locks/index-blocks-writes", Severity.NOTE, about, 3, "", "", "", lock)


@pytest.mark.parametrize(
    ("later", "counts", "said"),
    [
        (SHARE, True, ""),
        (EXCLUSIVE, False, "was given for SHARE on users; this is ACCESS EXCLUSIVE on users."),
        (ELSEWHERE, False, "was given for SHARE on users; this is SHARE on orders."),
    ],
)
def test_a_waiver_is_bound_to_what_it_was_given_for(later: Lock, counts: bool, said: str) -> None:
    text = on("# assay: allow index-blocks-writes -- 40 rows")
    (first,), bonds = apply_waivers([on_lock(SHARE)], text)
    assert first.waived == "40 rows"
    kept = {key: Bond.from_json(bond.to_json()) for key, bond in bonds.items()}
    (found, *others), _ = apply_waivers([on_lock(later)], text, bonds=kept)
    assert (found.waived is not None) is counts
    assert [o.message.partition(" in line 2 ")[2] for o in others] == ([said] if said else [])


def test_another_reason_gives_another_waiver() -> None:
    _, bonds = apply_waivers([on_lock(SHARE)], on("# assay: allow index-blocks-writes -- 40 rows"))
    text = on("# assay: allow index-blocks-writes -- at night")
    (found,), _ = apply_waivers([on_lock(EXCLUSIVE)], text, bonds=bonds)
    assert found.waived == "at night"
