"""The bookshop: its chain holds on both engines, and can be made again from nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

import forks

ROOT = Path(__file__).resolve().parent.parent
BOOKSHOP = ROOT / "examples" / "bookshop"
CHANGES = json.loads((BOOKSHOP / "steps" / "changes.json").read_text(encoding="utf-8"))
ENGINES = ("sqlite", "postgresql")


@pytest.fixture
def bookshop(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.db", ".pytest_cache")
    return Path(shutil.copytree(BOOKSHOP, tmp_path / "bookshop", ignore=ignored))


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The dev database; None for the SQLite file of the project."""
    if request.param == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"assay_bookshop_{uuid.uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def environment(url: str | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "PYTEST_ADDOPTS")}
    return kept if url is None else {**kept, "DATABASE_URL": url}


def assay(project: Path, url: str | None, *arguments: str) -> dict[str, Any]:
    """The document of a command that must end well."""
    done = forks.run("assay", [*arguments, "--json"], project, environment(url))
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_chain_holds(bookshop: Path, url: str | None) -> None:
    assert assay(bookshop, url, "check")["steps"][0]["differences"] == []
    proven = assay(bookshop, url, "prove", "--all")["revisions"]
    assert len(proven) == len(CHANGES)
    assert all(one["reverses"] for one in proven)
    assay(bookshop, url, "apply")
    assert assay(bookshop, url, "check", "--live")["steps"][1]["differences"] == []


def test_every_revision_has_a_receipt_that_is_true(bookshop: Path) -> None:
    versions = list((bookshop / "alembic" / "versions").glob("*.py"))
    receipts = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (bookshop / ".assay" / "receipts").glob("*.json")
    ]
    assert {one["file"] for one in receipts} == {
        path.relative_to(bookshop).as_posix() for path in versions
    }
    waived = {
        c["name"]: one["message"]
        for one in receipts
        for c in one["checks"]
        if c["outcome"] != "passed"
    }
    assert waived == {"3 review": "books have no shelf any more"}
    assay(bookshop, None, "apply")
    steps = {s["name"]: s for s in assay(bookshop, None, "status")["steps"]}
    assert steps["receipt"]["status"] == "passed"


def test_the_models_are_those_of_the_last_step() -> None:
    orm = BOOKSHOP / "src" / "adapters" / "persistence" / "orm"
    steps = BOOKSHOP / "steps"
    assert (orm / "tables.py").read_text() == (steps / CHANGES[-1]["tables"]).read_text()
    assert (orm / "types.py").read_text() == (steps / "types.py").read_text()
    assert {one["tables"] for one in CHANGES} == {path.name for path in steps.glob("[0-9]*.py")}


def test_every_change_can_be_made_again(url: str | None, tmp_path: Path) -> None:
    dialect = "sqlite" if url is None else "postgresql"
    arguments = [dialect, "--into", str(tmp_path / "made")]
    if url is not None:
        arguments += ["--url", url]
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "replay_bookshop.py"), *arguments],
        env=environment(None),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"replayed {len(CHANGES)} changes on {dialect}; every row survived" in done.stdout
    assert len(list((tmp_path / "made" / ".assay" / "receipts").iterdir())) == len(CHANGES)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_demo(engine: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo.py"), engine],
        env=environment(None),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(exit code 3)" in done.stdout
    assert "steps 1 to 8 passed" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("demo: ok:")
    if engine == "postgresql":
        assert "started privately from the embedded wheel" in done.stdout
