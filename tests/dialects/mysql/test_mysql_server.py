"""Servers for shadows: a private one, a named one; nothing is left, whatever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.catalog import compare
from assay.config import load_settings
from assay.dialects import Address, load
from assay.dialects.mysql import launcher, programs
from assay.dialects.mysql.connecting import Connection, connect, parse_url
from assay.dialects.mysql.databases import Databases
from assay.dialects.mysql.named import NamedServer
from assay.dialects.mysql.private import PrivateServer
from assay.dialects.mysql.server import shadow_server
from assay.dialects.owners import process_start
from assay.dialects.watchdog import Watchdog
from assay.errors import UsageError

DIALECT = load("mysql")
CONTENT = [
    "CREATE SEQUENCE sq START WITH 7",
    "CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(20) CHARACTER SET latin1,"
    " j JSON, g INT AS (LENGTH(t)) STORED, hidden INT INVISIBLE)",
    "INSERT INTO p (t, j, hidden) VALUES ('aé\\\\''x', '{\"a\": 1}', 5), (NULL, NULL, NULL)",
    "CREATE TABLE a_child (id INT DEFAULT NEXTVAL(sq), pid INT, b BIT(4), bl BLOB, f DOUBLE,"
    " d DATETIME(6), e ENUM('x','y'), pt POINT, FOREIGN KEY (pid) REFERENCES p (id))",
    "INSERT INTO a_child VALUES (1, 1, b'101', x'00ff27', 1.1, '2020-01-02 03:04:05.678901', 'y',"
    " POINT(1, 2)), (2, NULL, NULL, '', 3e20, NULL, NULL, NULL)",
    "CREATE VIEW z_first AS SELECT 1 AS x",
    "CREATE VIEW a_second AS SELECT * FROM z_first",
    "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1",
    "CREATE PROCEDURE pp() BEGIN SELECT 'a'; END",
    "CREATE TRIGGER tr BEFORE INSERT ON p FOR EACH ROW SET NEW.t = 'x'",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
]
ROWS = ("SELECT *, hidden FROM p ORDER BY id", "SELECT * FROM a_child ORDER BY id")


def eventually(check: Callable[[], bool]) -> bool:
    for _ in range(500):
        if check():
            return True
        time.sleep(0.02)
    return check()


@pytest.fixture
def private(mariadb_server: str) -> Iterator[PrivateServer]:
    server = PrivateServer(programs.find(), Watchdog())
    yield server
    server.close()


@pytest.fixture(params=["private", "named"])
def server(request: pytest.FixtureRequest) -> Databases:
    found: Databases = request.getfixturevalue(request.param)
    return found


def fill(connection: Connection) -> None:
    for statement in CONTENT:
        connection.execute(statement)


def same_content(one: Connection, other: Connection) -> None:
    first, second = (DIALECT.read_catalog(each.query).snapshot for each in (one, other))
    assert compare(first, second) == ()
    for asked in ROWS:
        assert one.query(asked) == other.query(asked)


def test_made_copied_dropped(server: Databases) -> None:
    first = server.create()
    one = server.open(first.database)
    fill(one)
    second = server.copy(first)
    other = server.open(second.database)
    same_content(one, other)
    other.execute("INSERT INTO p (id) VALUES (DEFAULT)")
    assert other.query("SELECT id, t FROM p ORDER BY id DESC LIMIT 1") == [(3, "x")]
    assert len(one.query("SELECT 1 FROM p")) == 2
    for each in (first, second):
        server.drop(each)
    left = {row[0] for row in server.query("SHOW DATABASES")}
    assert not left & {first.database, second.database}
    one.close()
    other.close()


def test_a_copy_keeps_the_defaults_of_its_source(server: Databases) -> None:
    first = server.create_with("latin1", "latin1_bin")
    second = server.copy(first)
    connection = server.open(second.database)
    assert connection.query("SELECT @@collation_database") == [("latin1_bin",)]
    connection.close()


def test_dropped_though_a_transaction_is_open_in_it(server: Databases) -> None:
    made = server.create()
    busy = server.open(made.database)
    busy.execute("CREATE TABLE t (id INT)")
    busy.execute("START TRANSACTION")
    busy.execute("INSERT INTO t VALUES (1)")
    server.drop(made)
    assert made.database not in {row[0] for row in server.query("SHOW DATABASES")}
    busy.close()


def test_a_copy_of_a_real_database(
    private: PrivateServer, database: Connection, mariadb_server: str
) -> None:
    fill(database)
    [(name,)] = database.query("SELECT DATABASE()")
    url = f"{mariadb_server.rpartition('/')[0]}/{name}"
    made, how = DIALECT.copy_live(private, url, 10**9)
    assert made is not None, how
    copy = private.open(made.database)
    same_content(database, copy)
    copy.close()
    assert DIALECT.copy_live(private, url, 10)[0] is None
    assert "too large" in DIALECT.copy_live(private, url, 10)[1]
    gone, why = DIALECT.copy_live(private, f"{mariadb_server.rpartition('/')[0]}/no_such", 10**9)
    assert gone is None
    assert "no_such" in why


def test_shadows_are_like_the_real_database(
    private: PrivateServer, database: Connection, mariadb_server: str
) -> None:
    [(name,)] = database.query("SELECT DATABASE()")
    database.execute(f"ALTER DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_swedish_ci")
    empty = private.create()
    defaults = DIALECT.defaults_of(f"{mariadb_server.rpartition('/')[0]}/{name}")
    assert defaults == {"charset": "utf8mb4", "collation": "utf8mb4_swedish_ci"}
    private.like(defaults)
    for made in (empty, private.create()):
        connection = private.open(made.database)
        assert connection.query("SELECT @@collation_database") == [("utf8mb4_swedish_ci",)]
        connection.close()
    assert DIALECT.defaults_of("mysql+pymysql://nobody@127.0.0.1:1/nothing") == {}
    private.like({"charset": "utf8mb4", "collation": "no_such_collation"})
    private.create()


def test_the_server_itself_keeps_shadows_out_of_other_databases(
    named: NamedServer, database: Connection
) -> None:
    database.execute("CREATE TABLE users (id INT)")
    [(real,)] = database.query("SELECT DATABASE()")
    made = named.create()
    shadow = named.open(made.database)
    for statement in (
        f"ALTER TABLE {real}.users ADD COLUMN x INT",
        f"INSERT INTO {real}.users VALUES (1)",
        f"DROP DATABASE {real}",
        "CREATE DATABASE assay_elsewhere",
        "DROP USER root@localhost",
    ):
        with pytest.raises(Exception, match="denied"):
            shadow.execute(statement)
    # what revisions may do in their own database
    shadow.execute("CREATE TABLE t (id INT)")
    shadow.execute(
        "CREATE DEFINER=root@localhost TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @a=1"
    )
    shadow.close()
    user = str(made.user)
    named.close()
    asked = f"SELECT COUNT(*) FROM mysql.user WHERE User = '{user}'"
    assert database.query(asked) == [(0,)]


def test_private_server_has_no_network_and_its_folder_is_ours(private: PrivateServer) -> None:
    folder = private._launched.folder
    assert private.query("SELECT @@skip_networking") == [(1,)]
    assert (folder.stat().st_mode & 0o777) == 0o700
    pid = private._launched.process.pid
    assert private.own
    assert private.server_version in private.description
    private.close()
    private.close()
    assert process_start(pid) is None
    assert not folder.exists()
    with pytest.raises(UsageError):
        private.create()


def test_temporary_tables_of_other_servers_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    there = [Path(f"/tmp/#sql-temptable-{os.getpid():x}-assay-0{end}") for end in (".MAI", ".MAD")]
    for each in there:
        each.touch()
    try:
        for _ in range(2):  # the data folder made, and taken from the cache
            server = PrivateServer(programs.find(), Watchdog())
            server.create()
            server.close()
            assert all(each.exists() for each in there)
    finally:
        for each in there:
            each.unlink(missing_ok=True)


def test_from_the_cache_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for _ in range(2):
        server = PrivateServer(programs.find(), Watchdog())
        server.create()
        server.close()
    (prepared,) = (tmp_path / "cache/assay/mysql").iterdir()
    # a broken one is thrown away
    (prepared / "mysql").rename(prepared / "gone")
    (prepared / "mysql").mkdir()
    server = PrivateServer(programs.find(), Watchdog())
    server.create()
    server.close()


def test_what_there_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as unreachable:
        shadow_server("mysql+pymysql://root:secret@127.0.0.1:1/")
    assert "secret" not in str(vars(unreachable.value))
    monkeypatch.setenv(programs.FORCE, str(tmp_path))
    with pytest.raises(UsageError):
        shadow_server(None)
    monkeypatch.delenv(programs.FORCE)
    monkeypatch.setattr(programs, "_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError) as nothing:
        shadow_server(None)
    told = str(nothing.value.next_step)
    assert "ASSAY_SHADOW_MYSQL" in told
    assert "install" in told


CHILD = """
import json, os, pathlib, signal, sys, time
from assay.dialects.mysql.server import shadow_server

