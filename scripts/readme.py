"""Runs the README: its marked blocks, one after the other, in a new folder.

    python scripts/readme.py            says where the README and what really happens differ
    python scripts/readme.py --write    writes the real output into it

A marked block has one of these comments on the line before it.
`<!-- test -->`, `<!-- test exit=3 -->`: it is run with `sh -e`, in the folder where the one before
it ended, and must end with that code. `<!-- output -->`: the output of the last run, the ids, times
and sizes in it aside. `<!-- edit: FILE after: TEXT -->`: its lines are put into FILE, below the
first line that holds TEXT.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(
    r"^<!-- (?P<kind>test|output|edit)(?P<said>[^\n]*?) -->\n```\w+\n(?P<body>.*?)^```$",
    re.M | re.S,
)
DIFFERS = (
    (re.compile(r"\b\d{4}_\d\d_\d\d_\d{6}\b"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"), "TIME"),
    (re.compile(r"(?<![0-9a-z])(?=[0-9a-f]*\d)[0-9a-f]{12,}(?![0-9a-z])"), "ID"),
    (re.compile(r"\b\d+(\.\d+)?(?= ?(s|bytes|MB)\b)"), "N"),
    (re.compile(r"(?<=\"seconds\": )[0-9.]+"), "N"),
    (re.compile(r"\bSQLite [0-9.]+"), "SQLite N"),
    (re.compile(r"[ \t]+$", re.M), ""),
)


@dataclass(frozen=True)
class Wrong:
    """A block that is not what really happens."""

    line: int
    what: str


def run(text: str, folder: Path) -> tuple[str, list[Wrong]]:
    """Run the blocks of ``text`` in ``folder``; the text as it should be, and what is wrong."""
    wrong: list[Wrong] = []
    written: list[str] = []
    output, end = "", 0
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        written.append(text[end : block.start("body")])
        end = block.end("body")
        body = block["body"]
        if block["kind"] == "edit":
            _edit(folder, block["said"], body)
        elif block["kind"] == "test":
            expected = int((re.search(r"exit=(\d+)", block["said"]) or ["", "0"])[1])
            code, output, folder = _shell(body, folder)
            if code != expected:
                wrong.append(Wrong(line, f"exit code {code}, not {expected}:\n{output}"))
        else:
            if same(body) != same(output):
                wrong.append(Wrong(line, f"the output is really:\n{output}"))
            body = output
        written.append(body)
    return "".join([*written, text[end:]]), wrong


def same(output: str) -> str:
    """The output with what differs from run to run replaced."""
    for pattern, word in DIFFERS:
        output = pattern.sub(word, output)
    return output.strip()


def _shell(script: str, folder: Path) -> tuple[int, str, Path]:
    """Exit code, output, and the folder where the script ended."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("ASSAY_", "PYTEST_")) and key != "DATABASE_URL"
    }
    programs = Path(sys.executable).parent
    environment["PATH"] = f"{programs}{os.pathsep}{environment.get('PATH', '')}"
    environment["PYTHONIOENCODING"] = "utf-8"
    with tempfile.NamedTemporaryFile("r") as place:
        done = subprocess.run(
            ["sh", "-e", "-c", f"trap 'pwd > {place.name}' EXIT\n{script}"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        ended = Path(Path(place.name).read_text().strip() or folder)
    return done.returncode, done.stdout.replace(f"{folder}/", ""), ended


def _edit(folder: Path, said: str, lines: str) -> None:
    found = re.fullmatch(r": (\S+) after: (.+)", said)
    if found is None:
        raise SystemExit(f"an edit block that cannot be read: {said!r}")
    path = folder / found[1]
    head, mark, tail = path.read_text(encoding="utf-8").partition(found[2])
    if not mark:
        raise SystemExit(f"{found[1]} holds no {found[2]!r}")
    rest, _, tail = tail.partition("\n")
    path.write_text(f"{head}{mark}{rest}\n{lines}{tail}", encoding="utf-8")


def main() -> int:
    """Run it; 0 when the README is true or was written anew."""
    with tempfile.TemporaryDirectory(prefix="readme-") as folder:
        text, wrong = run(README.read_text(encoding="utf-8"), Path(folder).resolve())
    failed = [one for one in wrong if one.what.startswith("exit code")]
    if "--write" in sys.argv and not failed:
        README.write_text(text, encoding="utf-8")
        return 0
    for one in wrong:
        print(f"{README.name}:{one.line}: {one.what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
