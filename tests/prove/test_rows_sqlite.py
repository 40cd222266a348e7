"""Rows for a SQLite shadow: real files, every kind of column, and small schemas at random."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import create_async_engine

from assay.prove.rows import RowsReport, count_rows, make_rows


@pytest.fixture(params=[False, True], ids=["keys off", "keys on"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shadow.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {int(request.param)}")
        connection.rollback()
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == int(request.param)
        yield connection
    engine.dispose()


def filled(connection: sa.Connection, script: str) -> RowsReport:
    for part in script.split(";\n"):
        connection.exec_driver_sql(part)
    report = make_rows(connection)
    assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    return report


def all_of(connection: sa.Connection, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(sql)]


TYPES = """INTEGER; BIGINT; SMALLINT; INT; VARCHAR(3); VARCHAR(255); CHAR(32); CHAR(36); TEXT; CLOB
BOOLEAN; DATE; DATETIME; TIMESTAMP; TIME; JSON; NUMERIC(5, 2); DECIMAL; REAL; FLOAT
DOUBLE PRECISION; BLOB; UUID; MONEY; "character varying"(20); VARBINARY(5)"""


def test_every_type_gets_a_value_a_null_and_a_default(connection: sa.Connection) -> None:
    types = [typed.strip() for typed in TYPES.replace("\n", ";").split(";")]
    columns = ", ".join(
        f"n{i} {typed} NOT NULL, f{i} {typed}, d{i} {typed} DEFAULT 7"
        for i, typed in enumerate(types)
    )
    report = filled(
        connection,
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns}, untyped,"
        " twice GENERATED ALWAYS AS (n0 * 2))",
    )
    assert report == RowsReport(made={"t": 3})
    for number, typed in enumerate(types):
        nulls = {row[0] for row in all_of(connection, f"SELECT f{number} IS NULL FROM t")}
        assert nulls == {0, 1}, typed
        defaults = {
            row[0]
            for row in all_of(connection, f"SELECT d{number} IS 7 OR d{number} IS '7' FROM t")
        }
        assert 1 in defaults, typed
    metadata = sa.MetaData()
    table = sa.Table(
        "t", metadata,
        sa.Column("n10", sa.Boolean), sa.Column("n11", sa.Date), sa.Column("n12", sa.DateTime),
        sa.Column("n14", sa.Time), sa.Column("n15", sa.JSON), sa.Column("n16", sa.Numeric(5, 2)),
        sa.Column("n6", sa.Uuid), sa.Column("n21", sa.LargeBinary),
    )  # fmt: skip
    assert (
        len(connection.execute(sa.select(table)).all()) == 3
    )  # readable as an application reads it


def test_strict_tables_and_tables_without_rowid(connection: sa.Connection) -> None:
    report = filled(
        connection,
        """CREATE TABLE s (a INTEGER NOT NULL, b TEXT NOT NULL, c BLOB NOT NULL, d REAL, e ANY,
  f INT)  STRICT;
CREATE TABLE w (a TEXT, b VARCHAR(2), PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT)""",
    )
    assert report == RowsReport(made={"auto": 3, "s": 3, "w": 3})


def test_keys_circles_and_keys_to_the_same_table(connection: sa.Connection) -> None:
    report = filled(
        connection,
        """CREATE TABLE department (id INTEGER PRIMARY KEY, head_id INTEGER REFERENCES person);
CREATE TABLE person (id INTEGER PRIMARY KEY,
  department_id INTEGER NOT NULL REFERENCES Department (ID));
CREATE TABLE node (id TEXT PRIMARY KEY, parent_id TEXT REFERENCES node (id));
CREATE TABLE rooted (id INTEGER PRIMARY KEY, root_id INTEGER NOT NULL REFERENCES rooted);
CREATE TABLE a (id INTEGER PRIMARY KEY, b_id INTEGER NOT NULL REFERENCES b DEFERRABLE);
CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER NOT NULL REFERENCES a);
CREATE TABLE tenant (id INTEGER PRIMARY KEY);
CREATE TABLE owner (tenant_id INTEGER REFERENCES tenant, id INTEGER, PRIMARY KEY (tenant_id, id));
CREATE TABLE thing (tenant_id INTEGER NOT NULL REFERENCES tenant, owner_id INTEGER,
  FOREIGN KEY (tenant_id, owner_id) REFERENCES owner);
