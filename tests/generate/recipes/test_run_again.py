"""A revision outside of a transaction that dies at any statement is run again to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from in_use import in_use
from sqlalchemy import event
from test_recipes_postgresql import CASES, ROWS, items

from assay.generate.answers import Answers
from assay.operations.online import batches, waiting


class Died(Exception):
    """The process is gone."""


@contextmanager
def dying_before(number: int) -> Iterator[list[str]]:
    """Every engine of the process fails before its so-many-th statement that changes something."""
    seen: list[str] = []

    def look(
        _connection: Any, _cursor: Any, statement: str, _given: Any, _context: Any, _many: bool
    ) -> None:
        if statement.lstrip().upper().startswith(("ALTER", "CREATE", "DROP", "UPDATE")):
            seen.append(statement)
            if len(seen) == number:
                raise Died(statement)

    event.listen(sa.Engine, "before_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(sa.Engine, "before_cursor_execute", look)


@pytest.mark.parametrize("case", CASES)
def test_it_dies_at_every_statement_and_ends(
    case: str, postgresql_server: str, tmp_path: Path
) -> None:
    old, new, _ = CASES[case]
    fill = Answers(backfill={"items.a": "0"}) if case == "not null" else Answers()
    with in_use(postgresql_server, tmp_path / "app", old, *ROWS) as project:
        project.change(new, fill)
        assert project.written is not None
        before = project.catalog
        project.upgrade()
        after = project.catalog
        project.downgrade("b0")
        assert project.catalog.objects == before.objects
        # each death leaves what was done; every run after it begins where that one ended
        with dying_before(10_000) as whole:
            project.upgrade()
            project.downgrade("b0")
        deaths = 0
        for number in range(1, len(whole) + 1):
            with dying_before(number):
                try:
                    project.upgrade()
                except Died:
                    deaths += 1
            project.upgrade()
            assert project.catalog.objects == after.objects
            with dying_before(number):
                try:
                    project.downgrade("b0")
                except Died:
                    deaths += 1
            project.downgrade("b0")
            assert project.catalog.objects == before.objects
        assert deaths >= len(whole) - 2


OTHERS = (
    'owners = sa.Table("owners", metadata, sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("name", sa.String(9), index=True))\n'
)
ON_MARIADB = {
    "columns, indexes, keys": (
        items('sa.Column("gone", sa.String(5))', 'sa.Index("ix_name", "name")'),
        items(
            'sa.Column("b", sa.Integer, nullable=False, server_default="7")',
            'sa.Column("c", sa.Numeric(10, 2))',
            'sa.Index("ix_a", "a")',
            'sa.UniqueConstraint("name", name="uq")',
            'sa.ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk")',
        ),
    ),
    "a column to be filled": (items(), items('sa.Column("b", sa.BigInteger, nullable=False)')),
    "a table, a check": (
        items(),
        OTHERS
        + items(
            'sa.Column("owner_id", sa.Integer, sa.ForeignKey("owners.id", name="fk_owner"))',
            "sa.CheckConstraint('a > -10', name='positive')",
        ),
    ),
    "each under its name": (
        items(
            'sa.Index("ix_a", "a")',
            'sa.UniqueConstraint("name", name="uq")',
            "sa.CheckConstraint('a > -10', name='positive')",
            'sa.ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk")',
            a=", nullable=False",
            primary='"id", "a"',
        ),
        items(
            'sa.Index("ix_a", "a", "name")',
            'sa.UniqueConstraint("name", "a", name="uq")',
            "sa.CheckConstraint('a > -100', name='positive')",
            'sa.ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk", onupdate="CASCADE")',
            a=", nullable=False",
            primary='"a", "id"',
        ),
    ),
    "an index stays beside a key": (
        items('sa.Index("ix_parent", "parent_id")'),
        items(
            'sa.Index("ix_parent", "parent_id")',
            'sa.ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk")',
        ),
    ),
}


@pytest.mark.parametrize("case", ON_MARIADB)
def test_on_mariadb_it_dies_at_every_statement_and_ends(
    case: str, mariadb_server: str, tmp_path: Path
) -> None:
    """One revision, each statement of which commits."""
    old, new = ON_MARIADB[case]
    rows = (
        "INSERT INTO parents VALUES (1), (2)",
        "INSERT INTO items (id, parent_id, a, name) VALUES (1, 1, 5, 'x'), (2, 2, 6, 'y')",
    )
    with in_use(mariadb_server, tmp_path / "app", old, *rows) as project:
        project.change(new, FILL if case == "a column to be filled" else Answers())
        assert project.written is not None
        assert len(project.written.paths) == 1
        assert "hygiene/implicit-commits" not in project.findings
        before = project.catalog
        with dying_before(10_000) as up:
            project.upgrade()
        after = project.catalog
        assert project.planned_again() == []
        with dying_before(10_000) as down:
            project.downgrade("b0")
        assert project.catalog.objects == before.objects
        for number in range(2, len(up) + 1):
            with dying_before(number), pytest.raises(Died):
                project.upgrade()
            project.upgrade()
            assert project.catalog.objects == after.objects
            if number <= len(down):
                with dying_before(number), pytest.raises(Died):
                    project.downgrade("b0")
            project.downgrade("b0")
            assert project.catalog.objects == before.objects


def test_on_mariadb_something_else_of_that_name_is_not_taken_for_it(
    mariadb_server: str, tmp_path: Path
) -> None:
    with in_use(mariadb_server, tmp_path / "app", items()) as project:
        project.sql("ALTER TABLE items ADD ix CHAR(3), ADD INDEX ix (a), ADD UNIQUE uq (a)")
        with project.connection() as connection:
            op: Any = Operations(MigrationContext.configure(connection))
            with op.resuming():
                op.create_unique_constraint("uq", "items", ["a"])
                op.drop_index("nothing", "items")
                op.drop_column("items", "nothing")
                op.drop_table("nothing")
                for wrong in (
                    lambda: op.add_column("items", sa.Column("ix", sa.Integer())),
                    lambda: op.create_index("ix", "items", ["name"]),
                    lambda: op.create_index("uq", "items", ["a"]),
                    lambda: op.create_table("items", sa.Column("id", sa.Integer())),
                ):
                    with pytest.raises(sa.exc.DBAPIError, match=r"Duplicate|already exists"):
                        wrong()
            with pytest.raises(sa.exc.DBAPIError, match="Duplicate"):
                op.create_unique_constraint("uq", "items", ["a"])


def test_an_invalid_index_is_built_anew(postgresql_server: str, tmp_path: Path) -> None:
    new = items('sa.Index("ix_a", "a", unique=True)', 'sa.UniqueConstraint("name", name="uq")')
    twice = (
        "INSERT INTO items VALUES (10001, 1, 1, 'y')",
        "INSERT INTO items VALUES (10002, 1, -5, 'x2')",
    )
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS, *twice) as project:
        project.change(new)
        with pytest.raises(sa.exc.IntegrityError):
            project.upgrade()
        project.sql("DELETE FROM items WHERE id = 10002")
        with pytest.raises(sa.exc.IntegrityError):
            project.upgrade()
        invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        assert project.sql(invalid) == [("ix_a",)]
        project.sql("DELETE FROM items WHERE id = 10001")
        project.upgrade()
        assert project.sql(invalid) == []
        unique = (
            "SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = 'items'::regclass"
        )
        assert project.sql(unique) == [("uq",)]
        assert project.planned_again() == []


def test_another_index_of_that_name_is_not_taken_for_it(
    postgresql_server: str, tmp_path: Path
) -> None:
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items('sa.Index("ix_a", "a")'))
        project.sql("CREATE INDEX ix_a ON items (name)")
        with pytest.raises(sa.exc.ProgrammingError, match="already exists"):
            project.upgrade()
        project.sql("DROP INDEX ix_a")
        project.upgrade()
        assert project.planned_again() == []


def test_a_statement_that_others_wait_for_is_tried_again(
    postgresql_server: str, tmp_path: Path
) -> None:
    new = items("sa.CheckConstraint('a > -10', name='positive')")
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(new)
        reader = sa.create_engine(project.url, poolclass=sa.NullPool).connect()
        reader.exec_driver_sql("SELECT count(*) FROM items")
        refused: list[str] = []

        def leave(context: Any) -> None:
            refused.append(str(context.original_exception))
            reader.close()

        event.listen(sa.Engine, "handle_error", leave)
        try:
            project.upgrade()
        finally:
            event.remove(sa.Engine, "handle_error", leave)
            reader.close()
        assert len(refused) == 1
        assert "lock timeout" in refused[0]
        assert project.planned_again() == []


def test_a_statement_that_others_wait_for_gives_up(
    postgresql_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "TRIES", 2)
    new = items("sa.CheckConstraint('a > -10', name='positive')")
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(new)
        engine = sa.create_engine(project.url, poolclass=sa.NullPool)
        with engine.begin() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM items")
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                project.upgrade()
        project.upgrade()
        assert project.planned_again() == []


def test_rows_that_move_while_they_are_filled_are_filled_too(
    postgresql_server: str, tmp_path: Path
) -> None:
    new = items(
        'sa.Column("u", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))'
    )
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(new)
        moved: list[str] = []

        def move(
            _connection: Any, _cursor: Any, statement: str, _given: Any, _context: Any, _many: bool
        ) -> None:
            # the application writes every row that has no value yet, once, after the first batch
            if statement.startswith("UPDATE items SET u") and "'(0,0)'" in statement and not moved:
                moved.append(statement)
                project.sql("UPDATE items SET name = name || '!' WHERE id > 2000")
                project.sql("UPDATE items SET u = NULL WHERE id > 2000")

        event.listen(sa.Engine, "after_cursor_execute", move)
        try:
            project.upgrade()
        finally:
            event.remove(sa.Engine, "after_cursor_execute", move)
        assert moved
        assert project.sql("SELECT count(*) FROM items WHERE u IS NULL") == [(0,)]
        assert project.planned_again() == []


FILL = Answers(backfill={"items.b": "coalesce(a, 0) + 1"})
FILLED = items('sa.Column("b", sa.BigInteger, nullable=False)')
FILLS = "UPDATE items SET b"


def test_a_backfill_that_dies_goes_on_where_it_was(
    postgresql_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PAGES", 3)
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(FILLED, FILL)
        project.upgrade("c0")
        with dying_before(5) as seen, pytest.raises(Died):
            project.upgrade()
        assert all(one.startswith(FILLS) for one in seen)
        ((filled,),) = project.sql("SELECT count(b) FROM items")
        assert 0 < filled < 3000
        # what the application wrote meanwhile is not touched
        project.sql("UPDATE items SET b = -1 WHERE b IS NULL AND id > 2900")
        project.upgrade()
        wrong = "SELECT count(*) FROM items WHERE b <> CASE WHEN id > 2900 THEN -1 ELSE a + 1 END"
        assert project.sql(wrong) == [(0,)]
        assert project.planned_again() == []


def test_a_batch_behind_somebody_elses_row_is_tried_again(
    postgresql_server: str, tmp_path: Path
) -> None:
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(FILLED, FILL)
        project.upgrade("c0")
        writer = sa.create_engine(project.url, poolclass=sa.NullPool).connect()
        writer.exec_driver_sql("UPDATE items SET name = 'mine' WHERE id = 2000")
        refused: list[str] = []

        def leave(context: Any) -> None:
            refused.append(str(context.original_exception))
            writer.commit()

        event.listen(sa.Engine, "handle_error", leave)
        try:
            project.upgrade()
        finally:
            event.remove(sa.Engine, "handle_error", leave)
            writer.close()
        assert len(refused) == 1
        assert "lock timeout" in refused[0]
        assert project.sql("SELECT count(*) FROM items WHERE b = a + 1") == [(3000,)]


def test_a_partitioned_table_is_filled_in_batches_too(
    postgresql_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PAGES", 3)
    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.sql(
            "CREATE TABLE parts (id int, b int) PARTITION BY RANGE (id)",
            "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000)",
            "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000) TO (9000)",
            "INSERT INTO parts SELECT i FROM generate_series(1, 3000) i",
        )
        with project.connection() as connection, dying_before(10_000) as seen:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            operations = Operations(MigrationContext.configure(connection))
            operations.backfill_online("parts", "b", "id * 2")
        assert len(seen) > 3
        assert project.sql("SELECT count(*) FROM parts WHERE b = id * 2") == [(3000,)]


def test_mariadb_fills_by_the_key_and_goes_on(
    mariadb_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "ROWS", 100)
    rows = (
        "INSERT INTO parents VALUES (1)",
        "INSERT INTO items SELECT seq, 1, seq, '50%%' FROM seq_1_to_950",
    )
    with in_use(mariadb_server, tmp_path / "app", items(), *rows) as project:
        project.sql("ALTER TABLE items ADD COLUMN b BIGINT")
        engine = sa.create_engine(project.url)

        def fill() -> None:
            with engine.connect() as connection:
                operations = Operations(MigrationContext.configure(connection))
                operations.backfill_online("items", "b", "a + (name LIKE '50%')")

        with dying_before(5), pytest.raises(Died):
            fill()
        assert project.sql("SELECT count(b) FROM items") == [(300,)]
        with dying_before(10_000) as seen:
            fill()
        engine.dispose()
        assert len(seen) == 11
        assert project.sql("SELECT count(*) FROM items WHERE b = a + 1") == [(950,)]


def test_in_a_transaction_it_refuses(postgresql_server: str, tmp_path: Path) -> None:
    from alembic.util import CommandError

    with in_use(postgresql_server, tmp_path / "app", items(), *ROWS) as project:
        project.change(items('sa.Index("ix_a", "a")'))
        assert project.written is not None
        path = project.written.paths[0]
        text = path.read_text().replace("with op.get_context().autocommit_block():", "if True:")
        path.write_text(text)
        with pytest.raises(CommandError, match="autocommit_block"):
            project.upgrade()
