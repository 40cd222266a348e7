"""``assay review``: what is shown, as text, as a script, as JSON; and bad input."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import forks
from small_project import SYNC, lay_out, revision

UP = """
op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
op.execute("INSERT INTO notes (id) VALUES (1)")
"""


def assay(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.run("assay", arguments, folder, os.environ)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return lay_out(
        folder,
        SYNC,
        url=f"sqlite:///{folder}/real.db",
        revisions={
            "a1.py": revision(),
            "a2.py": revision(UP, 'op.drop_table("notes")', "a2", "a1"),
            "a3.py": revision(
                'op.add_column("notes", sa.Column("a", sa.Text()))\nraise ValueError("no")',
                "pass",
                "a3",
                "a2",
            ),
        },
    )


def test_statements_rows_and_the_downgrade_are_shown(project: Path) -> None:
    shown = assay(project, "review", "a2")
    assert shown.returncode == 0, shown.stdout
    for text in (
        "a2.py:7  create_table  (added table notes)",
        "CREATE TABLE notes",
        "a2.py:8  execute  (data)",
        "→ inserts rows of notes",
        "downgrade",
        "a2.py:10  drop_table",
        "DROP TABLE notes",
    ):
        assert text in shown.stdout


def test_the_script_is_alone_on_standard_output(project: Path) -> None:
    shown = assay(project, "review", "a1:a2", "--sql")
    assert shown.returncode == 0
    statements = [line for line in shown.stdout.splitlines() if line and line[:2] != "--"]
    assert statements[0] == "BEGIN;"
    assert "INSERT INTO notes (id) VALUES (1);" in statements
    assert "-- downgrade of a2" in shown.stdout
    assert "operation" in shown.stderr


def test_a_revision_that_raises_keeps_its_trace(project: Path) -> None:
    shown = assay(project, "review", "a3")
    assert shown.returncode == 1
    assert "ALTER TABLE notes ADD COLUMN a TEXT" in shown.stdout
    assert "hygiene/fails: The upgrade raises: ValueError: no" in shown.stdout
    assert "Traceback" not in shown.stdout + shown.stderr


def test_the_document_has_it_all(project: Path) -> None:
    shown = assay(project, "review", "a3", "--json")
    (step,) = json.loads(shown.stdout)["steps"]
    assert step["failure"]["message"] == "ValueError: no"
    assert step["failure"]["line"] == 8
    statement = step["operations"][0]["statements"][0]
    assert statement["sql"] == "ALTER TABLE notes ADD COLUMN a TEXT"
    assert [d["name"] for d in step["operations"][0]["differences"]] == ["notes.a"]


def test_no_way_back_is_a_finding(project: Path) -> None:
    path = project / "migrations" / "versions" / "a2.py"
    path.write_text(path.read_text().partition("def downgrade")[0])
    shown = assay(project, "review", "a2")
    assert shown.returncode == 0, shown.stderr
    assert "The downgrade raises: AttributeError: a2.py has no function downgrade()" in shown.stdout


@pytest.mark.parametrize(
    ("named", "said"),
    [("head-1", "a2.py:7"), ("a1+1", "a2.py:7"), ("head-1:head", "a3.py:7"), ("heads", "a3.py:7")],
)
def test_a_revision_counted_from_another(project: Path, named: str, said: str) -> None:
    assert said in assay(project, "review", named).stdout


@pytest.mark.parametrize(
    ("named", "code", "said"),
    [
        ("base", 2, "base is where the chain begins"),
        ("+1", 2, "counts from where a database stands"),
        ("head+1", 2, "nothing is after a3"),
        ("head-3", 2, "nothing is before a1"),
        ("a2:a2", 0, "No revision lies in a2:a2."),
        ("a3:base", 0, "No revision lies in a3:base."),
    ],
)
def test_no_revision_is_named(project: Path, named: str, code: int, said: str) -> None:
    shown = assay(project, "review", named)
    assert shown.returncode == code, shown.stderr
    assert said in shown.stdout + shown.stderr


@pytest.mark.parametrize("named", ["head", "heads", "a1:head", "a1:"])
def test_several_heads_are_said(project: Path, named: str) -> None:
    (project / "migrations" / "versions" / "b2.py").write_text(revision("pass", "pass", "b2", "a1"))
    shown = assay(project, "review", named)
    assert shown.returncode == 1
    assert "The chain has 2 heads: a3, b2." in shown.stderr


def test_no_such_revision(project: Path) -> None:
    shown = assay(project, "review", "b7", "--sql")
    assert shown.returncode == 2
    assert "b7" in shown.stderr
    assert shown.stdout == ""


def test_each_step_of_a_range_names_its_revision(project: Path) -> None:
    (project / "migrations" / "versions" / "a3.py").write_text(revision("pass", "pass", "a3", "a2"))
    shown = assay(project, "review", "a1:a3", "--json")
    steps = [step["summary"] for step in json.loads(shown.stdout)["steps"]]
    assert [summary.partition(":")[0] for summary in steps] == ["a2", "a3"]
    assert "a3: " in assay(project, "review", "a1:a3").stdout


@pytest.fixture
def locking(tmp_path: Path, postgresql_server: str) -> Path:
    """A project whose head locks a table that is there."""
    return lay_out(
        tmp_path / "project",
        SYNC,
        url="postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        assay=f'[tool.assay.shadow]\npostgresql = "{postgresql_server}"\n',
        revisions={
            "a1.py": revision(),
            "a2.py": revision(
                'op.create_index("ix", "users", ["id"])', 'op.drop_index("ix", "users")', "a2", "a1"
            ),
        },
    )


@pytest.mark.parametrize(
    ("named", "said"), [("a2", "`assay review a2 --fix`"), (None, "`assay review --fix`")]
)
def test_a_stop_for_a_lock_names_the_fix(locking: Path, named: str | None, said: str) -> None:
    settings = locking / "pyproject.toml"
    settings.write_text(settings.read_text() + '[tool.assay.review]\n"locks/*" = "stop"\n')
    shown = assay(locking, "review", *([named] if named else []), "--json")
    assert shown.returncode == 1
    next_step = json.loads(shown.stdout)["next_step"]
    assert said in next_step
    assert "allow the finding" in next_step


def test_a_limit_of_a_table_that_is_not_there_is_told(locking: Path) -> None:
    settings = locking / "pyproject.toml"
    text = settings.read_text()
    settings.write_text(
        text + '[tool.assay.locks]\nuser = "SHARE"\n"use*" = "ACCESS EXCLUSIVE"\nusers = "SHARE"\n'
    )
    shown = assay(locking, "review", "a2")
    assert "[tool.assay.locks] names 'user', and no table is called so; did you mean 'users'?" in (
        shown.stdout
    )
    assert "names 'user'" not in assay(locking, "review", "a1").stdout
    settings.write_text(text + '[tool.assay.locks]\nusers = "SHARED"\n')
    shown = assay(locking, "review", "a2")
    assert shown.returncode == 2
    line = settings.read_text().splitlines().index('users = "SHARED"') + 1
    assert f"pyproject.toml:{line}\n" in shown.stderr
