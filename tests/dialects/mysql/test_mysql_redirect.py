"""Every driver reaches the database it is sent to, whatever it was told before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from assay.dialects import Address, ConnectArguments, load
from assay.dialects.mysql.connecting import Connection
from assay.errors import UsageError

DIALECT = load("mysql")
POISON = "poisoned.invalid"
URLS = [
    f"{{}}://real:secret@{POISON}:1/production?charset=utf8mb4",
    "{}://real@/production?unix_socket=/no/such/socket",
]


@pytest.fixture
def shadow(mariadb_server: str, database: Connection) -> Address:
    at = make_url(mariadb_server)
    [(name,)] = database.query("SELECT DATABASE()")
    password = str(at.password) if at.password is not None else None
    return Address("mysql", str(name), at.host, at.port, at.username, password)


def redirected(driver: str, to: Address) -> Callable[..., None]:
    def do_connect(_dialect: Any, _record: Any, args: list[Any], keywords: dict[str, Any]) -> None:
        DIALECT.redirect(driver, ConnectArguments(args, keywords), to)

    return do_connect


def installed(driver: str, module: str) -> Any:
    try:
        import_module(module)
        missing = False
    except ImportError:
        missing = True
    return pytest.param(driver, marks=pytest.mark.skipif(missing, reason=f"no {module} here"))


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name", ["mysql", "mariadb"])
@pytest.mark.parametrize(
    "driver",
    [
        installed("pymysql", "pymysql"),
        installed("mysqldb", "MySQLdb"),
        installed("mysqlconnector", "mysql.connector"),
        installed("mariadbconnector", "mariadb"),
    ],
)
def test_sync_driver_reaches_the_shadow(driver: str, name: str, url: str, shadow: Address) -> None:
    engine = create_engine(url.format(f"{name}+{driver}"))
    event.listen(engine, "do_connect", redirected(driver, shadow))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT DATABASE()")).scalar() == shadow.database
    engine.dispose()


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    "driver", [installed("asyncmy", "asyncmy"), installed("aiomysql", "aiomysql")]
)
def test_async_driver_reaches_the_shadow(driver: str, url: str, shadow: Address) -> None:
    async def ask() -> Any:
        engine = create_async_engine(url.format(f"mysql+{driver}"))
        event.listen(engine.sync_engine, "do_connect", redirected(driver, shadow))
        async with engine.connect() as connection:
            found = (await connection.execute(text("SELECT DATABASE()"))).scalar()
        await engine.dispose()
        return found

    assert asyncio.run(ask()) == shadow.database


def test_what_says_how_stays_and_what_says_where_goes(shadow: Address) -> None:
    given = {
        "host": POISON,
        "passwd": "secret",
        "db": "production",
        "read_default_file": "/etc/my.cnf",
        "ssl": {"ca": "/ca"},
        "ssl_ca": "/ca",
        "connect_timeout": 7,
        "init_command": "SET sql_mode = 'ANSI'",
        "charset": "utf8mb4",
    }
    arguments = ConnectArguments([], dict(given))
    DIALECT.redirect("pymysql", arguments, shadow)
    assert arguments.keywords == {
        "connect_timeout": 7,
        "init_command": "SET sql_mode = 'ANSI'",
        "charset": "utf8mb4",
        "user": shadow.user,
        "password": shadow.password or "",
        "database": shadow.database,
        "host": shadow.host,
        "port": shadow.port,
    }


def test_positions_and_sockets() -> None:
    to = Address("mysql", "assay_1", "/run/socket", 0, "root")
    arguments = ConnectArguments([POISON, "real", "secret", "production", 1], {})
    DIALECT.redirect("mysqldb", arguments, to)
    assert arguments.args == []
    assert arguments.keywords == {
        "user": "root",
        "password": "",
        "database": "assay_1",
        "unix_socket": "/run/socket",
        "host": "localhost",
    }


@pytest.mark.parametrize(
    ("driver", "keywords"),
    [
        ("pyodbc", {}),
        ("pymysql", {"init_command": "USE production"}),
        ("pymysql", {"init_command": "SET a = 1; use production"}),
    ],
)
def test_what_cannot_be_led_is_refused(driver: str, keywords: dict[str, Any]) -> None:
    to = Address("mysql", "assay_1", "127.0.0.1", 3306, "root")
    with pytest.raises(UsageError):
        DIALECT.redirect(driver, ConnectArguments([], keywords), to)


def test_both_names_are_one_dialect() -> None:
    assert load("mariadb") is load("mysql")
