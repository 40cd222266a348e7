"""The benchmarks run: on few rows, so that no script rots. No time is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


def bench_locks(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPTS / "bench_locks" / "run.py"), "--url", url, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_stalls_of_an_index_are_measured(postgresql_server: str) -> None:
    done = bench_locks(postgresql_server, "--rows", "2000", "--kinds", "index")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "create an index, plain: writer " in done.stdout
    assert "create an index, ours: writer " in done.stdout
    assert "Without any upgrade the longest statement of a writer took" in done.stdout


def test_a_kind_that_is_not_there_is_said(postgresql_server: str) -> None:
    done = bench_locks(postgresql_server, "--kinds", "index,indxe")
    assert done.returncode == 2
    assert "no such kind: indxe" in done.stderr
