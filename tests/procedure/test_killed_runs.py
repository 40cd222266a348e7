"""Runs killed at every step: nothing is lost, ``status`` tells the truth, ``change`` goes on.

The run is held at a step by a file that project code waits for, so no time is counted on.
"""

from __future__ import annotations

import signal
import tempfile
import time
from pathlib import Path

import pytest

from helpers import SIGNALS, Laid, Ran, Running, start

EMAIL = 'Column("email", String(100), nullable=False)'
HOLD = """
    import pathlib, time
    here = pathlib.Path.cwd()
    if (here / "hold-{name}").exists() and ({when}):
        (here / "held").touch()
        while not (here / "go").exists():
            time.sleep(0.02)
"""


def hold(name: str, when: str = "True", indent: str = "    ") -> str:
    """Code that waits, where a file ``hold-NAME`` says so."""
    text = HOLD.format(name=name, when=when)
    return "\n".join(indent + line[4:] if line.strip() else "" for line in text.splitlines())


def killed(app: Laid, how: str, *arguments: str) -> Ran:
    """Start a run, wait until it is held, kill it."""
    before = shadows()
    running = start(app, *arguments)
    return _end(app, running, how, before)


def _end(app: Laid, running: Running, how: str, before: set[str]) -> Ran:
    held = app.root / "held"
    running.wait_for(held.exists, "held")
    ran = running.end(SIGNALS[how])
    if how == "SIGINT":
        assert ran.code == 2, ran.text
        assert "Interrupted" in ran.err
        assert "Traceback" not in ran.err
    else:
        assert ran.code == -signal.SIGKILL
    held.unlink()
    for path in app.root.glob("hold-*"):
        path.unlink()
    gone(before, running.process.pid)
    return ran


def shadows() -> set[str]:
    """Private folders of shadows that are there now."""
    found: set[str] = set()
    for root in {"/dev/shm", tempfile.gettempdir()}:
        found |= {str(p) for p in Path(root).glob("assay-*") if p.is_dir()}
    return found


def gone(before: set[str], pid: int) -> None:
    """Wait until the run's shadow folder and its processes are gone."""
    for _ in range(200):
        left = {p for p in shadows() - before if f"-{pid}-" in p or p.endswith(f"-{pid}")}
        if not left and not in_session(pid):
            return
        time.sleep(0.05)
    raise AssertionError(f"left behind: {left} {in_session(pid)}")


def in_session(pid: int) -> list[str]:
    """Live processes of the run's session."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == pid and fields[0] not in "ZX":
            found.append(status.parent.name)
    return found


@pytest.fixture(params=["SIGINT", "SIGKILL"])
def how(request: pytest.FixtureRequest) -> str:
    """How the run ends."""
    return str(request.param)


def plant(app: Laid, file: str | Path, before: str, code: str) -> None:
    """Put code before a line of a file."""
    app.edit(file, before, f"{code}\n{before}")


def test_killed_while_modifying(app: Laid, how: str) -> None:
    """Step 1: nothing was written yet."""
    plant(app, "alembic/env.py", "target_metadata =", hold("env", indent=""))
    app.column(EMAIL)
    (app.root / "hold-env").touch()
    killed(app, how, "change", "-m", "email")
    assert app.state is None
    assert len(app.revisions) == 1
    assert app.json("status", code=0).step("models")["status"] == "note"
    assert app.change("email", "--backfill", "users.email=name", code=0)


def test_killed_while_generating(app: Laid, how: str) -> None:
    """Step 2: the id is known, the file is not there, or there and unknown."""
    plant(app, "alembic/script.py.mako", '"""${message}', "<%\n" + hold("mako", indent="") + "\n%>")
    app.column(EMAIL)
    (app.root / "hold-mako").touch()
    killed(app, how, "change", "-m", "email")
    assert len(app.revisions) == 1
    status = app.json("status", code=0)
    if how == "SIGKILL":
        assert "before its revision was written" in status.step("change")["summary"]
        assert app.json("change", "--continue", code=2).document["next_step"]
        app.json("change", "--abort", code=0)
    assert app.state is None
    assert app.change("email", "--backfill", "users.email=name", code=0)


