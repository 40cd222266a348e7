"""Values and views of SQLite that a rebuild and a rename must get right."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from pairs import Place, run_pair

from assay.generate.answers import Answers

TABLE = "metadata = MetaData()\nTable('t', metadata, Column('id', Integer, primary_key=True), {})\n"


def test_null_gets_the_default_of_a_column_that_becomes_not_null(tmp_path: Path) -> None:
    def rows(metadata: sa.MetaData, connection: sa.Connection) -> None:
        connection.execute(metadata.tables["t"].insert(), [{"id": 1, "a": None}, {"id": 2, "a": 3}])

    old = TABLE.format("Column('a', Integer)")
    new = TABLE.format("Column('a', Integer, nullable=False, server_default='5')")
    outcome = run_pair(Place(tmp_path), old, new, rows=rows)
    assert not outcome.problems, outcome.problems
    assert "backfill" not in outcome.text
    answered = run_pair(Place(tmp_path), old, new, Answers(backfill={"t.a": "7"}), rows=rows)
    assert not answered.problems, answered.problems
    assert "backfill t.a" in answered.text
    assert "coalesce" not in answered.text


@pytest.mark.skipif(not hasattr(sa, "CreateView"), reason="SQLAlchemy 2.1")
def test_view_of_the_models(tmp_path: Path) -> None:
    old = TABLE.format("Column('a', Integer)")
    new = old + "CreateView(select(metadata.tables['t'].c.a.label('n')), 'v', metadata=metadata)\n"
    outcome = run_pair(Place(tmp_path), old, new)
    assert not outcome.problems, outcome.problems
