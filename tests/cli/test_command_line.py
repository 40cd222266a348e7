"""What every command has in common: help, pipe, JSON, terminal, imports."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import Laid, assay, clean_environment

COMMANDS = (
    "init",
    "change",
    "status",
    "generate",
    "review",
    "explain",
    "check",
    "prove",
    "apply",
    "doctor",
    "baseline",
)
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command: str, tmp_path: Path) -> None:
    ran = assay(*command.split(), "--help", cwd=tmp_path, code=0)
    assert ran.out.startswith("Usage:")
    assert not ESCAPE.search(ran.out)
    assert not ran.err
    if command:
        assert "--json" in ran.out
    else:
        assert all(f"  {name} " in ran.out for name in COMMANDS)
        assert "3 a person must decide" in " ".join(ran.out.split())


def test_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"assay \d+\.\d+\.\d+\S*\n", assay("--version", cwd=tmp_path, code=0).out)


@pytest.mark.parametrize("arguments", [["--help"], ["change", "--help"], ["--version"], ["bogus"]])
def test_the_start_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, contextlib, io\n"
        f"sys.argv = ['assay', *{arguments!r}]\n"
        "from assay.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()),\\\n"
        "        contextlib.redirect_stderr(io.StringIO()):\n"
        "    main()\n"
        "heavy = {'sqlalchemy', 'alembic', 'rich', 'psycopg', 'pytest'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_json_is_one_document_whatever_the_project_prints(laid: Laid) -> None:
    noise = (
        "import os, sys, subprocess, warnings\nprint('noise')\nos.write(1, b'noise')\n"
        "subprocess.run(['echo', 'noise'])\nwarnings.warn('noise')\n"
    )
    path = laid.root / "alembic/env.py"
    path.write_text(path.read_text().replace("import os\n", noise, 1))
    laid.tests_are("true")
    for arguments, code in (
        (("change", "-m", "users"), 0),
        (("status",), 0),
        (("review",), 0),
        (("check", "--live"), 0),
        (("prove",), 0),
        (("prove", "--all", "--rows", "2"), 0),
        (("apply",), 0),
        (("generate", "-m", "x"), 0),
    ):
        ran = laid.json(*arguments, code=code)
        document = ran.document
        assert document["format"] == 1
        assert document["command"] == arguments[0]
        assert document["assay"]
        assert set(document) >= {"exit_code", "outcome", "summary", "steps", "next_step"}
        plain = laid.run(*arguments)
        assert "noise" not in plain.out, arguments
        assert not ESCAPE.search(plain.out)


def test_init_as_json(tmp_path: Path) -> None:
    ran = assay("init", "app", "--json", cwd=tmp_path, code=0)
    assert any(path.endswith("tables.py") for path in ran.document["created"])
    again = assay("init", "app", "--json", cwd=tmp_path, code=2).document
    assert "--adopt" in again["next_step"]
    assert assay("init", "app", "--adopt", "--json", cwd=tmp_path, code=0).document["kept"]


def test_a_wrong_command_line_is_a_document_too(tmp_path: Path) -> None:
    for arguments, said in (
        (("prove", "--rows", "-1"), "--rows"),
        (("prove", "--rows", "many"), "--rows"),
        (("change", "--bogus"), "--bogus"),
        (("baseline",), "REV"),
    ):
        ran = assay(*arguments, "--json", cwd=tmp_path, code=2)
        assert said in ran.document["summary"]
        assert ran.document["command"] == arguments[0]
        plain = assay(*arguments, cwd=tmp_path, code=2)
        assert not plain.out
        assert said in plain.err


def test_a_reader_that_goes_away_does_not_stop_the_work(laid: Laid) -> None:
    laid.tests_are("true")
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "change", "-m", "users"],
        cwd=laid.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert not said
    assert laid.at
    assert laid.state is None


def in_terminal(*arguments: str, cwd: Path, width: int = 100) -> tuple[int, str]:
    """Run in a pseudo-terminal; exit code and everything the terminal was sent."""
    pid, descriptor = pty.fork()
    if pid == 0:  # pragma: no cover
        os.chdir(cwd)
        environment = clean_environment(TERM="xterm-256color", COLUMNS=str(width))
        environment.pop("NO_COLOR", None)
        os.execve(sys.executable, [sys.executable, "-m", "assay", *arguments], environment)
    said = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


def screen(said: str) -> list[str]:
    """What is left to see: a little terminal that knows what rich's spinner sends."""
    lines, row, column = [""], 0, 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", said):
        if piece == "\r":
            column = 0
        elif piece == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif piece.startswith("\x1b["):
            if piece.endswith("K"):
                lines[row] = "" if piece == "\x1b[2K" else lines[row][:column]
            elif piece.endswith("A"):
                row = max(row - int(piece[2:-1] or 1), 0)
        else:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + piece + line[column + len(piece) :]
            column += len(piece)
    return [line.rstrip() for line in lines]


def test_a_terminal_gets_colour_and_no_garbage(laid: Laid) -> None:
    laid.tests_are("true")
    code, said = in_terminal("change", "-m", "users", cwd=laid.root)
    assert code == 0
    assert ESCAPE.search(said)
    seen = screen(said)
    text = "\n".join(seen)
    assert not re.search("[⠀-⣿]", text), text  # the spinner's dots
    assert [line[1] for line in seen if re.match(r" \d ", line)] == list("12345768")
    assert text.count("✓") == 8
    assert "CREATE TABLE users" in text
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h")  # the cursor is shown again
    assert max(len(line) for line in seen if "next:" not in line) <= 100


def test_a_terminal_shows_an_error(tmp_path: Path) -> None:
    code, said = in_terminal("status", cwd=tmp_path)
    assert code == 2
    assert "No alembic.ini" in said
    assert "assay init" in " ".join(said.split())
    assert "Traceback" not in said


def test_json_in_a_terminal_is_json(laid: Laid) -> None:
    code, said = in_terminal("status", "--json", cwd=laid.root)
    assert code == 0
    assert json.loads(said)["command"] == "status"