def test_killed_after_the_file_before_the_note(app: Laid) -> None:
    """Step 2: the file is there, the state does not know its name yet."""
    app.column(EMAIL)
    app.change("email", code=3)
    state = app.root / ".assay/state.json"
    path = app.newest.relative_to(app.root)
    app.edit(state, f'"path": "{path}"', '"path": ""')
    app.edit(state, '"stopped_at": 4', '"stopped_at": 0')
    app.json("status", code=0)
    assert app.go_on("--backfill", "users.email=name", code=0).statuses[8] == "passed"


@pytest.mark.parametrize(
    ("stage", "step"),
    [("first", 3), ("second", 4), ("down", 7)],
    ids=["review", "backfill", "reverse"],
)
def test_killed_while_the_revision_runs_on_a_shadow(
    app: Laid, how: str, stage: str, step: int
) -> None:
    app.column(EMAIL)
    app.change("email", code=3)
    app.json("change", "--continue", "--backfill", "users.email=name", "--no-apply", code=0)
    before = app.dump
    when = {
        "first": "True",
        "second": "not _seen.append(1) and len(_seen) == 2",
        "down": "not _seen.append(1) and len(_seen) == 2",
    }[stage]
    plant(app, app.newest, "def upgrade()", "_seen: list[int] = []\n\n")
    marker = "def downgrade() -> None:" if stage == "down" else "def upgrade() -> None:"
    app.edit(app.newest, marker, marker + "\n" + hold("revision", when))
    (app.root / "hold-revision").touch()
    killed(app, how, "change", "--continue")
    assert app.dump == before
    found = app.json("status", code=0).step("change")
    assert "killed on the way" in found["summary"], (step, found)
    assert app.go_on(code=0).statuses[8] == "passed"


def real(app: Laid) -> str:
    """An expression that is true on the real database only."""
    return (
        "op.get_bind().connection.dbapi_connection.execute('PRAGMA database_list')"
        ".fetchone()[2].endswith('app/dev.db')"
    )


def test_killed_in_the_middle_of_the_real_upgrade(app: Laid, how: str) -> None:
    """Step 6 on SQLite: half of the upgrade is in the file; the backup is put back."""
    app.column(EMAIL)
    app.change("email", "--backfill", "users.email=name", "--no-apply", code=0)
    before = app.dump
    app.edit(
        app.newest,
        "    # assay: end backfill",
        "    # assay: end backfill\n"
        "    op.get_bind().commit() if False else None\n" + hold("live", real(app)),
    )
    (app.root / "hold-live").touch()
    killed(app, how, "change", "--continue")
    status = app.json("status", code=0)
    if how == "SIGKILL":
        assert "killed while it upgraded dev.db" in status.step("change")["summary"]
        assert "--continue" in status.document["next_step"]
        app.json("change", "--abort", code=0)
        assert len(app.revisions) == 1
    assert app.dump == before
    if how == "SIGINT":
        assert app.go_on(code=0).statuses[8] == "passed"
        assert app.sql("SELECT email FROM users") == [("Ann",), ("Bob",)]


def test_continue_after_a_kill_in_the_real_upgrade_keeps_what_it_found(app: Laid) -> None:
    app.column(EMAIL)
    app.change("email", "--backfill", "users.email=name", "--no-apply", code=0)
    app.edit(
        app.newest,
        "    # assay: end backfill",
        "    # assay: end backfill\n" + hold("live", real(app)),
    )
    (app.root / "hold-live").touch()
    killed(app, "SIGKILL", "change", "--continue")
    app.sql("CREATE TABLE after_the_kill (id INTEGER)")
    ran = app.go_on(code=0)
    assert ran.statuses[8] == "passed"
    assert ran.document["steps"][0]["name"] == "recover"
    found = Path(ran.document["steps"][0]["found"])
    assert b"after_the_kill" in found.read_bytes()
    assert app.sql("SELECT name FROM sqlite_master WHERE name = 'after_the_kill'") == []


