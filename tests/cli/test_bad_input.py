"""Bad input: what, where, the next step; never a traceback of Assay, never a password."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from helpers import Laid, Ran, assay, clean_environment

SECRET = "t0p-s3cret"
UNREACHABLE = f"postgresql+psycopg://someone:{SECRET}@127.0.0.1:1/nowhere"


def refused(ran: Ran, *said: str) -> dict[str, str]:
    """A refusal that says everything in ``said`` and what to do now."""
    document = ran.document
    text = json.dumps(document, ensure_ascii=False)
    for words in said:
        assert words in text, text
    assert document["next_step"]
    assert "Assay itself failed" not in text
    assert SECRET not in ran.text
    found = document.get("error")
    assert isinstance(found, dict)
    return found


def test_no_project_here(tmp_path: Path) -> None:
    for command in ("status", "check", "prove", "apply", "review", "doctor"):
        refused(assay(command, "--json", cwd=tmp_path, code=2), "No alembic.ini", "assay init")
    refused(assay("status", "--json", "-C", "nowhere", cwd=tmp_path, code=2), "not a folder")
    refused(assay("status", "--json", "-c", "no.ini", cwd=tmp_path, code=2), "no.ini")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tset = 'x'", ("unknown key 'tset'", "Did you mean 'test'", "pyproject.toml:")),
        ("copy_limit_mb = 'big'", ("copy_limit_mb", "whole number", "pyproject.toml:")),
        ("ignore = 'x'", ("ignore", "list of strings", "pyproject.toml:")),
        ("setup = 3", ("setup", "a string", "pyproject.toml:")),
        ("x = [", ("not valid TOML",)),
        ("setup = 'no.such:thing'", ("no.such:thing", "cannot be loaded")),
        ("baseline = {revision = 'base'}", ("either `sql` or `create_all`",)),
        ("shadow = {oracle = 'x'}", ("unknown key 'oracle'", "postgresql")),
    ],
)
def test_broken_settings(laid: Laid, line: str, said: tuple[str, ...]) -> None:
    laid.edit("pyproject.toml", 'test = "pytest -x -q"', f"{line}\n# was")
    refused(laid.json("check", code=2), *said)


def test_unknown_revisions(laid: Laid) -> None:
    laid.tests_are("true")
    laid.change(code=0)
    for arguments in (
        ("review", "nope"),
        ("prove", "nope"),
        ("prove", "a:b"),
        ("apply", "--to", "x"),
    ):
        refused(laid.json(*arguments, code=2), "There is no revision", "alembic history")
    refused(laid.json("prove", "--all", "head", code=2), "not both")
    refused(laid.json("check", "--live", "--database", "nope", code=2), "'nope'")


def test_conflicting_and_missing_flags(laid: Laid) -> None:
    for arguments in (
        (),
        ("-m", "x", "--continue"),
        ("--continue", "--abort"),
        ("-m", "x", "--abort"),
    ):
        refused(laid.json("change", *arguments, code=2), "--continue, --abort")
    refused(laid.json("generate", code=2), "message")
    refused(laid.json("change", "--continue", code=2), "no change to go on with")
    refused(laid.json("change", "--abort", code=2), "no change to abort")
    assert laid.state is None


@pytest.mark.parametrize("value", ["users.email", "email=1", "users.email=", "=x"])
def test_malformed_backfill(laid: Laid, value: str) -> None:
    refused(laid.json("change", "-m", "x", "--backfill", value, code=2), "table.column=expression")
    assert not laid.revisions


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "not an object"),
        ('{"bakfill": {}}', "bakfill"),
        ('{"backfill": []}', "not an object"),
        ('{"drop": "users"}', "not a list of names"),
        (None, "cannot be read"),
    ],
)
def test_broken_answers(laid: Laid, text: str | None, said: str) -> None:
    if text is not None:
        (laid.root / "answers.json").write_text(text)
    ran = laid.json("change", "-m", "x", "--answers", "answers.json", code=2)
    refused(ran, said, "answers.json")


def test_unreachable_postgresql(tmp_path: Path) -> None:
    root = tmp_path / "app"
    ran = assay("init", "app", "--url", UNREACHABLE, "--json", cwd=tmp_path, code=0)
    assert SECRET not in ran.text
    app = Laid(root)
    ran = app.change("users", code=2)
    refused(ran, "cannot be reached", "alembic/env.py:")
    assert [s["number"] for s in ran.document["steps"]] == [1, 2, 3, 4, 5, 7]
    plain = app.run("change", "--continue", code=2)
    assert SECRET not in plain.text
    assert "Traceback" not in plain.text
    status = app.json("status", code=0)
    assert SECRET not in status.text
    assert status.step("change")["stopped_at"] == 6
    assert "cannot be reached" in status.step("database")["summary"]
    refused(app.json("apply", code=2), "cannot be reached")
    refused(app.json("check", "--live", code=2), "cannot be reached")
    for command in ("check", "prove", "review", "doctor"):
        assert SECRET not in app.json(command).text


def test_unreachable_named_shadow(tmp_path: Path) -> None:
    assay("init", "app", "--url", UNREACHABLE, cwd=tmp_path, code=0)
    app = Laid(tmp_path / "app")
    app.env["ASSAY_SHADOW_POSTGRESQL"] = UNREACHABLE.replace("nowhere", "shadows")
    refused(app.json("check", code=2), "127.0.0.1")
    app.env["ASSAY_SHADOW_POSTGRESQL"] = "not a url"
    refused(app.json("check", code=2))


def test_a_password_in_a_traceback_of_env_py(laid: Laid) -> None:
    laid.edit(
        "alembic/env.py",
        "target_metadata =",
        f'broken = int("{UNREACHABLE}")\ntarget_metadata =',
    )
    found = refused(laid.json("check", code=2), "ValueError", "alembic/env.py:")
    assert "Traceback" in found["cause"]
    plain = laid.run("check", code=2)
    assert SECRET not in plain.text


def test_init_refuses(tmp_path: Path) -> None:
    refused(
        assay("init", "--dialect", "oracel", "--json", cwd=tmp_path, code=2), "oracel", "sqlite"
    )
    (tmp_path / "file").write_text("")
    refused(assay("init", "file", "--json", cwd=tmp_path, code=2), "not a folder")
    refused(assay("init", "a", "--url", "nonsense", "--json", cwd=tmp_path, code=2))
    assert not (tmp_path / "a").exists()


def test_env_py_that_raises_or_leaves(laid: Laid) -> None:
    path = laid.root / "alembic/env.py"
    kept = path.read_text()
    for code, said in (
        ("raise RuntimeError('planted')", ("planted", "Traceback")),
        ("import sys; sys.exit(4)", ("sys.exit",)),
        ("import no_such_module", ("no_such_module",)),
        ("def broken(:", ("syntax",)),
    ):
        path.write_text(
            kept.replace("config = context.config\n", f"config = context.config\n{code}\n")
        )
        refused(laid.json("check", code=2), "env.py", *said)
        ran = laid.run("status")
        assert "env.py" in ran.text
    path.write_text(kept)
    laid.model("metadata = MetaData(", "metadata = 1 / 0\nmetadata = MetaData(")
    refused(laid.change(code=2), "ZeroDivisionError", "tables.py:")


def test_a_broken_template(laid: Laid) -> None:
    path = laid.root / "alembic/script.py.mako"
    path.write_text(path.read_text().replace("${up_revision}", "${no_such_name.x}", 1))
    refused(laid.change(code=2), "script.py.mako")
    assert laid.state is None


@pytest.mark.skipif(os.geteuid() != 0 or not hasattr(os, "setuid"), reason="needs to become nobody")
def test_a_folder_that_cannot_be_written(laid: Laid) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    # a Python in root's home may have its own shared library there, where nobody may not look
    started = subprocess.run([*nobody, sys.executable, "-c", ""], capture_output=True, check=False)
    if started.returncode != 0:
        pytest.skip("this Python cannot be run by another user")

    def change(folder: Path) -> Ran:
        done = subprocess.run(
            [
                *nobody,
                sys.executable,
                "-m",
                "assay",
                "change",
                "-m",
                "x",
                "--json",
                "-C",
                str(folder),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=clean_environment(HOME="/tmp"),
        )
        assert done.returncode == 2
        return Ran(done.returncode, done.stdout, done.stderr)

    with tempfile.TemporaryDirectory() as parent:
        folder = shutil.copytree(laid.root, Path(parent) / "app")
        refused(change(folder), "Permission denied", str(folder))  # the parent is private
        Path(parent).chmod(0o755)
        refused(change(folder), "cannot be kept", ".assay")


def test_an_interrupted_start(laid: Laid) -> None:
    """Ctrl-C before anything began is exit code 2 as well."""
    code = (
        "import signal, sys, threading, os\n"
        "import assay.cli.app as app\n"
        "def run():\n    os.kill(os.getpid(), signal.SIGINT)\n    import time; time.sleep(30)\n"
        "app.run = run\nfrom assay.cli import main\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=laid.root
    )
    assert done.returncode == 2
    assert "Interrupted" in done.stderr
    assert "Traceback" not in done.stderr
