"""Projects that have Alembic already: nothing that exists changes, and the diffs apply."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path

import pytest

import forks
from assay.errors import UsageError
from assay.layout import LayoutResult, lay_out

MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table
from app.types import Money

metadata = MetaData()
prices = Table("prices", metadata, Column("id", Integer, primary_key=True), Column("p", Money()))
"""
TYPES = """
from sqlalchemy import Numeric
from sqlalchemy.types import TypeDecorator

class Money(TypeDecorator):
    impl = Numeric(10, 2)
    cache_ok = True
    def __repr__(self):
        return "Money()"
"""


def alembic(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.run("alembic", arguments, project, os.environ)


def content(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def apply(project: Path, result: LayoutResult, *command: str) -> None:
    """Apply the diffs as a person would."""
    text = "".join(suggestion.diff for suggestion in result.suggestions)
    done = subprocess.run(
        command, cwd=project, input=text.encode(), capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"fuzz" not in done.stdout
    assert b"offset" not in done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What `alembic init` makes, with an application, its models and a custom type."""
    root = tmp_path / "project"
    root.mkdir()
    done = alembic(root, "init", "migrations")
    assert done.returncode == 0, done.stderr
    (root / "app").mkdir()
    (root / "app/__init__.py").write_text("")
    (root / "app/models.py").write_text(MODELS)
    (root / "app/types.py").write_text(TYPES)
    env = root / "migrations/env.py"
    text = env.read_text().replace(
        "target_metadata = None",
        "from app.models import metadata\ntarget_metadata = metadata",
    )
    env.write_text(
        text.replace(
            "connection=connection, target_metadata=target_metadata\n",
            'connection=connection, target_metadata=target_metadata, user_module_prefix="types."\n',
        )
    )
    ini = root / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///a.db"))
    (root / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n')
    return root


def test_without_adopt_it_is_refused(project: Path) -> None:
    before = content(project)
    with pytest.raises(UsageError) as caught:
        lay_out(project)
    assert "assay init --adopt" in (caught.value.next_step or "")
    assert content(project) == before


def test_adds_and_changes_nothing(project: Path) -> None:
    before = content(project)
    result = lay_out(project, adopt=True)
    after = content(project)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {
        "docs/schema-changes.md",
        "tests/integration/test_schema_parity.py",
    }
    assert set(result.created) == {project / name for name in set(after) - set(before)}
    assert "`migrations/env.py`" in (project / "docs/schema-changes.md").read_text()
    assert [s.path.name for s in result.suggestions if s.diff] == [
        "env.py",
        "script.py.mako",
        "pyproject.toml",
    ]
    (advice,) = [s.reason for s in result.suggestions if not s.diff]
    assert "naming_convention" in advice


@pytest.mark.parametrize("command", [("patch", "-p1"), ("git", "apply", "-p1", "-")])
def test_diffs_apply_and_then_it_runs(project: Path, command: tuple[str, ...]) -> None:
    # Before: the revision does not know the custom type.
    assert alembic(project, "revision", "--autogenerate", "-m", "broken").returncode != 0 or (
        alembic(project, "upgrade", "head").returncode != 0
    )
    for path in (project / "migrations/versions").glob("*.py"):
        path.unlink()
    apply(project, lay_out(project, adopt=True), *command)
    assert "from app import types\n" in (project / "migrations/script.py.mako").read_text()
    assert "[tool.assay]" in (project / "pyproject.toml").read_text()
    for arguments in (
        ("revision", "--autogenerate", "-m", "first"),
        ("upgrade", "head"),
        ("check",),
    ):
        done = alembic(project, *arguments)
        assert done.returncode == 0, done.stderr
    (revision,) = (project / "migrations/versions").glob("*_first.py")
    assert "types.Money()" in revision.read_text()
    # A second time there is nothing left to do.
    again = lay_out(project, adopt=True)
    assert again.created == ()
    assert [s for s in again.suggestions if s.diff] == []


def test_adopting_what_init_laid_out_finds_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path)
    before = content(tmp_path)
    result = lay_out(tmp_path, adopt=True)
    assert not result.created
    assert not result.suggestions
    assert content(tmp_path) == before


def test_without_pyproject_one_is_made(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    result = lay_out(project, adopt=True)
    assert project / "pyproject.toml" in result.created
    assert 'config = "alembic.ini"' in (project / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    "template", ["generic", "async", "multidb", "pyproject", "pyproject_async"]
)
def test_each_template_of_alembic(tmp_path: Path, template: str) -> None:
    assert alembic(tmp_path, "init", "-t", template, "db/chain").returncode == 0
    before = content(tmp_path)
    result = lay_out(tmp_path, adopt=True)
    assert {name: data for name, data in content(tmp_path).items() if name in before} == before
    apply(tmp_path, result, "patch", "-p1")
    text = (tmp_path / "db/chain/env.py").read_text()
    calls = [
        {keyword.arg for keyword in node.keywords}
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "context.configure"
    ]
    wanted = {"compare_type", "compare_server_default", "render_as_batch"}
    for arguments in calls:
        assert arguments >= wanted if "connection" in arguments else not arguments & wanted
    assert any("connection" in arguments for arguments in calls)


def test_flask_migrate_keeps_its_ini_beside_env(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "alembic.ini").write_text("[alembic]\n")
    (folder / "env.py").write_text(
        "from alembic import context\n"
        "def online(connection, conf_args):\n"
        "    context.configure(connection=connection, target_metadata=None, **conf_args)\n"
    )
    with pytest.raises(UsageError):
        lay_out(tmp_path)
    result = lay_out(tmp_path, adopt=True)
    assert 'config = "migrations/alembic.ini"' in (tmp_path / "pyproject.toml").read_text()
    # **conf_args may hold the options already: a person looks.
    advice = [s.reason for s in result.suggestions if "**options" in s.reason]
    assert len(advice) == 1
    assert all(not suggestion.diff for suggestion in result.suggestions)


def test_a_postgresql_project_is_not_told_of_batch_mode(project: Path) -> None:
    ini = project / "alembic.ini"
    ini.write_text(ini.read_text().replace("sqlite:///a.db", "postgresql://h/d"))
    result = lay_out(project, adopt=True)
    (diff,) = [s.diff for s in result.suggestions if s.path.name == "env.py" and s.diff]
    assert "compare_server_default=True" in diff
    assert "render_as_batch" not in diff


def test_a_parity_test_of_another_name_is_enough(project: Path) -> None:
    mine = project / "tests/test_mine.py"
    mine.parent.mkdir()
    mine.write_text("from assay.testing import assert_schema_parity\n")
    result = lay_out(project, adopt=True)
    assert mine in result.kept
    assert not (project / "tests/integration").exists()


def test_env_that_is_not_python_is_said(project: Path) -> None:
    (project / "migrations/env.py").write_text("def (:\n")
    result = lay_out(project, adopt=True)
    assert any("not Python" in s.reason and not s.diff for s in result.suggestions)


def test_url_is_refused(project: Path) -> None:
    with pytest.raises(UsageError, match="--url is for a new project"):
        lay_out(project, adopt=True, url="sqlite:///other.db")
