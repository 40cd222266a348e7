"""Connect arguments are led to the shadow, with every real driver."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from assay.dialects import Address, ConnectArguments, load
from assay.errors import UsageError

DIALECT = load("sqlite")


def led(driver: str, to: Path, *args: Any, **keywords: Any) -> ConnectArguments:
    arguments = ConnectArguments(list(args), keywords)
    DIALECT.redirect(driver, arguments, Address("sqlite", str(to)))
    return arguments


OPTIONS: dict[str, Any] = {
    "timeout": 3.5,
    "check_same_thread": False,
    "detect_types": sqlite3.PARSE_DECLTYPES,
    "isolation_level": None,
    "factory": sqlite3.Connection,
    "cached_statements": 7,
}


@pytest.mark.parametrize("driver", ["pysqlite", "aiosqlite", "pysqlite_numeric", "pysqlcipher"])
def test_sqlite_redirect_replaces_the_path_alone(driver: str, tmp_path: Path) -> None:
    to = tmp_path / "shadow.db"
    for args, keywords in (
        (["real.db"], {}),
        ([":memory:"], {}),
        (["file:real.db?mode=ro"], {"uri": True}),
        ([], {"database": "file:real.db", "uri": True}),
        ([], {}),
    ):
        found = led(driver, to, *args, **keywords, **OPTIONS)
        place = {} if args else {"database": str(to)}
        assert (found.args, found.keywords) == ([str(to)] if args else [], {**place, **OPTIONS})
    positional = ["file:real.db", 3.5, 0, None, False, sqlite3.Connection, 7, True]
    found = led(driver, to, *positional)
    assert found.args == [str(to), *positional[1:7], False]
    sqlite3.connect(*found.args, **found.keywords).close()


def test_sqlite_redirect_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="libsql"):
        led("libsql", tmp_path / "s.db", "real.db")
    with pytest.raises(UsageError, match="async_creator_fn"):
        led("aiosqlite", tmp_path / "s.db", "real.db", async_creator_fn=lambda: None)


def redirecting(engine: sa.Engine, to: Path) -> None:
    @sa.event.listens_for(engine, "do_connect")
    def _(dialect: Any, _record: Any, args: list[Any], keywords: dict[str, Any]) -> None:
        arguments = ConnectArguments(args, keywords)
        DIALECT.redirect(dialect.driver, arguments, Address("sqlite", str(to)))


@pytest.mark.parametrize(
    "url",
    ["sqlite:///{}", "sqlite:///file:{}?mode=rwc&uri=true", "sqlite+pysqlite:///{}"],
)
def test_sqlite_engine_reaches_the_shadow(url: str, tmp_path: Path) -> None:
    real, to = tmp_path / "real.db", tmp_path / "a shadow?.db"
    engine = sa.create_engine(url.format(real), connect_args={"timeout": 1})
    redirecting(engine, to)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
    engine.dispose()
    assert to.stat().st_size > 0
    assert not real.exists()


def test_sqlite_async_engine_reaches_the_shadow(tmp_path: Path) -> None:
    real, to = tmp_path / "real.db", tmp_path / "shadow.db"

    async def run() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{real}")
        redirecting(engine.sync_engine, to)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("CREATE TABLE t (a)")
        await engine.dispose()

    asyncio.run(run())
    assert to.stat().st_size > 0
    assert not real.exists()