server = shadow_server(sys.argv[1] or None, None)
first = server.create()
launched = getattr(server, "_launched", None)
watchdog = server._watchdog
print(json.dumps({
    "pid": launched.process.pid if launched else None,
    "folder": str(launched.folder) if launched else None,
    "database": first.database,
    "user": first.user,
    "watchdogs": [each.pid for each in (watchdog._shell, watchdog._python) if each],
}), flush=True)
time.sleep(120)
"""


def start(url: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, url],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    return child, json.loads(child.stdout.readline())


def test_killed_with_a_private_server() -> None:
    child, said = start("")
    child.kill()
    child.wait()
    assert eventually(lambda: process_start(said["pid"]) is None)
    assert eventually(lambda: not Path(said["folder"]).exists())


def test_killed_with_its_watchdog_and_swept_by_the_next_run() -> None:
    child, said = start("")
    for pid in (*said["watchdogs"], child.pid):
        os.kill(pid, signal.SIGKILL)
    child.wait()
    assert process_start(said["pid"]) is not None
    launcher.sweep()
    assert eventually(lambda: process_start(said["pid"]) is None)
    assert not Path(said["folder"]).exists()


@pytest.mark.parametrize("with_watchdog", [False, True], ids=["alone", "with its watchdog"])
def test_killed_with_databases_on_a_named_server(mariadb_server: str, with_watchdog: bool) -> None:
    watching = connect(parse_url(mariadb_server))
    child, said = start(mariadb_server)

    def gone() -> bool:
        databases = {row[0] for row in watching.query("SHOW DATABASES")}
        users = {row[0] for row in watching.query("SELECT User FROM mysql.user")}
        return said["database"] not in databases and said["user"] not in users

    assert not gone()
    for pid in (*(said["watchdogs"] if with_watchdog else ()), child.pid):
        os.kill(pid, signal.SIGKILL)
    child.wait()
    if with_watchdog:
        NamedServer(mariadb_server, Watchdog()).close()
    assert eventually(gone)
    watching.close()


def test_addresses_of_urls() -> None:
    found = parse_url("mariadb+pymysql://u:p%40ss@db.example.org:3307/shop?ssl_ca=/ca.pem")
    assert found.address == Address("mysql", "shop", "db.example.org", 3307, "u", "p@ss")
    assert found.options == {"ssl_ca": "/ca.pem"}
    assert parse_url("mysql://u@/x?unix_socket=/run/s").address.host == "/run/s"
    with pytest.raises(UsageError):
        parse_url("postgresql://u@h/x")


@pytest.mark.parametrize("key", ["mysql", "mariadb"])
def test_both_names_in_the_settings(key: str, tmp_path: Path) -> None:
    text = f'[tool.alembic]\n[tool.assay.shadow]\n{key} = "mysql+pymysql://u@h/"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert load_settings(tmp_path).shadow == {"mysql": "mysql+pymysql://u@h/"}


def test_each_shadow_has_the_users_its_own_revisions_made(private: PrivateServer) -> None:
    first = private.create()
    private.enter(first)
    connection = private.open(first.database)
    connection.execute("CREATE TABLE t (id INT)")
    connection.execute("CREATE USER reader IDENTIFIED BY 'x'")
    connection.execute(f"GRANT SELECT ON {first.database}.t TO reader")
    connection.execute("CREATE ROLE team")
    second = private.create()
    private.enter(second)
    connection.execute("CREATE USER reader")  # the same revision on another shadow
    connection.execute("DROP USER reader")
    copy = private.copy(first)
    private.enter(copy)
    grants = [row[0] for row in connection.query("SHOW GRANTS FOR reader")]
    assert any(f"GRANT SELECT ON `{copy.database}`.`t` TO" in grant for grant in grants)
    private.enter(first)
    connection.execute(f"REVOKE SELECT ON {first.database}.t FROM reader")
    assert set(private.leaked()) == {"USER 'reader'@'%'", "ROLE `team`"}
    connection.close()
