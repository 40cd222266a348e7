"""The revision file as text: slots, fingerprint, operations on lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.project.revision_file import call_at, content_fingerprint, fill_slots, find_slots

TEXT = '''"""message"""
from alembic import op


def upgrade() -> None:
    """Upgrade."""
    op.add_column("users", sa.Column("email"))
    # assay: backfill users.email
    # a hint
    # assay: end backfill
    op.alter_column("users", "email", nullable=False)


def downgrade() -> None:
    op.drop_column("users", "email")
'''


def test_an_empty_slot_is_found() -> None:
    (slot,) = find_slots(TEXT)
    assert (slot.target, slot.start, slot.end, slot.empty) == ("users.email", 8, 10, True)


def test_filling_keeps_everything_else() -> None:
    text, unknown = fill_slots(TEXT, {"users.email": ["op.execute('x')"], "users.nick": ["y"]})
    assert unknown == ("users.nick",)
    assert text == TEXT.replace("    # a hint\n", "    op.execute('x')\n")
    assert not find_slots(text)[0].empty


bodies = st.lists(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1).filter(
        lambda line: "assay" not in line
    ),
    min_size=1,
    max_size=5,
)


@given(bodies, bodies)
def test_what_is_filled_in_is_read_back(one: list[str], other: list[str]) -> None:
    twice = TEXT + TEXT.replace("users.email", "orders.total")
    text, unknown = fill_slots(twice, {"users.email": one, "orders.total": other})
    assert not unknown
    assert [list(s.body) for s in find_slots(text)] == [one, other]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("    # a hint\n", ""), True),
        (("\n\n\ndef", "\n\n\n\n# more\ndef"), True),
        (('"""Upgrade."""', '"""Something else."""'), True),
        (('"""message"""', '"""other"""'), True),
        (('op.add_column("users", ', "op.add_column('users',  "), True),
        (('"email"', '"mail"'), False),
        (("nullable=False", "nullable=True"), False),
        (('    op.drop_column("users", "email")', "    pass"), False),
    ],
)
def test_the_fingerprint_is_of_what_the_file_does(
    tmp_path: Path, change: tuple[str, str], same: bool
) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text(TEXT)
    assert change[0] in TEXT
    other.write_text(TEXT.replace(*change))
    assert (content_fingerprint(one) == content_fingerprint(other)) is same


def test_the_operation_on_a_line(tmp_path: Path) -> None:
    path = tmp_path / "r.py"
    path.write_text(
        'def upgrade():\n    op.create_unique_constraint(op.f("uq"), "t", ["a"])\n'
        '    with op.batch_alter_table("t") as batch_op:\n'
        '        batch_op.add_column(sa.Column("x"))\n'
    )
    assert call_at(path, 2) == "create_unique_constraint"
    assert call_at(path, 3) == "batch_alter_table"
    assert call_at(path, 4) == "add_column"
    assert call_at(path, 1) is None
