"""The operation alone: what hangs on a table stays, and a failure changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

import assay.operations  # noqa: F401

SCHEMA = """
CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n VARCHAR(9));
CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p (id) ON DELETE CASCADE);
CREATE VIEW v AS SELECT n FROM p;
CREATE TABLE log (n TEXT);
CREATE TRIGGER on_p AFTER INSERT ON p BEGIN INSERT INTO log VALUES (new.n); END;
CREATE TRIGGER on_c AFTER INSERT ON c BEGIN UPDATE p SET n = 'seen' WHERE id = new.p_id; END;
CREATE INDEX ix_lower ON p (lower(n) DESC);
INSERT INTO p (n) VALUES ('a'), ('b'), ('gone');
DELETE FROM p WHERE n = 'gone';
INSERT INTO c VALUES (1, 1), (2, 2);
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database in which foreign keys are enforced."""
    made = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}", poolclass=sa.NullPool)

    @sa.event.listens_for(made, "connect")
    def enforce(connection: object, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]

    with made.connect() as connection:
        for statement in SCHEMA.replace("; END", "\\ END").split(";\n"):
            connection.exec_driver_sql(statement.replace("\\ END", "; END"))
        connection.commit()
    yield made
    made.dispose()


def rebuild(connection: sa.Connection, *items: sa.schema.SchemaItem) -> None:
    """Give ``p`` another definition."""
    operations: object = Operations(MigrationContext.configure(connection))
    operations.rebuild_table(  # type: ignore[attr-defined]
        "p",
        sa.Column("id", sa.Integer),
        *items,
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )


@pytest.mark.parametrize("written_before", [False, True])
def test_what_hangs_on_it_stays(engine: sa.Engine, written_before: bool) -> None:
    with engine.connect() as connection:
        if written_before:
            connection.exec_driver_sql("UPDATE p SET n = n")
        rebuild(connection, sa.Column("n", sa.String(40)))
        connection.commit()
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT id, p_id FROM c ORDER BY id").all()
        assert kept == [(1, 1), (2, 2)]
        assert connection.exec_driver_sql("SELECT n FROM v ORDER BY n").scalars().all() == [
            "seen",
            "seen",
        ]
        connection.exec_driver_sql("INSERT INTO p (n) VALUES ('d')")
        # the largest id there ever was is not given again
        assert connection.exec_driver_sql("SELECT max(id) FROM p").scalar() == 4
        assert connection.exec_driver_sql("SELECT n FROM log").scalars().all()[-1] == "d"
        connection.exec_driver_sql("INSERT INTO c VALUES (3, 4)")
        assert connection.exec_driver_sql("SELECT n FROM p WHERE id = 4").scalar() == "seen"
        connection.exec_driver_sql("DELETE FROM p WHERE id = 1")
        assert connection.exec_driver_sql("SELECT count(*) FROM c").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar() == 0
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        named = "SELECT name FROM sqlite_master WHERE name LIKE '%rebuilt%'"
        assert connection.exec_driver_sql(named).all() == []


def test_a_failure_changes_nothing(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT sql FROM sqlite_master ORDER BY name").all()
        with pytest.raises(sa.exc.IntegrityError):
            rebuild(connection, sa.Column("n", sa.String(40)), sa.CheckConstraint("n = 'a'"))
        connection.commit()
    with engine.connect() as connection:
        after = connection.exec_driver_sql("SELECT sql FROM sqlite_master ORDER BY name").all()
        assert after == before
        assert connection.exec_driver_sql("SELECT count(*) FROM p").scalar() == 2
        assert connection.exec_driver_sql("SELECT count(*) FROM c").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
