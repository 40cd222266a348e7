"""Pairs of model sources on a real PostgreSQL server, both ways."""

from __future__ import annotations

from pairs import Place, run_pair

from assay.generate.answers import Answers

HEAD = "metadata = MetaData()\n"


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
