"""The statement of a filled slot: names as they are, and nothing else changed by it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.mysql import pymysql

from assay.catalog import CatalogObject, Snapshot
from assay.generate.batched_slots import in_batches, in_one
from assay.generate.slots import backfill_body, stamped
from assay.project.revision_file import ONE_UPDATE


def sent(body: list[str], dialect: sa.Dialect) -> str:
    """What a driver is given for the statement of a slot."""
    given: list[str] = []

    class Op:
        @staticmethod
        def execute(sql: str) -> None:
            given.append(str(sa.text(sql).compile(dialect=dialect)))

    exec("\n".join(body), {"op": Op})
    (text,) = given
    return text % () if "%%" in text else text


def test_a_percent_sign_in_a_name_is_one() -> None:
    dialect = pymysql.dialect()
    body = backfill_body("t.50%", "'5%'", dialect)
    assert sent(body, dialect) == "UPDATE t SET `50%` = '5%' WHERE `50%` IS NULL"


def test_schema_and_colon() -> None:
    dialect = postgresql.psycopg.dialect()
    body = backfill_body("side.t.a", "b::text || ' :x'", dialect)
    assert sent(body, dialect) == "UPDATE side.t SET a = b::text || ' :x' WHERE a IS NULL"


def test_what_the_server_sets_at_each_update_stays() -> None:
    def side(*names: str) -> Snapshot:
        columns = [
            CatalogObject.make("column", ("t", n), {"on update": "current_timestamp()"})
            for n in names
        ]
        other = CatalogObject.make("column", ("u", "changed"), {"on update": "current_timestamp()"})
        return Snapshot.make("mysql", "10.11", [*columns, other])

    still = stamped("t.email", side("changed", "gone"), side("changed", "new"))
    assert still == ("changed",)
    (line,) = backfill_body("t.email", "'x'", pymysql.dialect(), still)
    assert "SET email = 'x', changed = changed WHERE email IS NULL" in line


def test_a_slot_in_batches_and_back_is_the_same() -> None:
    dialect = postgresql.psycopg.dialect()
    for target, expression in (
        ("t.a", "b::text || ' :x'"),
        ("side.T.50%", "'\"5%\"'"),
        ("t.a", "(SELECT n FROM p WHERE p.id = t.p_id)"),
    ):
        one = backfill_body(target, expression, dialect)
        opening, call = in_batches(one, "postgresql", ())
        assert opening == "with op.get_context().autocommit_block():"
        assert call.startswith("    op.backfill_online(")
        assert in_one([opening, call], dialect) == one


def test_on_mysql_a_slot_in_batches_needs_no_block() -> None:
    dialect = pymysql.dialect()
    one = backfill_body("t.email", "'x'", dialect, ("changed",))
    (call,) = in_batches(one, "mysql", ())
    assert call == 'op.backfill_online("t", "email", "\'x\'", unchanged=(\'changed\',))'
    assert in_one([call], dialect) == one


def test_what_reads_its_own_table_stays_one_update_and_says_why() -> None:
    dialect = postgresql.psycopg.dialect()
    one = backfill_body("t.a", "(SELECT max(a) FROM t) + 1", dialect)
    found = in_batches(one, "postgresql", ())
    assert found == [f"{ONE_UPDATE} it reads other rows of t", *one]
    assert in_batches(found, "postgresql", ()) == found
    assert in_one(found, dialect) == one


def test_what_a_person_wrote_otherwise_is_left_alone() -> None:
    for body in (
        ["for n in range(3):", "    op.execute(f'UPDATE t SET a = {n} WHERE a IS NULL')"],
        ["op.execute(sa.text('UPDATE t SET a = 1 WHERE a IS NULL'))"],
        ["op.execute('DELETE FROM t')"],
        ["# nothing yet"],
        ["op.execute("],
    ):
        assert in_batches(body, "postgresql", ()) == body
