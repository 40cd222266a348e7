"""What is changed under its name is never missing; where the old one is in the way, it goes first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from in_use import InUse, accept, in_use
from sqlalchemy import event
from test_recipes_postgresql import CASES, ROWS, items

from assay.generate.answers import Answers

REFUSED = {
    "another primary key": "INSERT INTO items (id, parent_id, a, name) VALUES (1, 1, 1, 'x')",
    "a primary key of another name, of a column not filled before": (
        "INSERT INTO items (id, parent_id, a, name) VALUES (1, 1, 1, 'x')"
    ),
    "another check": "INSERT INTO items (id, parent_id, a, name) VALUES (-9, 1, -9, 'x')",
    "another foreign key": "INSERT INTO items (id, parent_id, a, name) VALUES (-9, -9, 1, 'x')",
    "another unique": "INSERT INTO items (id, parent_id, a, name) VALUES (-9, 1, 1, 'x1')",
}


@contextmanager
def tried_after_each_statement(project: InUse, sql: str) -> Iterator[list[str]]:
    """The errors of somebody else's statement, run after each of those that change something."""
    errors: list[str] = []
    with project.connection() as other:
        other.exec_driver_sql("SET lock_timeout = '100ms'")

        def look(
            connection: Any, _cursor: Any, statement: str, _given: Any, _context: Any, _many: bool
        ) -> None:
            changes = statement.lstrip().upper().startswith(("ALTER", "CREATE", "DROP"))
            if not changes or connection is other:
                return
            try:
                other.exec_driver_sql(sql)
                errors.append(f"nothing, after {statement}")
            except sa.exc.DBAPIError as error:
                errors.append(type(error.orig).__name__)

        event.listen(sa.Engine, "after_cursor_execute", look)
        try:
            yield errors
        finally:
            event.remove(sa.Engine, "after_cursor_execute", look)


@pytest.mark.parametrize("case", REFUSED)
def test_at_no_moment_is_there_none(case: str, postgresql_server: str, tmp_path: Path) -> None:
    old, new, _ = CASES[case]
    with in_use(postgresql_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new)
        with tried_after_each_statement(project, REFUSED[case]) as errors:
            project.upgrade()
            project.downgrade("b0")
        assert len(errors) >= 4
        refused = {"UniqueViolation", "CheckViolation", "ForeignKeyViolation"}
        # one that locks the table in a transaction with others keeps everybody away
        assert set(errors) <= {*refused, "LockNotAvailable"}, errors
        assert set(errors) & refused


CHILDREN = (
    'children = sa.Table("children", metadata, sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id", name="fk_item")))\n'
)
IN_THE_WAY = {
    "a key that others refer to": (
        items(a=", nullable=False", primary='"id"') + CHILDREN,
        items('sa.UniqueConstraint("id", name="uq")', a=", nullable=False", primary='"a", "id"')
        + CHILDREN,
        ["ALTER TABLE children DROP CONSTRAINT fk_item", "ALTER TABLE items DROP CONSTRAINT pk, "],
    ),
    "a value that the old check forbids": (
        items("sa.CheckConstraint('a > 0', name='positive')"),
        items("sa.CheckConstraint('a >= 0', name='positive')", a=", nullable=False"),
        ["ALTER TABLE items DROP CONSTRAINT positive", "ALTER TABLE items ADD CONSTRAINT positive"],
    ),
    "a column that goes": (
        items('sa.Column("gone", sa.Integer)', "sa.CheckConstraint('gone > 0', name='positive')"),
        items("sa.CheckConstraint('a >= 0', name='positive')"),
        ["ALTER TABLE items DROP CONSTRAINT positive", "ALTER TABLE items DROP COLUMN gone"],
    ),
    "a column of the key may be NULL": (
        items(primary='"id", "a"'),
        items(primary='"id"'),
        ["ALTER TABLE items DROP CONSTRAINT pk", "ALTER TABLE items ALTER COLUMN a DROP NOT NULL"],
    ),
}
SAID = {
    "a value that the old check forbids": Answers(backfill={"items.a": "0"}),
    "a column that goes": Answers(drop=("items.gone",)),
}


@pytest.mark.parametrize("case", IN_THE_WAY)
def test_what_is_in_the_way_goes_first(case: str, postgresql_server: str, tmp_path: Path) -> None:
    old, new, expected = IN_THE_WAY[case]
    with in_use(postgresql_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, SAID.get(case, Answers()))
        at = [
            next(n for n, s in enumerate(project.statements) if s.startswith(one))
            for one in expected
        ]
        assert at == sorted(at), project.statements
        accept(project)