CREATE TABLE link (tenant_id INTEGER REFERENCES tenant, node_id TEXT REFERENCES node, yes BOOLEAN,
  PRIMARY KEY (tenant_id, node_id, yes), UNIQUE (yes, node_id))""",
    )
    names = ["department", "person", "node", "rooted", "a", "b", "tenant", "owner", "thing", "link"]
    assert report == RowsReport(made=dict.fromkeys(names, 3))
    for sql in (
        "SELECT head_id IS NULL FROM department",
        "SELECT parent_id IS NULL FROM node",
        "SELECT owner_id IS NULL FROM thing",
    ):
        assert {row[0] for row in all_of(connection, sql)} == {0, 1}


def test_checks_are_met(connection: sa.Connection) -> None:
    report = filled(
        connection,
        """CREATE TABLE t (id INTEGER PRIMARY KEY,
  state VARCHAR(10) NOT NULL CHECK (state IN ('draft', 'it''s (sent)')), -- CHECK (state = 'no')
  amount NUMERIC(8, 2) NOT NULL CONSTRAINT "big, enough" CHECK (amount >= 500),
  share REAL CHECK (share BETWEEN 0 AND 1), yes BOOLEAN NOT NULL CHECK (yes IN (0, 1)),
  code TEXT NOT NULL UNIQUE CHECK (length(code) > 12), "check" INTEGER,
  slug TEXT NOT NULL CHECK (slug GLOB 'item-[0-9]*'),
  starts DATE NOT NULL, ends DATE NOT NULL CHECK (t.ends > t.starts),
  x INTEGER, y INTEGER CHECK ((x IS NULL) <> (y IS NULL)),
  doc JSON NOT NULL, CHECK (json_valid(doc) AND length(doc) > 3))""",
    )
    assert report == RowsReport(made={"t": 3})
    assert len(all_of(connection, "SELECT DISTINCT state FROM t")) == 2


def test_what_cannot_be_filled_is_said_and_the_rest_is_filled(connection: sa.Connection) -> None:
    report = filled(
        connection,
        """CREATE TABLE refusing (id INTEGER);
CREATE TRIGGER refuse BEFORE INSERT ON refusing BEGIN SELECT RAISE(ABORT, 'not today'); END;
CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY CHECK (id <> id));
CREATE TABLE child (parent_id INTEGER NOT NULL REFERENCES parent);
CREATE TABLE lost (gone_id INTEGER NOT NULL REFERENCES gone);
CREATE TABLE half (id INTEGER CHECK (id <> id), x INTEGER);
CREATE TABLE two (yes BOOLEAN NOT NULL UNIQUE);
CREATE TABLE fine (id INTEGER);
CREATE VIEW looked AS SELECT * FROM fine;
CREATE VIRTUAL TABLE found USING fts5(words);
CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)""",
    )
    assert report.made == {"fine": 3, "half": 3, "two": 2}
    assert set(report.skipped) == {"refusing", "parent", "child", "lost"}
    assert "not today" in report.skipped["refusing"]
    assert "needs a row of parent" in report.skipped["child"]
    assert "needs a row of gone" in report.skipped["lost"]
    assert report.incomplete["half"] == "NULL in every row: id"
    assert report.incomplete["two"].startswith("2 of 3 rows")


def test_names(connection: sa.Connection) -> None:
    report = filled(
        connection,
        """CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "a%b" TEXT NOT NULL, "c:d" TEXT,
  [e f] INT,  "quo""te" TEXT UNIQUE, CHECK ("a%b" LIKE 'x%'));
