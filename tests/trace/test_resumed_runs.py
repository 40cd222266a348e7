"""A revision on MariaDB that is killed before each of its statements, and begun again."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from assay.trace import resumed
from review.case import Case, reviewed

SETUP = "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(50), age INT);"
TWO = """
op.add_column("users", sa.Column("nick", sa.String(9)))
op.create_index("ix_email", "users", ["email"])
"""


def _within(body: str, opening: str = "with op.resuming():") -> str:
    return "\n    ".join([opening, *body.strip().splitlines()])


BODIES = {
    "fails on its first": (TWO, False),
    "leaves what is done": (_within(TWO), True),
    "says what it costs": (_within(TWO, 'with op.stating("INPLACE", "NONE"):'), True),
    "in a loop": ('with op.resuming():\n    for n in "ab":\n        add(n)', True),
    # what is done of it is known by its columns, not by its indexes
    "makes a table with an index": (
        "with op.resuming():\n"
        '    op.add_column("users", sa.Column("nick", sa.String(9)))\n'
        '    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True),'
        ' sa.Column("text", sa.String(9), index=True))',
        True,
    ),
    "inserts twice": (
        'op.execute("INSERT INTO users (id) SELECT max(id) + 1 FROM users")\n' + _within(TWO),
        False,
    ),
    "sleeps": (_within(TWO + "import time; time.sleep(0.01)"), False),
}
ADD = """
def add(name):
    op.add_column("users", sa.Column(name, sa.Integer()))
    op.create_index(f"ix_{name}", "users", [name])
"""


@pytest.mark.parametrize("body", BODIES)
def test_it_is_told_whether_it_ends(body: str, mariadb_server: str, tmp_path: Path) -> None:
    up, wanted = BODIES[body]
    case = Case("", "mysql", SETUP, bad=up, good="pass", advised="pass", preamble=ADD)
    with reviewed(tmp_path / "app", case, "bad", mariadb_server) as (review,):
        assert review.trace.failure is None
        assert review.trace.resumes is wanted
        found = [f.rule for f in review.findings if f.rule == "hygiene/implicit-commits"]
        assert bool(found) is not wanted


def test_of_many_statements_some_are_tried(
    mariadb_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumed, "_DEATHS", 3)
    up = 'with op.resuming():\n    for n in "abcde":\n        add(n)'
    case = Case("", "mysql", SETUP, bad=up, good="pass", advised="pass", preamble=ADD)
    with reviewed(tmp_path / "app", case, "bad", mariadb_server) as (review,):
        assert review.trace.resumes
        assert len(resumed._deaths(review.trace)) == 3


def test_it_dies_before_a_statement_with_a_percent_sign(mariadb_server: str) -> None:
    reached = []
    dying = resumed._dying_before
    engine = sa.create_engine(mariadb_server)
    with engine.connect() as connection, dying(connection, "SELECT '5%'"):
        connection.execute(sa.text("SELECT '5%'"))
        reached.append(1)
    assert reached == []
