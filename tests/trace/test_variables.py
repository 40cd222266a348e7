"""Variables that a revision reads, and those that a library reads for itself on the way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from review.case import Case, reviewed

LIBRARY = (
    "import os\n\n"
    "def made():\n    os.environ.get('CRATES_STRICT')\n\n"
    "def read(name):\n    os.environ.get(name)\n"
)
OWN = (
    "import os\nimport crates\n\n"
    "def column():\n    crates.made()\n\n"
    "def mode():\n    return os.environ.get('SHELVES_MODE')\n\n"
    "def setting():\n    crates.read('SHELVES_MODE')\n"
)


@pytest.fixture(params=["site-packages", "target"])
def installed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder of installed packages, ``crates`` among them; ``pip --target`` names it freely."""
    folder = tmp_path / str(request.param)
    (folder / "crates").mkdir(parents=True)
    (folder / "crates-1.0.dist-info").mkdir()
    (folder / "crates" / "__init__.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in ("crates", "shelves", "wrapping"):
        sys.modules.pop(name, None)


def read_by(folder: Path, call: str) -> list[str]:
    """The variables that a revision is said to read."""
    case = Case(
        "",
        "sqlite",
        "CREATE TABLE t (id int);",
        call,
        "",
        "",
        preamble="import os, crates, shelves",
    )
    with reviewed(folder / "app", case, "bad", None) as (review,):
        assert review.trace.failure is None, review.trace.failure
        return [h.about for h in review.trace.happenings if h.kind == "environment"]


@pytest.mark.parametrize(
    ("call", "read"),
    [
        ("shelves.column()", []),  # a setting of the library, for the library
        ("crates.made()", ["CRATES_STRICT"]),  # asked for by the revision
        ("shelves.mode()", ["SHELVES_MODE"]),
        ("shelves.setting()", ["SHELVES_MODE"]),  # a library reads it for the project
        ("crates.read('OTHER')", ["OTHER"]),
        ("dict(os.environ)", ["*"]),
        ("[v for k, v in os.environ.items() if k == 'HOME']", ["*"]),
    ],
)
def test_what_counts(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch, call: str, read: list[str]
) -> None:
    assert installed.is_dir()
    (tmp_path / "shelves.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert read_by(tmp_path, call) == read


def test_a_project_that_is_installed_with_its_revisions(installed: Path) -> None:
    (installed / "shelves").mkdir()
    (installed / "shelves-1.0.dist-info").mkdir()
    (installed / "shelves" / "__init__.py").write_text(
        f"{OWN}\nclass Made:\n    def __init__(self):\n        mode()\n"
    )
    (installed / "wrapping.py").write_text("import shelves\n\ndef made():\n    shelves.Made()\n")
    call = "import wrapping; wrapping.made()"
    assert read_by(installed / "shelves", call) == ["SHELVES_MODE"]