def test_a_killed_apply_is_undone_by_the_next(app: Laid) -> None:
    app.column('Column("email", String(100))')
    app.change("email", "--no-apply", code=0)
    (app.root / ".assay/state.json").unlink()
    marker = "def upgrade() -> None:"
    app.edit(app.newest, marker, marker + "\n" + hold("live", real(app)))
    (app.root / "hold-live").touch()
    killed(app, "SIGKILL", "apply")
    status = app.json("status", code=0)
    assert "`assay apply` was killed" in status.step("change")["summary"]
    app.column('Column("more", String(100))')
    assert "assay apply" in app.change("more", code=1).document["next_step"]
    ran = app.json("apply", code=0)
    assert [s["name"] for s in ran.document["steps"]] == ["recover", "apply"]
    assert app.state is None


def test_killed_in_the_real_upgrade_on_postgresql(app_postgresql: Laid, how: str) -> None:
    app = app_postgresql
    app.column(EMAIL)
    app.change("email", "--backfill", "users.email=name", "--no-apply", code=0)
    (at,) = app.at
    name = app.url.rpartition("/")[2]
    when = f"op.get_bind().scalar(sa.text('SELECT current_database()')) == {name!r}"
    app.edit(
        app.newest, "    # assay: end backfill", "    # assay: end backfill\n" + hold("live", when)
    )
    (app.root / "hold-live").touch()
    killed(app, how, "change", "--continue")
    # the server notices a killed client by itself; its locks go with it
    assert app.at == [at]
    query = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'email'"
    assert app.sql(query) == [(0,)]
    assert "revision" in app.json("status", code=0).step("database")["summary"]
    assert app.go_on(code=0).statuses[8] == "passed"
    assert app.sql("SELECT email FROM users ORDER BY id") == [("Ann",), ("Bob",)]


def test_killed_while_the_tests_run(app: Laid, how: str) -> None:
    """Step 8: the tests do not go on without the run."""
    (app.root / "slow.py").write_text(
        "import pathlib, time\npathlib.Path('held').touch()\ntime.sleep(300)\n"
    )
    app.edit("pyproject.toml", 'test = "true"', 'test = "python slow.py"')
    app.column('Column("email", String(100))')
    killed(app, how, "change", "-m", "email")
    app.edit("pyproject.toml", "python slow.py", "true")
    status = app.json("status", code=0)
    assert status.step("database")["status"] == "passed"
    assert status.step("change")
    assert app.json("change", "--abort", code=1).document["next_step"]
    assert app.go_on(code=0).statuses[8] == "passed"


def test_status_beside_a_run(app: Laid) -> None:
    """Another terminal is told that a run is going on, and is kept from changing anything."""
    (app.root / "slow.py").write_text(
        "import pathlib, time\npathlib.Path('held').touch()\n"
        "while not pathlib.Path('go').exists():\n    time.sleep(0.02)\n"
    )
    app.edit("pyproject.toml", 'test = "true"', 'test = "python slow.py"')
    app.column('Column("email", String(100))')
    running = start(app, "change", "-m", "email")
    running.wait_for((app.root / "held").exists, "held")
    assert "another run" in app.json("status", code=0).step("change")["summary"]
    for arguments in (("change", "--continue"), ("change", "--abort"), ("apply",)):
        assert "Another run" in app.json(*arguments, code=2).document["summary"]
    (app.root / "go").touch()
    out, err = running.process.communicate(timeout=60)
    assert running.process.returncode == 0, out + err
    assert list((app.root / ".assay/receipts").iterdir())


def test_a_damaged_state(app: Laid) -> None:
    state = app.root / ".assay/state.json"
    for text in (
        "{",
        "null",
        "[]",
        '{"format": 1}',
        '{"format": 99}',
        '{"format": 1, "bogus": 2}',
        "",
    ):
        state.write_text(text)
        for arguments in (("status",), ("change", "-m", "x"), ("change", "--continue")):
            ran = app.json(*arguments, code=2)
            assert "state.json" in str(ran.document["error"]["where"]), text
            assert ran.document["next_step"]
