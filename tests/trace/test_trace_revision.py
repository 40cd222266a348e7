"""A revision traced up and down, with what it raises, does beside its statements, repeats and loses."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.catalog import compare
from assay.procedure.reviewing import review_step
from assay.project.failures import RevisionFailed
from assay.review.engine import review
from assay.trace import Trace
from assay.trace.failing import WAITED
from assay.trace.recorder import UNSEEN
from review.case import Case, reviewed
from small_project import lay_out, opened, revision

SETUP = {
    "sqlite": "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, note TEXT);",
    "postgresql": "CREATE TABLE t (id serial PRIMARY KEY, a int, note text);",
    "mysql": "CREATE TABLE t (id INT PRIMARY KEY, a INT, note VARCHAR(50));",
}
FIXTURES = {"postgresql": "postgresql_server", "mysql": "mariadb_server", "sqlite": None}


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str | None]:
    name: str = request.param
    fixture = FIXTURES[name]
    return name, str(request.getfixturevalue(fixture)) if fixture else None


def traced(
    folder: Path, engine: tuple[str, str | None], up: str, down: str = "pass", preamble: str = ""
) -> Trace:
    case = Case("", engine[0], SETUP[engine[0]], up, up, up, bad_down=down, preamble=preamble)
    with reviewed(folder / "project", case, "bad", engine[1]) as (review,):
        return review.trace


def test_both_directions_are_recorded(tmp_path: Path, engine: tuple[str, str | None]) -> None:
    trace = traced(
        tmp_path, engine, 'op.create_index("ix", "t", ["a"])', 'op.drop_index("ix", "t")'
    )
    assert trace.failure is None
    assert [d.object.kind for d in trace.differences] == ["index"]
    assert trace.downgrade is not None
    assert [d.change.value for d in trace.downgrade.differences] == ["removed"]
    assert trace.downgrade.after.objects == trace.before.objects


def test_what_raises_half_way_keeps_the_trace(
    tmp_path: Path, engine: tuple[str, str | None]
) -> None:
    up = 'op.add_column("t", sa.Column("b", sa.Integer()))\nraise ValueError("not today")'
    trace = traced(tmp_path, engine, up)
    assert trace.failure is not None
    assert "not today" in trace.failure.message
    assert trace.failure.line is not None
    assert any(s.sql.startswith("ALTER TABLE t ADD") for s in trace.statements)
    assert trace.downgrade is None


def test_a_cursor_of_the_driver_is_recorded_too(
    tmp_path: Path, engine: tuple[str, str | None]
) -> None:
    up = """
        cursor = op.get_bind().connection.cursor()
        cursor.execute("ALTER TABLE t ADD b int")
        cursor.execute("UPDATE t SET a = 7")
        cursor.execute("SELECT count(*) FROM t WHERE a = 7")
        assert [row[0] for row in cursor] == [3]
        op.add_column("t", sa.Column("c", sa.Integer()))
        cursor.execute("ALTER TABLE gone ADD d int")
    """
    trace = traced(tmp_path, engine, up)
    alter, update, select, add, fails = trace.statements
    assert (alter.sql, alter.by_hand) == ("ALTER TABLE t ADD b int", True)
    assert [d.object.name for d in compare(alter.before, alter.after)] == ["t.b"]
    assert [d.object.name for d in compare(add.before, add.after)] == ["t.c"]
    assert trace.failure is not None
    assert fails.failure is not None
    assert [s.line for s in (alter, update, select, add, fails)] == [11, 12, 13, 15, 16]
    assert not trace.happenings


def test_a_statement_that_is_run_often_disturbs_nothing(
    tmp_path: Path, engine: tuple[str, str | None]
) -> None:
    up = """
        for _ in range(8):
            op.execute("UPDATE t SET a = 1")
        op.drop_column("t", "note")
        op.add_column("t", sa.Column("b", sa.Integer()))
    """
    trace = traced(tmp_path, engine, up)
    assert trace.failure is None
    assert len(trace.statements) == 10


def test_what_locks_nothing_is_in_the_transaction_it_begins(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = "postgresql", str(request.getfixturevalue("postgresql_server"))
    up = 'op.execute("SET lock_timeout = 1000")\nop.add_column("t", sa.Column("b", sa.Integer()))'
    trace = traced(tmp_path, engine, up)
    assert [s.observed.transaction for s in trace.statements] == [1, 1]


def test_a_statement_that_fails_is_the_last(tmp_path: Path, engine: tuple[str, str | None]) -> None:
    trace = traced(tmp_path, engine, 'op.execute("UPDATE t SET a = 1")\nop.drop_table("nowhere")')
    last = trace.statements[-1]
    assert last.failure is not None
    assert last.failure.code in ("42P01", "1051", "SQLITE_ERROR", None)
    assert last.failure == trace.failure
    assert "nowhere" in last.sql


def test_what_happens_beside_statements(tmp_path: Path, engine: tuple[str, str | None]) -> None:
    up = """
        time.sleep(30)
        pause(30)
        os.getenv("ASSAY_TEST_MODE")
        with sa.create_engine(op.get_bind().engine.url).connect() as other:
            other.execute(sa.text("SELECT count(*) FROM t")).scalar()
    """
    preamble = "import os, time\nfrom time import sleep as pause"
    trace = traced(tmp_path, engine, up, preamble=preamble)
    assert trace.failure is None, trace.failure
    kinds = [h.kind for h in trace.happenings]
    assert kinds == ["sleep", "sleep", "environment", "connection"]
    assert trace.happenings[0].seconds == 30
    assert trace.happenings[2].about == "ASSAY_TEST_MODE"
    assert [s.sql for s in trace.statements if s.elsewhere] == ["SELECT count(*) FROM t"]


def test_its_own_connection_does_not_wait_for_it(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = ("postgresql", str(request.getfixturevalue("postgresql_server")))
    up = """
        op.execute("LOCK TABLE t")
        with sa.create_engine(op.get_bind().engine.url).connect() as other:
            other.execute(sa.text("SELECT count(*) FROM t")).scalar()
    """
    trace = traced(tmp_path, engine, up)
    assert trace.failure is not None
    assert trace.failure.code == WAITED
    assert [h.kind for h in trace.happenings] == ["connection"]


DRIVER_ITSELF = {
    "sqlite": ("sqlite3", 'sqlite3.connect("real.db")'),
    "postgresql": ("psycopg", 'psycopg.connect("dbname=real")'),
    "mysql": ("pymysql", 'pymysql.connect(host="127.0.0.1")'),
}


def test_nor_does_a_driver_that_it_calls_itself(
    tmp_path: Path, engine: tuple[str, str | None]
) -> None:
    module, connect = DRIVER_ITSELF[engine[0]]
    up = f"""
        op.execute("UPDATE t SET a = 1")
        {connect}.cursor().execute("UPDATE t SET a = 2")
    """
    failure = traced(tmp_path, engine, up, preamble=f"import {module}").failure
    assert failure is not None
    assert failure.code == WAITED
    assert "another connection of the same run" in failure.message
    assert failure.line == 11


@pytest.mark.parametrize("name", ["postgresql", "mysql"])
def test_what_no_statement_made_is_told_of_the_whole(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    engine = name, str(request.getfixturevalue(str(FIXTURES[name])))
    up = """
        op.add_column("t", sa.Column("b", sa.Integer()))
        with sa.create_engine(op.get_bind().engine.url).begin() as other:
            other.execute(sa.text("CREATE TABLE made (id int)"))
        op.create_index("ix", "t", ["b"])
    """
    trace = traced(tmp_path, engine, up, 'op.drop_column("t", "b")')
    assert trace.failure is None, trace.failure
    assert {d.object.label for d in trace.unattributed} == {"table made", "column made.id"}
    assert set(trace.unattributed) < set(trace.differences)
    assert trace.downgrade is not None
    assert trace.downgrade.unattributed == ()
    said = review(trace, None)
    assert {
        (one["direction"], one["kind"], one["name"]) for one in said.to_json()["unattributed"]
    } == {
        ("upgrade", "table", "made"),
        ("upgrade", "column", "made.id"),
    }
    lines = [line.text for line in review_step(said).lines]
    assert {"+ table made", "+ column made.id"} <= set(lines)


def test_what_an_upgrade_makes_is_there_before_its_downgrade(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One that watches both directions begins the other one anew."""
    engine = "mysql", str(request.getfixturevalue("mariadb_server"))
    up = """
        op.create_table("made", sa.Column("id", sa.Integer()), sa.Column("b", sa.Integer()))
        op.add_column("made", sa.Column("c", sa.Integer()))
        op.execute("INSERT INTO made (id) VALUES (1), (2)")
        op.rename_table("t", "other")
    """
    down = """
        op.rename_table("other", "t")
        op.drop_column("made", "c")
        op.execute("DELETE FROM made")
        op.drop_table("made")
    """
    trace = traced(tmp_path, engine, up, down)
    assert trace.failure is None, trace.failure
    assert trace.downgrade is not None
    locked = [[lock.relation for lock in s.observed.locks] for s in trace.statements]
    assert locked == [[], [], [], ["t"]]
    _, altered, emptied, dropped = trace.downgrade.statements
    assert [lock.relation for lock in altered.observed.locks] == ["made"]
    assert emptied.observed.whole == ("made",)
    assert [lock.relation for lock in dropped.observed.locks] == ["made"]
    assert trace.downgrade.statements[0].observed.transaction == 1
    assert trace.downgrade.after.objects == trace.before.objects


