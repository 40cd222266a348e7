"""Saving and putting back live database files; shadows as files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from assay.dialects import Address, load
from assay.dialects.sqlite import files
from assay.dialects.sqlite.files import file_path, is_memory, restore, save
from assay.errors import UsageError

DIALECT = load("sqlite")


def fill(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    assert connection.execute(f"PRAGMA journal_mode = {mode}").fetchone() == (mode,)
    connection.executescript(
        """
        PRAGMA user_version = 7; PRAGMA application_id = 9;
        CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a BLOB);
        CREATE INDEX i ON t (a);
        INSERT INTO t (a) VALUES ('x'), (x'00ff'), (NULL), (1.5);
        INSERT INTO t (a) SELECT randomblob(3000) FROM t a, t b, t c;
        DELETE FROM t WHERE id = 3;
        """
    )
    return connection


def content(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        extra = [
            str(connection.execute(f"PRAGMA {p}").fetchone())
            for p in ("user_version", "application_id", "page_size", "integrity_check")
        ]
        return [*connection.iterdump(), *extra]
    finally:
        connection.close()


def wreck(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        """
        PRAGMA user_version = 8; DROP TABLE t; CREATE TABLE u (b);
        INSERT INTO u SELECT randomblob(9000) FROM pragma_function_list LIMIT 60;
        """
    )
    connection.close()


@pytest.mark.parametrize("mode", ["delete", "wal", "truncate", "persist"])
def test_sqlite_restore_gives_back_what_was_saved(mode: str, tmp_path: Path) -> None:
    live, saved = tmp_path / "live #1?.db", tmp_path / "saved.db"
    other = fill(live, mode)  # stays open: in WAL mode all rows are in the log
    was = content(live)
    save(live, saved)
    assert content(saved) == was
    assert sorted(p.name for p in tmp_path.glob("saved*")) == ["saved.db"]
    assert other.execute("SELECT count(*) FROM t").fetchone() == (67,)
    wreck(live)
    assert content(live) != was
    assert other.execute("SELECT count(*) FROM u").fetchone() == (60,)
    restore(live, saved)
    assert content(live) == was
    # The idle connection sees it, its statements prepared before too.
    assert other.execute("SELECT count(*) FROM t").fetchone() == (67,)
    other.execute("INSERT INTO t (a) VALUES (1)")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        other.execute("SELECT count(*) FROM u")
    other.close()
    assert not list(tmp_path.glob("*-wal"))
    assert content(saved) == was


def test_sqlite_restore_puts_back_journal_mode_and_page_size(tmp_path: Path) -> None:
    live, saved = tmp_path / "live.db", tmp_path / "saved.db"
    fill(live, "delete").close()
    was = content(live)
    save(live, saved)
    connection = sqlite3.connect(live, isolation_level=None)
    connection.executescript("PRAGMA page_size = 8192; VACUUM; PRAGMA journal_mode = WAL;")
    connection.close()
    assert content(live) != was
    restore(live, saved)
    assert content(live) == was
    connection = sqlite3.connect(live)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_sqlite_save_sees_committed_content_only(tmp_path: Path) -> None:
    live, saved = tmp_path / "live.db", tmp_path / "saved.db"
    connection = fill(live, "wal")
    was = content(live)
    connection.execute("BEGIN")
    connection.execute("DELETE FROM t")
    save(live, saved)
    connection.close()
    assert content(saved) == was


def test_sqlite_restore_to_a_file_that_is_gone(tmp_path: Path) -> None:
    live, saved = tmp_path / "live.db", tmp_path / "saved.db"
    fill(live, "delete").close()
    was = content(live)
    save(live, saved)
    live.unlink()
    restore(live, saved)
    assert content(live) == was


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_sqlite_locked_database_is_an_error(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BUSY_SECONDS", 0.3)
    live, saved = tmp_path / "live.db", tmp_path / "saved.db"
    connection = fill(live, mode)
    save(live, saved)
    was = content(live)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(UsageError, match="stayed locked") as caught:
        restore(live, saved)
    assert caught.value.where == str(live)
    assert caught.value.next_step
    connection.execute("COMMIT")
    if mode == "delete":
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UsageError, match="stayed locked"):
            save(live, saved)
        connection.execute("COMMIT")
    else:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t (a) VALUES (1)")
        with pytest.raises(UsageError, match="stayed locked"):
            restore(live, saved)
        connection.execute("ROLLBACK")
    assert content(saved) == was
    restore(live, saved)
    assert content(live) == was
    connection.close()


def test_sqlite_bad_files_are_errors(tmp_path: Path) -> None:
    text, good = tmp_path / "text.db", tmp_path / "good.db"
    text.write_text("not a database, " * 100)
    fill(good, "delete").close()
    with pytest.raises(UsageError, match="not a database"):
        save(text, tmp_path / "to.db")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["good.db", "text.db"]
    with pytest.raises(UsageError, match="no database file"):
        save(tmp_path / "none.db", tmp_path / "to.db")
    with pytest.raises(UsageError, match="not there"):
        restore(good, tmp_path / "none.db")
    with pytest.raises(UsageError, match="not a database"):
        restore(good, text)


def test_sqlite_memory_names() -> None:
    for name in (None, "", ":memory:", "file::memory:", "file::memory:?cache=shared",
                 "file:x?mode=memory&cache=shared", "file:?cache=shared"):  # fmt: skip
        assert is_memory(name), name
        assert file_path(name) is None
    for name, path in (
        ("dev.db", "dev.db"),
        ("memory", "memory"),
        ("file:dev.db?mode=rw", "dev.db"),
        ("file:/a%20b/dev.db#x", "/a b/dev.db"),
        ("file:///a/dev.db", "/a/dev.db"),
        ("file://localhost/a/dev.db", "/a/dev.db"),
    ):
        assert not is_memory(name), name
        assert file_path(name) == Path(path)


def test_sqlite_shadows(tmp_path: Path) -> None:
    server = DIALECT.shadow_server(None, tmp_path)
    assert server.description == f"SQLite {sqlite3.sqlite_version}, files in a private folder"
    first = server.create()
    assert content(Path(first.database))[:2] == ["BEGIN TRANSACTION;", "COMMIT;"]
    for mode in ("delete", "wal"):
        source = server.create()
        connection = fill(Path(source.database), mode)
        copies = [server.copy(source)]
        connection.close()
        copies.append(server.copy(source))
        for copy in copies:
            assert content(Path(copy.database)) == content(Path(source.database))
            assert copy.database != source.database
        server.drop(copies[0])
        assert not Path(copies[0].database).exists()
    still = sqlite3.connect(first.database, isolation_level=None)
    still.execute("PRAGMA journal_mode = WAL")
    still.execute("CREATE TABLE t (a)")
    server.drop(first)
    assert not list(tmp_path.glob(Path(first.database).name + "*"))
    still.close()
    with pytest.raises(ValueError, match="not made here"):
        server.drop(Address("sqlite", str(tmp_path / "dev.db")))
    server.close()
    assert list(tmp_path.iterdir()) == []


def test_sqlite_copy_takes_a_hot_journal_into_account(tmp_path: Path) -> None:
    """A process killed within a transaction that had reached the file."""
    server = DIALECT.shadow_server(None, tmp_path)
    source = server.create()
    fill(Path(source.database), "delete").close()
    was = content(Path(source.database))
    code = """
