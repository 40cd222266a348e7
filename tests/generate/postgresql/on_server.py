"""Pairs of model sources on a real PostgreSQL server, both ways."""

from __future__ import annotations

import re

import sqlalchemy as sa
from pairs import Place, run_pair

from assay.generate.answers import Answers

HEAD = "metadata = MetaData()\n"
SQLALCHEMY = tuple(int(n) for n in re.findall(r"\d+", sa.__version__)[:3])
NULLS_NOT_DISTINCT, ON_DELETE_OF_COLUMNS, INCLUDE_OF_KEYS = (2, 0, 16), (2, 0, 40), (2, 0, 41)
"""Since when SQLAlchemy has them, its documentation of PostgreSQL says."""


def change(
    server: str, old: str, new: str, answers: Answers | None = None, *, rows: bool = True
) -> str:
    """Assert that the change comes out right up, down and up again; the revision's text."""
    outcome = run_pair(Place(server), HEAD + old, HEAD + new, answers, rows=rows)
    assert outcome.problems == [], outcome.text
    return outcome.text


def both_ways(server: str, old: str, new: str, *, rows: bool = True) -> tuple[str, str]:
    """The change, and the change back as a change of its own."""
    return change(server, old, new, rows=rows), change(server, new, old, rows=rows)
