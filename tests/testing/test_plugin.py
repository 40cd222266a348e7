"""``pytest --assay`` and ``assert_schema_parity()`` in a laid-out project, run by pytest itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.layout import lay_out
from helpers import Laid, clean_environment, copied

CHECKS = ("parity", "single_head", "every_revision_reverses", "no_hand_written_ddl")


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """A project with two revisions."""
    root = tmp_path_factory.mktemp("plugin") / "app"
    lay_out(root)
    project = Laid(root)
    project.tests_are("true")
    project.change("create users", code=0)
    project.column('Column("nick", String(50))')
    project.change("nick", code=0)
    return project


@pytest.fixture
def app(grown: Laid, tmp_path: Path) -> Laid:
    """A copy of its own for each test."""
    return copied(grown, tmp_path / "app")


def run_pytest(app: Laid, *arguments: str, python: str = sys.executable) -> tuple[int, str]:
    """Run pytest in the project; exit code and output."""
    done = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", *arguments],
        cwd=app.root,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def outcomes(output: str) -> dict[str, str]:
    """How each check ended, from ``-v``."""
    found = {}
    for line in output.splitlines():
        for name in CHECKS:
            words = line.split()
            if line.rstrip().endswith("%]") and any(
                w == name or w.endswith(f":{name}") for w in words
            ):
                found[name] = next(w for w in words if w in ("PASSED", "FAILED", "ERROR"))
    return found


def test_four_checks_pass(app: Laid) -> None:
    code, output = run_pytest(app, "--assay", "-v")
    assert code == 0, output
    assert outcomes(output) == dict.fromkeys(CHECKS, "PASSED")
    assert "5 passed" in output  # the project's own parity test as well


def test_without_the_option_nothing_is_added(app: Laid) -> None:
    code, output = run_pytest(app, "-v")
    assert code == 0
    assert "1 passed" in output
    assert outcomes(output) == {}


def test_selection_by_keyword(app: Laid) -> None:
    code, output = run_pytest(app, "--assay", "-v", "-k", "single_head")
    assert code == 0, output
    assert outcomes(output) == {"single_head": "PASSED"}


def test_parity_fails_and_names_every_difference(app: Laid) -> None:
    app.column('Column("late", String(10))')
    app.model('Column("nick", String(50))', 'Column("nick", String(60), index=True)')
    code, output = run_pytest(app, "--assay", "-v")
    assert code == 1
    found = outcomes(output)
    assert found["parity"] == "FAILED"
    assert {found[name] for name in CHECKS[1:]} == {"PASSED"}
    for said in ("users.late", "users.nick", "VARCHAR(60)", "ix_users_nick"):
        assert output.count(said) >= 2, said  # in the plugin's check and in the project's test
    assert "Traceback" not in output


def test_single_head_fails(app: Laid) -> None:
    path = app.newest
    text = path.read_text()
    revision = path.name.split("-")[1].split("_")[0]
    path.with_name("other_head.py").write_text(
        text.replace(f"revision: str = '{revision}'", "revision: str = 'feedfeedfeed'").replace(
            "'nick'", "'nick2'"
        )
    )
    code, output = run_pytest(app, "--assay", "-v")
    assert code == 1
    assert outcomes(output)["single_head"] == "FAILED"
    assert "feedfeedfeed" in output
    assert "merge" in output


def test_reverses_fails(app: Laid) -> None:
    app.edit(app.newest, "op.drop_column('users', 'nick')", "pass")
    code, output = run_pytest(app, "--assay", "-v")
    assert code == 1
    found = outcomes(output)
    assert found["every_revision_reverses"] == "FAILED"
    assert found["single_head"] == "PASSED"
    assert "users.nick" in output


def test_no_hand_written_ddl_fails(app: Laid) -> None:
    app.edit(
        app.newest,
        "op.add_column('users', sa.Column('nick', sa.String(length=50), nullable=True))",
        "op.execute('ALTER TABLE users ADD COLUMN nick VARCHAR(50)')",
    )
    code, output = run_pytest(app, "--assay", "-v")
    assert code == 1
    found = outcomes(output)
    assert found["no_hand_written_ddl"] == "FAILED"
    assert f"line {app.line_of('op.execute')}" in output
    assert {found[n] for n in CHECKS[:3]} == {"PASSED"}
    first = app.revisions[0].name.split("-")[1].split("_")[0]
    code, output = run_pytest(app, "--assay", "-v", "--assay-revisions", first)
    assert code == 0
    assert outcomes(output)["no_hand_written_ddl"] == "PASSED"


def test_a_project_that_cannot_be_read_says_why(app: Laid) -> None:
    app.edit(
        "alembic/env.py", "target_metadata =", "raise RuntimeError('planted')\ntarget_metadata ="
    )
    code, output = run_pytest(app, "--assay", "-v")
    assert code == 1
    assert "planted" in output
    assert set(outcomes(output).values()) == {"FAILED"}


def test_under_xdist(app: Laid) -> None:
    pytest.importorskip("xdist")
    code, output = run_pytest(app, "--assay", "-n", "2")
    assert code == 0, output
    assert "5 passed" in output


def test_a_run_without_it_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_modules.py").write_text(
        "import sys\n\n\ndef test_modules(request):\n"
        "    heavy = {'sqlalchemy', 'alembic', 'typer', 'assay.cli', 'assay.procedure'}\n"
        "    assert 'assay.testing.plugin' in sys.modules\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "assay.testing.plugin",
            "-p",
            "no:cacheprovider",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    registered = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=clean_environment(),
    )
    assert "--assay-revisions" in registered.stdout  # found by its entry point


OLDEST = "8.0.0"


def test_on_the_oldest_pytest(app: Laid, tmp_path: Path) -> None:
    """pytest 8.0 laid over this environment; skipped where it cannot be had."""
    over = tmp_path / "over"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--target", str(over), "--no-deps"),
            *(f"pytest=={OLDEST}", "pluggy==1.5.0"),
        ],
        capture_output=True,
        text=True,
        check=False,
        # conftest.py took the certificates away
        env={k: v for k, v in os.environ.items() if (k, v) != ("SSL_CERT_FILE", os.devnull)},
    )
    if done.returncode != 0:
        pytest.skip(f"pytest {OLDEST} cannot be installed here: {done.stderr[-200:]}")
    app.env = {}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--assay", "-v"),
            *("-p", "assay.testing.plugin", "-p", "no:cacheprovider"),
        ],
        cwd=app.root,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(
            PYTHONPATH=os.pathsep.join(filter(None, (str(over), os.environ.get("PYTHONPATH")))),
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        ),
    )
    output = done.stdout + done.stderr
    assert f"pytest-{OLDEST}" in output
    assert done.returncode == 0, output
    assert "5 passed" in output