import os, signal, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA cache_size = 1")
c.execute("BEGIN")
c.execute("UPDATE t SET a = randomblob(3000)")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code, source.database], check=False)
    assert Path(source.database + "-journal").stat().st_size > 0
    assert content(Path(server.copy(source).database)) == was
    server.close()


def test_sqlite_named_server_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no servers"):
        DIALECT.shadow_server("sqlite:///x.db", tmp_path)


def test_sqlite_copy_of_a_real_database(tmp_path: Path) -> None:
    folder = tmp_path / "shadows"
    folder.mkdir()
    server = DIALECT.shadow_server(None, folder)
    live = tmp_path / "live.db"
    connection = fill(live, "wal")
    size = live.stat().st_size + (tmp_path / "live.db-wal").stat().st_size
    copy, how = DIALECT.copy_live(server, f"sqlite:///{live}", size)
    assert copy is not None
    assert "copy of the file" in how
    assert content(Path(copy.database)) == content(live)
    assert DIALECT.copy_live(server, f"sqlite+aiosqlite:///file:{live}?uri=true", size)[0]
    for url, limit, why in (
        (f"sqlite:///{live}", size - 1, "limit"),
        ("sqlite://", size, "memory"),
        (f"sqlite:///{tmp_path}/none.db", size, "no file"),
    ):
        assert DIALECT.copy_live(server, url, limit)[0] is None
        assert why in DIALECT.copy_live(server, url, limit)[1]
    assert not (tmp_path / "none.db").exists()
    connection.close()
    server.close()
    assert list(folder.iterdir()) == []


def test_sqlite_dialect_saves_and_restores(tmp_path: Path) -> None:
    live, saved = tmp_path / "live.db", tmp_path / "saved.db"
    fill(live, "delete").close()
    was = content(live)
    DIALECT.files.save(Address("sqlite", str(live)), saved)
    wreck(live)
    DIALECT.files.restore(Address("sqlite", str(live)), saved)
    assert content(live) == was
