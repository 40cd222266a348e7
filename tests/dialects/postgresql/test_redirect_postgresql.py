"""Every driver reaches the database it is sent to, whatever it was told before."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from assay.dialects import Address, ConnectArguments, load
from assay.errors import UsageError

DIALECT = load("postgresql")
POISON = "poisoned.invalid"
URLS = [
    f"postgresql+{{}}://real:secret@{POISON}:1/production",
    f"postgresql+{{}}:///production?host={POISON}:1&host=other.invalid:2",
]
EXTRA = {
    "psycopg": f"postgresql+{{}}://real@/x?service=production&hostaddr=192.0.2.1&host={POISON}",
    "psycopg2": f"postgresql+{{}}://real@/x?sslmode=verify-full&sslrootcert=/no/ca&host={POISON}",
}


@pytest.fixture(scope="module")
def shadow(postgresql_server: str) -> Iterator[Address]:
    url = make_url(postgresql_server)
    plain = url.set(drivername="postgresql").render_as_string(False)
    name = f"assay_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            host = url.host or str(url.query.get("host", ""))
            yield Address("postgresql", name, host, url.port, url.username, url.password)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGHOST": POISON,
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGDATABASE": "production",
        "PGUSER": "real",
        "PGPASSWORD": "secret",
        "PGSSLMODE": "verify-full",
        "PGREQUIREPEER": "nobody-at-all",
        "PGTARGETSESSIONATTRS": "standby",
        "PGCHANNELBINDING": "require",
        "PGCONNECT_TIMEOUT": "3",
    }.items():
        monkeypatch.setenv(name, value)


def redirected(driver: str, to: Address) -> Any:
    def do_connect(_dialect: Any, _record: Any, args: list[Any], keywords: dict[str, Any]) -> None:
        DIALECT.redirect(driver, ConnectArguments(args, keywords), to)

    return do_connect


def cases(*drivers: str) -> list[tuple[str, str]]:
    found = [(driver, url) for driver in drivers for url in URLS]
    found += [(driver, EXTRA[driver]) for driver in drivers if driver in EXTRA]
    return [c for c in found if not (c[0] == "pg8000" and "&host" in c[1])]


@pytest.mark.parametrize(("driver", "url"), cases("psycopg", "psycopg2", "pg8000"))
def test_sync_driver_reaches_the_shadow(driver: str, url: str, shadow: Address) -> None:
    engine = create_engine(url.format(driver))
    event.listen(engine, "do_connect", redirected(driver, shadow))
    with engine.connect() as connection:
        row = connection.execute(text("SELECT current_database(), current_user")).one()
    engine.dispose()
    assert tuple(row) == (shadow.database, shadow.user)


@pytest.mark.parametrize(("driver", "url"), cases("psycopg_async", "asyncpg"))
def test_async_driver_reaches_the_shadow(driver: str, url: str, shadow: Address) -> None:
    async def ask() -> tuple[Any, ...]:
        engine = create_async_engine(url.format(driver))
        event.listen(engine.sync_engine, "do_connect", redirected(driver, shadow))
        async with engine.connect() as connection:
            row = (
                await connection.execute(text("SELECT current_database(), current_user::text"))
            ).one()
        await engine.dispose()
        return tuple(row)

    assert asyncio.run(ask()) == (shadow.database, shadow.user)


def test_creator_of_an_async_connection_is_not_asked(shadow: Address) -> None:
    async def elsewhere(*_args: Any, **_keywords: Any) -> Any:
        raise AssertionError("the project's own creator was asked")

    arguments = ConnectArguments([], {"async_creator_fn": elsewhere, "async_fallback": True})
    DIALECT.redirect("asyncpg", arguments, shadow)
    assert "async_creator_fn" not in arguments.keywords
    assert arguments.keywords["async_fallback"] is True


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_connection_string_keeps_how_not_where(driver: str, shadow: Address) -> None:
    dsn = f"host={POISON} dbname=production application_name=mine options='-c work_mem=5MB'"
    arguments = ConnectArguments([dsn], {"connect_timeout": 7, "password": "secret"})
    DIALECT.redirect(driver, arguments, shadow)
    keywords = arguments.keywords
    assert arguments.args == [""]
    assert keywords["dbname"] == shadow.database
    assert keywords["application_name"] == "mine"
    assert keywords["connect_timeout"] == 7
    module = __import__(driver)
    connection = module.connect(*arguments.args, **keywords)
    cursor = connection.cursor()
    cursor.execute("SELECT current_database(), current_setting('work_mem')")
    assert tuple(cursor.fetchone()) == (shadow.database, "5MB")
    connection.close()


def test_how_asyncpg_connects_stays(shadow: Address) -> None:
    arguments = ConnectArguments(
        [f"postgresql://real:secret@{POISON}/production?search_path=app&sslmode=require"],
        {"server_settings": {"jit": "off"}, "command_timeout": 5, "statement_cache_size": 0},
    )
    DIALECT.redirect("asyncpg", arguments, shadow)
    assert arguments.args == []
    assert arguments.keywords["server_settings"] == {"search_path": "app", "jit": "off"}
    assert arguments.keywords["command_timeout"] == 5
    assert arguments.keywords["statement_cache_size"] == 0
    assert "secret" not in str(arguments.keywords)


def test_socket_folder() -> None:
    to = Address("postgresql", "d", "/tmp/folder", 5433, "u")
    one = ConnectArguments([], {"host": POISON, "ssl_context": True, "timeout": 3})
    DIALECT.redirect("pg8000", one, to)
    assert one.keywords["unix_sock"] == "/tmp/folder/.s.PGSQL.5433"
    assert "ssl_context" not in one.keywords
    assert one.keywords["timeout"] == 3
    for driver in ("psycopg", "psycopg2", "asyncpg"):
        other = ConnectArguments([], {"host": POISON})
        DIALECT.redirect(driver, other, to)
        assert (other.keywords["host"], other.keywords["port"]) == ("/tmp/folder", 5433)


def test_unknown_driver_is_named_with_the_known_ones(shadow: Address) -> None:
    with pytest.raises(UsageError) as caught:
        DIALECT.redirect("pgfuture", ConnectArguments([], {}), shadow)
    assert "pgfuture" in caught.value.what
    assert "asyncpg" in str(caught.value.next_step)
