"""Pairs of one table with rows of our own, whose values are compared one by one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from on_server import HEAD
from pairs import Place, run_pair

from assay.generate.answers import Answers


def table(*columns: str, name: str = "t") -> str:
    """The source of a table with an ``id``."""
    return f"Table('{name}', metadata, Column('id', Integer, primary_key=True), {', '.join(columns)})\n"


def enum(*labels: str, name: str = "mood") -> str:
    """The source of an enum type."""
    return f"Enum({', '.join(map(repr, labels))}, name={name!r})"


def kept(
    server: str,
    old: str,
    new: str,
    values: dict[str, list[Any]],
    answers: Answers | None = None,
    *,
    derived: tuple[str, ...] = (),
) -> str:
    """Assert that a change is right up, down and up again, and that every value is still there.

    :param values: by column of the old table ``t``.
    :param derived: ``t.column`` whose values are not compared.
    """

    def rows(metadata: sa.MetaData, connection: sa.Connection) -> None:
        columns = list(values)
        for row in zip(*values.values(), strict=True):
            connection.execute(
                sa.insert(metadata.tables["t"]), [dict(zip(columns, row, strict=True))]
            )

    outcome = run_pair(Place(server), HEAD + old, HEAD + new, answers, rows=rows, derived=derived)
    assert outcome.problems == [], outcome.text
    return outcome.text
