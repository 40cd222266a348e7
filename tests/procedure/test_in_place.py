"""Several files in the place of one, killed at every point: the old chain or the new one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assay.errors import UsageError
from assay.procedure import state
from assay.procedure.in_place import in_place, undo_killed
from helpers import clean_environment

OLD = {"c1_change.py": b"old"}
NEW = {"c1_part_1.py": b"first", "c1_part_2.py": b"second", "c1_change.py": b"third"}

RUN = """
import os, sys
from pathlib import Path
from assay.procedure.in_place import in_place, undo_killed

number, when, root = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
calls = 0

def counted(function):
    def run(*given, **named):
        global calls
        calls += 1
        if calls == number and when == "before":
            os._exit(9)
        done = function(*given, **named)
        if calls == number:
            os._exit(9)
        return done
    return run

os.replace, os.fsync = counted(os.replace), counted(os.fsync)
Path.unlink = counted(Path.unlink)
versions = root / "versions"
files = [(versions / name, content) for name, content in {files}]
if sys.argv[4] == "undo":
    undo_killed(root / ".assay")
else:
    with in_place(root / ".assay", versions / "c1_change.py", files):
        if sys.argv[4] == "refused":
            os._exit(9) if number == 0 else None
            raise SystemExit(0)
"""


def run(root: Path, number: int, when: str, what: str) -> int:
    """A process that is killed at its ``number``th change of the disk, and its exit code."""
    code = RUN.replace("{files}", repr(list(NEW.items())))
    done = subprocess.run(
        [sys.executable, "-c", code, str(number), when, str(root), what],
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    return done.returncode


def begun(root: Path) -> Path:
    """A folder of revisions with the old file."""
    (root / "versions").mkdir(parents=True)
    for name, content in OLD.items():
        (root / "versions" / name).write_bytes(content)
    return root


def found(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "versions").iterdir()}


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_change_of_the_disk(tmp_path: Path, when: str) -> None:
    ends = []
    for number in range(1, 100):
        root = begun(tmp_path / str(number))
        code = run(root, number, when, "keep")
        journal = (root / ".assay/rewriting.json").exists()
        step = undo_killed(root / ".assay")
        assert (step is not None) == journal
        ends.append(found(root))
        assert found(root) in (OLD, NEW)
        if code == 0:
            break
    assert ends[-1] == NEW
    assert len(ends) > 10
    # from one on it is the new chain, and until then it is the old one
    assert ends == sorted(ends, key=lambda end: end == NEW)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_undoing(tmp_path: Path, when: str) -> None:
    for number in range(1, 100):
        root = begun(tmp_path / str(number))
        assert run(root, 0, when, "refused") == 9
        assert found(root) == NEW
        code = run(root, number, when, "undo")
        undo_killed(root / ".assay")
        assert found(root) == OLD
        if code == 0:
            break
    assert number > 5


def test_what_is_refused_is_undone_at_once(tmp_path: Path) -> None:
    root = begun(tmp_path)
    assert run(root, -1, "before", "refused") == 0
    assert found(root) == OLD
    assert undo_killed(root / ".assay") is None


def test_what_somebody_wrote_since_is_kept(tmp_path: Path) -> None:
    root = begun(tmp_path)
    run(root, 0, "before", "refused")
    (root / "versions/c1_part_2.py").write_bytes(b"by hand")
    step = undo_killed(root / ".assay")
    assert step is not None
    assert found(root) == OLD
    assert (root / ".assay/backups/found-c1_part_2.py").read_bytes() == b"by hand"
    assert "found-c1_part_2.py" in step.lines[0].text


def test_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    root = begun(tmp_path)
    folder = root / ".assay"
    files = [(root / "versions" / name, content) for name, content in NEW.items()]
    with state.locked(folder), in_place(folder, root / "versions/c1_change.py", files):
        assert undo_killed(folder) is None
        assert found(root) == NEW
    assert found(root) == NEW


def test_a_backup_that_is_gone_is_told(tmp_path: Path) -> None:
    root = begun(tmp_path)
    run(root, 0, "before", "refused")
    (root / ".assay/backups/c1_change.py").unlink()
    with pytest.raises(UsageError, match="cannot be undone") as raised:
        undo_killed(root / ".assay")
    assert "rewriting.json" in str(raised.value.where)
    assert found(root) == NEW
