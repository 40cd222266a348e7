"""Values for rows: inside their type, and fit for a check's pattern."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.dialects.shapes import ColumnType
from assay.prove.candidates import candidates, matching_text
from assay.prove.values import text_of_length, value


@given(st.integers(1, 200), st.integers(1, 300))
def test_texts_keep_their_length_and_differ_while_there_is_room(length: int, number: int) -> None:
    made = value(ColumnType("", "varchar", (length,)), number)
    assert isinstance(made, str)
    assert 0 < len(made) <= length
    assert len(text_of_length(length, number)) == length
    if length > 1:
        assert made != value(ColumnType("", "varchar", (length,)), number + 1)


@given(st.integers(1, 20), st.integers(0, 20), st.integers(1, 100_000), st.integers(0, 50))
def test_numerics_fit_precision_and_scale(
    precision: int, scale: int, number: int, shift: int
) -> None:
    made = value(ColumnType("", "numeric", (precision, scale)), number, shift)
    whole, _, fraction = f"{made:f}".partition(".")
    assert len(fraction) <= scale
    assert len(whole.strip("0")) <= max(0, precision - scale)
    assert len((whole + fraction).lstrip("0")) <= precision


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{3}$", "^[a-z0-9_-]+$", r"^\d{4}-\d{2}$", "^(draft|sent)$",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
        "^#[0-9a-fA-F]{6}$", r"^v\d+(\.\d+){2}$", "^(?:a|b)?c*$",
        "^[]x]{2}$", r"^\+?[1-9]\d{1,14}$",
    ],
)  # fmt: skip
def test_a_simple_pattern_is_matched(pattern: str) -> None:
    for number in (1, 2, 3):
        made = matching_text(pattern, number)
        assert made is not None
        assert re.search(pattern, made), made


@given(st.text("^$[](){}|\\\\.*+?,:-a1", max_size=12))
def test_any_pattern_gives_a_text_or_nothing(pattern: str) -> None:
    made = matching_text(pattern)
    assert made is None or isinstance(made, str)


def test_candidates_come_from_the_check() -> None:
    text = ColumnType("text", "text")
    assert {"draft", "it's"} <= set(candidates(text, ("state IN ('draft', 'it''s')",), 1, 0))
    assert {7, 8, 6} <= set(candidates(ColumnType("", "integer"), ("size > 7",), 1, 0))
    assert any(len(str(made)) == 21 for made in candidates(text, ("length(code) > 20",), 1, 0))
    assert value(ColumnType("", "no such type"), 1) is None