CREATE TABLE "Mixed Case" ("to it" INTEGER NOT NULL REFERENCES "SELECT")""",
    )
    assert report == RowsReport(made={"select": 3, "Mixed Case": 3})
    assert count_rows(connection, ["Mixed Case"]) == {"Mixed Case": 3}


def test_twice_adds_nothing_and_new_tables_are_filled(connection: sa.Connection) -> None:
    assert filled(connection, "CREATE TABLE one (id INTEGER PRIMARY KEY)").made == {"one": 3}
    assert make_rows(connection) == RowsReport(had_rows=frozenset({"one"}))
    connection.exec_driver_sql("CREATE TABLE two (one_id INTEGER NOT NULL REFERENCES one)")
    connection.exec_driver_sql("CREATE TABLE three (id INTEGER)")
    assert make_rows(connection, only=["two"], per_table=2) == RowsReport(made={"two": 2})
    assert count_rows(connection) == {"one": 3, "three": 0, "two": 2}


def test_the_transaction_stays_the_callers(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shadow.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER NOT NULL REFERENCES t)"
        )
        connection.exec_driver_sql(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER NOT NULL REFERENCES b)"
        )
        connection.exec_driver_sql(
            "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a)"
        )
    with engine.connect() as connection:
        assert make_rows(connection).made == {"t": 3, "a": 3, "b": 3}
        connection.rollback()
        assert count_rows(connection) == {"a": 0, "b": 0, "t": 0}
    engine.dispose()


def test_the_async_driver(tmp_path: Path) -> None:
    async def make() -> RowsReport:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'shadow.db'}")
        async with engine.begin() as connection:
            report = await connection.run_sync(
                lambda sync: filled(sync, "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, d DATE)")
            )
        await engine.dispose()
        return report

    assert asyncio.run(make()) == RowsReport(made={"t": 3})


# --- any small schema -------------------------------------------------------------------------

TYPE_NAMES = (
    "INTEGER",
    "TEXT",
    "VARCHAR(4)",
    "BOOLEAN",
    "DATE",
    "NUMERIC(6, 2)",
    "BLOB",
    "JSON",
    "REAL",
)
CHECK_FORMS = ("{0} > 20", "{0} IN (3, 5, 9)", "{0} BETWEEN 100 AND 200", "{0} % 2 = 0")


@st.composite
def schemas(draw: st.DrawFn) -> list[str]:
    tables: list[str] = []
    for number in range(draw(st.integers(1, 5))):
        parts = ["id INTEGER PRIMARY KEY"]
        for place in range(draw(st.integers(0, 4))):
            kind = draw(st.sampled_from(TYPE_NAMES))
            part = f"c{place} {kind}" + draw(st.sampled_from(["", " NOT NULL", " NOT NULL UNIQUE"]))
            if kind == "INTEGER":
                part += draw(st.sampled_from(["", " DEFAULT 150"]))
                part += draw(st.sampled_from(["", *(f" CHECK ({f})" for f in CHECK_FORMS)])).format(
                    f"c{place}"
                )
            parts.append(part)
        for place in range(draw(st.integers(0, 2)) if number else 0):
            parent = draw(st.integers(0, number - 1))
            parts.append(
                f"p{place} INTEGER"
                + draw(st.sampled_from(["", " NOT NULL", " UNIQUE"]))
                + f" REFERENCES t{parent}"
            )
        if draw(st.booleans()):
            parts.append(
                f"up INTEGER{draw(st.sampled_from(['', ' NOT NULL']))} REFERENCES t{number}"
            )
        tables.append(f"CREATE TABLE t{number} ({', '.join(parts)})")
    return tables


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(), st.booleans())
def test_any_small_schema_gets_rows_that_keep_its_promises(
    script: list[str], enforced: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shadow.db"
        engine = sa.create_engine(f"sqlite:///{path}")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA foreign_keys = {int(enforced)}")
            for sql in script:
                connection.exec_driver_sql(sql)
            report = make_rows(connection)
            again = make_rows(connection)
            connection.commit()
        engine.dispose()
        assert report.skipped == {}
        assert set(report.made) == {f"t{number}" for number in range(len(script))}
        assert not again.made
        with sqlite3.connect(path) as checked:
            assert checked.execute("PRAGMA foreign_key_check").fetchall() == []
            assert checked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            for table, count in report.made.items():
                assert checked.execute(f"SELECT count(*) FROM {table}").fetchone() == (count,)
                for name, *_ in checked.execute(
                    f"SELECT name FROM pragma_table_info('{table}')"
                    ' WHERE NOT "notnull" AND NOT pk'
                ).fetchall():
                    filled_in = checked.execute(f"SELECT count({name}) FROM {table}").fetchone()[0]
                    assert filled_in > 0, (table, name)
        checked.close()
