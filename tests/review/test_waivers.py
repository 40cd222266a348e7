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
        ("until 2026-13", False),  # no such month
        ("until 30.11.2026", False),  # no day that can be told from another
        ("until 2026", False),
        ("until everybody has 3 of them", True),  # words
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


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("# assay: allow dropped", "it gives no reason"),
        ("# assay: allow dropped --", "it gives no reason"),
        ("# assay: allow dropped users.nick - one dash", "it gives no reason"),
        ("# assay: alow dropped -- DB-12", "it begins with 'alow'"),
        ("# assay: allow dropped users nick -- DB-12", "it names no rule, or more than one object"),
        ("# assay: allow dropped -- until 2026-13", "2026-13 is no day and no month"),
    ],
)
def test_a_waiver_that_cannot_be_read_is_a_finding(comment: str, fault: str) -> None:
    (found, said), _ = apply_waivers([FINDING], on(comment))
    assert found.waived is None
    assert (said.rule, said.line) == ("hygiene/waiver", 3)
    assert said.message == f"The comment in line 2 waives nothing: {fault}."


@pytest.mark.parametrize("comment", ["# assay: backfill users.nick", "# assay: end backfill"])
def test_the_markers_of_a_backfill_are_no_waivers(comment: str) -> None:
    assert apply_waivers([], on(comment)) == ((), {})


def test_a_waiver_in_a_text_is_none() -> None:
    text = on("text = '# assay: allow dropped -- never used'")
    (found,), _ = apply_waivers([FINDING], text)
    assert found.waived is None


def test_one_comment_allows_several_rules() -> None:
    lock = Finding("locks/rewrite", Severity.NOTE, "users", 3, "", "", "")
    text = on("# assay: allow dropped, locks/rewrite -- DB-12")
    found, bonds = apply_waivers([FINDING, lock], text)
    assert [f.waived for f in found] == ["DB-12", "DB-12"]
    assert list(bonds) == ["dropped -- DB-12", "locks/rewrite -- DB-12"]


def test_a_rule_that_is_not_there_is_said_with_one_near_it() -> None:
    (found,), _ = apply_waivers([], on("# assay: allow droped -- DB-12"))
    assert found.message.endswith("waives nothing: no rule is called so.")
    assert found.instead == "Did you mean dropped?"


def test_a_waiver_in_a_block_covers_its_statement_only() -> None:
    text = (
        "def upgrade():\n"
        "    with op.get_context().autocommit_block():\n"
        "        op.drop_column('users', 'nick')  # assay: allow dropped -- DB-12\n"
        "        op.drop_column('users', 'age')\n"
    )
    other = Finding("data/dropped", Severity.STOP, "users", 4, "", "", "")
    found, _ = apply_waivers([FINDING, other], text)
    assert [f.waived for f in found] == ["DB-12", None]


def test_a_waiver_stands_above_blank_lines_too() -> None:
    text = "def upgrade():\n    # assay: allow dropped -- DB-12\n\n    op.drop_column('users', 'nick')\n"
    below = Finding("data/dropped", Severity.STOP, "users.nick", 4, "", "", "")
    (found,), _ = apply_waivers([below], text)
    assert found.waived == "DB-12"


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
