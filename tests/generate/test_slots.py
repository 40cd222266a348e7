"""The statement of a filled slot: names as they are, and nothing else changed by it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.mysql import pymysql

from assay.catalog import CatalogObject, Snapshot
from assay.generate.slots import backfill_body, stamped


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
