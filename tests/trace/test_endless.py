"""A revision that does not come to an end is ended, and where it was is said; so is Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.procedure.chain import prove
from assay.procedure.proving import Examination
from assay.project.failures import RevisionFailed
from assay.project.limit import TookTooLong, ended_after
from assay.trace.failing import TOO_LONG
from small_project import lay_out, opened, revision

ADD = 'op.add_column("users", sa.Column("b", sa.Integer()))\n'
ENDLESS = """
count = 0
while True:
    try:
        count = abs(count) + 1  # a call: Python 3.10 can be ended at no step of a loop without
    except Exception:
        pass
"""


def project(folder: Path, server: str | None, up: str, down: str, settings: str) -> Path:
    url = f"sqlite:///{folder}/real.db" if server is None else server
    shadow = "" if server is None else f"[tool.assay.shadow]\npostgresql = {server!r}\n"
    return lay_out(
        folder,
        url=url,
        assay=f"{settings}\n{shadow}",
        revisions={"a1.py": revision(), "a2.py": revision(up, down, "a2", "a1")},
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("postgresql_server"))


def test_an_upgrade_is_ended_where_it_was(tmp_path: Path, server: str | None) -> None:
    folder = project(tmp_path / "p", server, ADD + ENDLESS, "pass", "trace_limit = 1")
    with opened(folder) as session:
        began = time.monotonic()
        head = session.project.history.get("a2")
        _, review, trace = Examination(session, head, False).review()
        took = time.monotonic() - began
    assert trace.failure is not None
    assert trace.failure.code == TOO_LONG
    assert trace.failure.line in range(9, 14)
    assert trace.statements[0].sql.startswith("ALTER TABLE users ADD")
    (found,) = [f for f in review.findings if f.rule == "hygiene/fails"]
    assert "was not at its end after 1 s" in found.message
    assert "trace_limit" in found.instead
    assert took > 1


def test_a_downgrade_is_ended_too(tmp_path: Path, server: str | None) -> None:
    folder = project(tmp_path / "p", server, ADD, ENDLESS, "trace_limit = 1")
    with opened(folder) as session:
        head = session.project.history.get("a2")
        _, _, trace = Examination(session, head, False).review()
        report = prove(session, "a2", False, None)
    assert trace.failure is None
    assert trace.downgrade is not None
    assert trace.downgrade.failure is not None
    assert trace.downgrade.failure.code == TOO_LONG
    (step,) = [step for step in report.steps if step.name == "reverse"]
    assert any("was not at its end after 1 s" in line.text for line in step.lines)


def endless() -> None:
    while True:
        pass


def test_what_ends_in_time_is_left_alone() -> None:
    with ended_after(0.2):
        pass
    time.sleep(0.4)
    with ended_after(0):
        pass
    with pytest.raises(TookTooLong), ended_after(0.2):
        endless()


def test_ctrl_c_says_where_it_was(tmp_path: Path) -> None:
    mark = tmp_path / "there"
    up = f"open({str(mark)!r}, 'w').close()\nwhile True:\n    pass"
    folder = project(tmp_path / "p", None, up, "pass", "")
    with subprocess.Popen(
        [sys.executable, "-m", "assay", "review", "a2", "--json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        while not mark.exists() and program.poll() is None:
            time.sleep(0.05)
        os.kill(program.pid, signal.SIGINT)
        out, _ = program.communicate(timeout=60)
    error = json.loads(out)["error"]
    assert error["what"] == "Interrupted."
    assert error["where"].startswith("migrations/versions/a2.py:")


@pytest.mark.parametrize(
    ("server", "sleeps"),
    [("postgresql_server", "SELECT pg_sleep(100)"), ("mariadb_server", "SELECT SLEEP(100)")],
)
def test_what_the_server_runs_for_too_long_is_ended_there(
    tmp_path: Path, server: str, sleeps: str, request: pytest.FixtureRequest
) -> None:
    url = str(request.getfixturevalue(server))
    engine = url.partition("+")[0]
    folder = lay_out(
        tmp_path / "p",
        url=url,
        assay=f"trace_limit = 1\n[tool.assay.shadow]\n{engine} = {url!r}\n",
        revisions={
            "a1.py": revision(),
            "a2.py": revision(f'{ADD}op.execute("{sleeps}")\n', "pass", "a2", "a1"),
        },
    )
    began = time.monotonic()
    with opened(folder) as session:
        head = session.project.history.get("a2")
        _, review, trace = Examination(session, head, False).review()
        with pytest.raises(RevisionFailed, match="was not at its end after 1 s"):
            _ = session.chain
    # not a measurement: it was not slept to the end
    assert time.monotonic() - began < 90
    assert trace.failure is not None
    assert trace.failure.code == TOO_LONG
    assert [f.line for f in review.findings if f.rule == "hygiene/fails"] == [trace.failure.line]