@pytest.mark.parametrize(
    ("sql", "repeats"),
    [
        ("UPDATE t SET a = a + 1", True),
        ("UPDATE t SET note = 'x' WHERE note IS NULL OR note <> 'x'", False),
        ("UPDATE t SET note = 'x'", False),
        ("INSERT INTO t (id, a) SELECT max(id) + 1, 1 FROM t", True),
    ],
)
def test_what_runs_twice_and_changes_twice(
    tmp_path: Path, engine: tuple[str, str | None], sql: str, repeats: bool
) -> None:
    trace = traced(tmp_path, engine, f"op.execute({sql!r})")
    (found,) = [s for s in trace.statements if s.sql == sql]
    assert any(change.any for change in found.observed.rows.values())
    assert found.repeats is repeats


def test_in_autocommit_too(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    engine = ("postgresql", str(request.getfixturevalue("postgresql_server")))
    sql = "UPDATE t SET a = a + 1"
    up = f"with op.get_context().autocommit_block():\n    op.execute({sql!r})"
    trace = traced(tmp_path, engine, up)
    (found,) = [s for s in trace.statements if s.sql == sql]
    assert found.repeats
    assert found.autocommit


def test_values_that_do_not_come_back(tmp_path: Path, engine: tuple[str, str | None]) -> None:
    column = 'sa.Column("note", sa.String(50))'
    trace = traced(tmp_path, engine, 'op.drop_column("t", "note")', f'op.add_column("t", {column})')
    assert trace.downgrade is not None
    (loss,) = trace.downgrade.lost
    assert (loss.name, loss.after) == ("t.note", 0)
    assert loss.before > 0


def test_what_comes_back_is_not_lost(tmp_path: Path, engine: tuple[str, str | None]) -> None:
    up = 'op.execute("UPDATE t SET a = a + 1")'
    trace = traced(tmp_path, engine, up, 'op.execute("UPDATE t SET a = a - 1")')
    assert trace.downgrade is not None
    assert trace.downgrade.lost == ()


@pytest.mark.parametrize(
    "close",
    [
        "op.get_bind().close()",
        "with op.get_bind() as connection:\n    connection.execute(sa.text('SELECT 1'))",
        "op.get_bind().connection.close()",
    ],
)
def test_a_revision_that_closes_its_connection_is_told(
    tmp_path: Path, engine: tuple[str, str | None], close: str
) -> None:
    trace = traced(tmp_path, engine, f'op.add_column("t", sa.Column("b", sa.Integer()))\n{close}')
    assert trace.failure is not None
    assert "closes the connection that it is given" in trace.failure.message
    assert trace.failure.line == 11
    assert trace.statements[0].sql.startswith("ALTER TABLE t ADD")


def test_a_revision_below_that_closes_its_connection_is_named(tmp_path: Path) -> None:
    revisions = {
        "a1.py": revision("op.get_bind().close()", "pass"),
        "a2.py": revision("pass", "pass", "a2", "a1"),
    }
    folder = lay_out(tmp_path / "p", url=f"sqlite:///{tmp_path}/real.db", revisions=revisions)
    with opened(folder) as session, pytest.raises(RevisionFailed) as raised:
        _ = session.chain
    assert "upgrade of a1 failed" in raised.value.what
    assert "closes the connection" in raised.value.what


@pytest.mark.parametrize("name", ["driver_connection", "dbapi_connection"])
def test_what_runs_on_the_drivers_connection_is_not_of_the_next_statement(
    tmp_path: Path, engine: tuple[str, str | None], name: str
) -> None:
    up = f"""
        cursor = op.get_bind().connection.{name}.cursor()
        cursor.execute("ALTER TABLE t ADD b int")
        op.add_column("t", sa.Column("c", sa.Integer()))
        cursor.execute("ALTER TABLE t ADD d int")
    """
    trace = traced(tmp_path, engine, up)
    assert trace.failure is None, trace.failure
    assert [(h.kind, h.line) for h in trace.happenings] == [("driver", 10)]
    made = [
        (s.sql, [d.object.name for d in compare(s.before, s.after)])
        for s in trace.statements
        if s.before is not None and s.after is not None
    ]
    assert [names for _, names in made] == [["t.b"], ["t.c"], ["t.d"]]
    assert [sql == UNSEEN for sql, _ in made] == [True, False, True]
    assert trace.unattributed == ()
    (found,) = [f for f in review(trace, None).findings if f.rule == "hygiene/own-connection"]
    assert "driver's own connection" in found.message


def test_what_a_rollback_takes_back_is_not_of_the_next_statement(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = "postgresql", str(request.getfixturevalue("postgresql_server"))
    up = """
        op.add_column("t", sa.Column("b", sa.Integer()))
        op.get_bind().rollback()
        op.add_column("t", sa.Column("c", sa.Integer()))
    """
    trace = traced(tmp_path, engine, up)
    made = [
        (s.sql.partition(" ")[0], s.line, [d.text for d in compare(s.before, s.after)])
        for s in trace.statements
        if s.before is not None and s.after is not None
    ]
    assert made == [
        ("ALTER", 10, ["+ column t.b"]),
        ("ROLLBACK", 11, ["- column t.b"]),
        ("ALTER", 12, ["+ column t.c"]),
    ]
