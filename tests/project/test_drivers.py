"""A driver that the project's code calls itself reaches the shadow too, or nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from sqlite3 import connect as early
from typing import Any

import pytest
from sqlalchemy.engine import URL, make_url

from assay.dialects import Address
from assay.errors import UsageError
from assay.project.redirect import Refused, redirected
from review.case import Case, reviewed
from small_project import knocks


def address(url: URL) -> Address:
    name = url.get_backend_name()
    host = str(url.query.get("host", url.host))
    return Address(name, str(url.database), host, url.port, url.username, url.password)


def asked(connection: Any, sql: str) -> str:
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])
    finally:
        connection.close()


def psycopg_itself(port: int) -> Any:
    import psycopg

    return psycopg.connect(f"postgresql://nobody@127.0.0.1:{port}/real")


def psycopg_class(port: int) -> Any:
    import psycopg

    return psycopg.Connection.connect(host="127.0.0.1", port=port, dbname="real")


def psycopg2_itself(port: int) -> Any:
    import psycopg2  # type: ignore[import-untyped]

    return psycopg2.connect(host="127.0.0.1", port=port, dbname="real")


def pg8000_itself(port: int) -> Any:
    import pg8000.dbapi  # type: ignore[import-untyped]

    return pg8000.dbapi.connect("nobody", "127.0.0.1", "real", port)


@pytest.mark.parametrize("connect", [psycopg_itself, psycopg_class, psycopg2_itself, pg8000_itself])
def test_postgresql(postgresql_server: str, connect: Callable[[int], Any]) -> None:
    to = address(make_url(postgresql_server))
    with knocks() as knocked:
        with redirected(to):
            assert asked(connect(knocked.port), "SELECT current_database()") == to.database
        with suppress(Exception):  # the real one again
            connect(knocked.port)
    assert knocked.count >= 1


def test_asyncpg(postgresql_server: str) -> None:
    import asyncpg  # type: ignore[import-untyped]

    to = address(make_url(postgresql_server))

    async def ask(port: int) -> str:
        connection = await asyncpg.connect(f"postgresql://nobody@127.0.0.1:{port}/real")
        try:
            return str(await connection.fetchval("SELECT current_database()"))
        finally:
            await connection.close()

    with knocks() as knocked, redirected(to):
        assert asyncio.run(ask(knocked.port)) == to.database
    assert knocked.count == 0


def pymysql_itself(port: int) -> Any:
    import pymysql

    return pymysql.connect(host="127.0.0.1", port=port, database="real")


def connector_itself(port: int) -> Any:
    from mysql import connector

    return connector.connect(host="127.0.0.1", port=port, database="real")


def connector_class(port: int) -> Any:
    from mysql.connector.connection import MySQLConnection

    return MySQLConnection(host="127.0.0.1", port=port, database="real")


@pytest.mark.parametrize("connect", [pymysql_itself, connector_itself, connector_class])
def test_mysql(mariadb_server: str, connect: Callable[[int], Any]) -> None:
    to = address(make_url(mariadb_server).set(database="mysql"))
    with knocks() as knocked, redirected(to):
        assert asked(connect(knocked.port), "SELECT DATABASE()") == "mysql"
    assert knocked.count == 0


def test_aiomysql_and_asyncmy(mariadb_server: str) -> None:
    import aiomysql  # type: ignore[import-untyped]
    import asyncmy

    to = address(make_url(mariadb_server).set(database="mysql"))

    async def ask(driver: Any, port: int) -> str:
        connection = await driver.connect(host="127.0.0.1", port=port, db="real")
        async with connection.cursor() as cursor:
            await cursor.execute("SELECT DATABASE()")
            found = str((await cursor.fetchone())[0])
        connection.close()
        return found

    with knocks() as knocked, redirected(to):
        assert [asyncio.run(ask(one, knocked.port)) for one in (aiomysql, asyncmy)] == [
            "mysql",
            "mysql",
        ]
    assert knocked.count == 0


def test_sqlite_and_a_name_imported_before(tmp_path: Path) -> None:
    import aiosqlite

    real, shadow = tmp_path / "real.db", tmp_path / "shadow.db"

    async def make() -> None:
        async with aiosqlite.connect(real) as connection:
            await connection.execute("CREATE TABLE u (id INTEGER)")

    with redirected(Address("sqlite", str(shadow))):
        for connect in (early, sqlite3.connect, sqlite3.dbapi2.connect):
            connect(real).execute("CREATE TABLE IF NOT EXISTS t (id INTEGER)")
        asyncio.run(make())
        assert sqlite3.connect(":memory:").execute("PRAGMA database_list").fetchone()[2] == ""
    assert not real.exists()
    found = sqlite3.connect(shadow)
    assert {row[0] for row in found.execute("SELECT name FROM sqlite_master")} == {"t", "u"}


def test_a_database_of_another_engine_is_refused_with_the_line(tmp_path: Path) -> None:
    with (
        knocks() as knocked,
        redirected(Address("sqlite", str(tmp_path / "s.db"))),
        pytest.raises(Refused, match="no connection was made") as raised,
    ):
        psycopg_itself(knocked.port)
    assert knocked.count == 0
    assert raised.value.where is not None
    assert "test_drivers.py:" in raised.value.where
    assert isinstance(raised.value, UsageError)


def test_names_that_were_there_before_and_drivers_that_come_later(
    tmp_path: Path, postgresql_server: str
) -> None:
    """In a process of its own: here the drivers are imported and replaced already."""
    to = address(make_url(postgresql_server))
    with knocks() as knocked:
        script = tmp_path / "script.py"
        script.write_text(
            "from psycopg import connect\n"
            "import sys\n"
            "from assay.dialects import Address\n"
            "from assay.project.redirect import redirected\n"
            f"to = Address{(to.dialect, to.database, to.host, to.port, to.user, to.password)}\n"
            "where = dict(host='127.0.0.1', port=int(sys.argv[1]), dbname='real')\n"
            "assert 'psycopg2' not in sys.modules\n"
            "with redirected(to):\n"
            "    import psycopg2\n"
            "    from psycopg2 import connect as later\n"
            "    for one in (connect, psycopg2.connect, later):\n"
            "        print(one(**where).info.dbname)\n"
        )
        ran = subprocess.run(
            [sys.executable, str(script), str(knocked.port)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.stdout.split() == [to.database] * 3, ran.stderr
    assert knocked.count == 0


def revision(
    folder: Path, server: str | None, engine: str, up: str, preamble: str = ""
) -> tuple[Any, list[str]]:
    setup = "CREATE TABLE t (id INTEGER PRIMARY KEY);"
    with reviewed(
        folder, Case("", engine, setup, up, up, up, preamble=preamble), "bad", server
    ) as (found,):
        return found.trace, [f"{f.rule}: {f.message}" for f in found.findings]


def test_a_revision_that_calls_the_driver(tmp_path: Path, postgresql_server: str) -> None:
    with knocks() as knocked:
        up = f"""
            with connect("host=127.0.0.1 port={knocked.port} dbname=real") as other:
                other.execute("CREATE TABLE made (id int)")
            op.add_column("t", sa.Column("b", sa.Integer()))
        """
        trace, findings = revision(
            tmp_path / "p", postgresql_server, "postgresql", up, "from psycopg import connect"
        )
    assert knocked.count == 0
    assert trace.failure is None, trace.failure
    assert [(h.kind, h.line, h.driver) for h in trace.happenings] == [("connection", 10, "psycopg")]
    said = next(f for f in findings if "own-connection" in f)
    assert said.endswith("by psycopg; what ran on it was not seen.")


def test_a_revision_that_is_refused_keeps_its_trace(tmp_path: Path) -> None:
    with knocks() as knocked:
        up = f"""
            op.add_column("t", sa.Column("b", sa.Integer()))
            psycopg.connect("host=127.0.0.1 port={knocked.port} dbname=real")
        """
        trace, findings = revision(tmp_path / "p", None, "sqlite", up, "import psycopg")
    assert knocked.count == 0
    assert trace.failure is not None
    assert "psycopg is called to connect to a postgresql database" in trace.failure.message
    assert trace.failure.line == 11
    assert any(s.sql.startswith("ALTER TABLE t ADD") for s in trace.statements)
    assert [h.driver for h in trace.happenings] == ["psycopg"]
    assert any("hygiene/own-connection" in f for f in findings)
