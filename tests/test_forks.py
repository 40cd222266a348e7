"""A forked run is what ``python -m`` starts: its place, its environment, its pipes and its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import forks

PROBE = """
import atexit, json, os, sys
atexit.register(lambda: sys.stderr.write("at the end"))
assay = [name for name in sys.modules if name.split('.')[0] == 'assay']
print(json.dumps({
    "name": __name__, "main": sys.modules["__main__"].__file__, "argv": sys.argv,
    "path": sys.path, "cwd": os.getcwd(), "env": dict(os.environ), "stdin": sys.stdin.read(),
    "terminal": [stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)],
    "encoding": sys.stdout.encoding, "files": sorted(os.listdir("/proc/self/fd")), "assay": assay,
}))
sys.exit(7)
"""


def written(folder: Path, text: str) -> Path:
    (folder / "probe.py").write_text(text)
    return folder


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return {**kept, **more}


def test_it_is_as_if_started_from_nothing(tmp_path: Path) -> None:
    written(tmp_path, PROBE)
    env = environment(ONE="1")
    forked = forks.run("probe", ["a", "b c"], tmp_path, env)
    started = subprocess.run(
        [sys.executable, "-m", "probe", "a", "b c"],
        cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (forked.returncode, forked.stderr) == (started.returncode, started.stderr)
    assert forked.returncode == 7
    assert forked.stderr == "at the end"
    seen: dict[str, Any] = json.loads(forked.stdout)
    # with Alembic comes the entry point of its plugins
    assert seen.pop("assay") == ["assay", "assay.alembic_plugin"]
    from_nothing = json.loads(started.stdout)
    assert from_nothing.pop("assay") == []
    assert seen == from_nothing
    assert seen["env"]["ONE"] == "1"


def test_two_after_each_other_have_seeds_of_their_own(tmp_path: Path) -> None:
    written(tmp_path, "import random\nprint(hash('a'), random.random())")
    env = environment()
    env.pop("PYTHONHASHSEED", None)
    one, two = (forks.run("probe", [], tmp_path, env).stdout.split() for _ in range(2))
    assert one[0] != two[0] or "PYTHONHASHSEED" in os.environ
    assert one[1] != two[1]


def test_what_an_interpreter_reads_when_it_starts_is_read(tmp_path: Path) -> None:
    written(tmp_path, "import sys\nprint(sys.flags.utf8_mode, sys.flags.hash_randomization)")
    env = environment(PYTHONHASHSEED="0", PYTHONUTF8="1")
    assert forks.run("probe", [], tmp_path, env).stdout == "1 0\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [("import os\nos.kill(os.getpid(), 9)", -9), ("raise ValueError('no')", 1), ("", 0)],
)
def test_every_end_is_told(tmp_path: Path, text: str, code: int) -> None:
    done = forks.run("probe", [], written(tmp_path, text), environment())
    assert done.returncode == code
    assert ("ValueError: no" in done.stderr) is (code == 1)


def test_one_that_does_not_end_is_killed_and_the_next_runs(tmp_path: Path) -> None:
    written(tmp_path, "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)")
    with pytest.raises(subprocess.TimeoutExpired):
        forks.run("probe", [], tmp_path, environment(), 0.2)
    written(tmp_path, "print('a' * 200000)\nimport sys\nprint('b' * 200000, file=sys.stderr)")
    for _ in range(2):
        done = forks.run("probe", [], tmp_path, environment())
        assert (done.stdout, done.stderr) == ("a" * 200000 + "\n", "b" * 200000 + "\n")
