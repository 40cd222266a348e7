"""Run ``assay prove --all`` and ``assay check`` on real projects and write docs/real-projects.md.

    python scripts/real_projects/run.py --write              all, made and measured
    python scripts/real_projects/run.py optuna --engine sqlite

Environments are made once under --folder (several hundred MB each). A PostgreSQL run needs a server
for shadows: ASSAY_SHADOW_POSTGRESQL, server programs, or the embedded wheel.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from projects import LOGGING, PROJECTS, Project

ROOT = Path(__file__).resolve().parents[2]
DRIVERS = ("psycopg[binary]", "psycopg2-binary", "aiosqlite", "asyncpg")


def environment(project: Project, folder: Path) -> Path:
    """The project's own virtual environment, made once; gives its Python."""
    venv = folder / project.name / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        print(f"installing {project.package} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        for words in ([project.package], DRIVERS):
            subprocess.run([str(python), "-m", "pip", "install", "-qq", *words], check=True)
    return python


def overlay(folder: Path, python: Path, newer: bool) -> Path:
    """Assay itself, outside the project's environment; ``newer`` adds Alembic and SQLAlchemy."""
    target = folder / ("overlay-newer" if newer else "overlay")
    if not target.exists():
        pip = [str(python), "-m", "pip", "install", "-qq", "--target", str(target)]
        subprocess.run([*pip, "typer", "rich", "platformdirs"], check=True)
        if newer:
            subprocess.run([*pip, "alembic", "sqlalchemy"], check=True)
    return target


def lay_out(project: Project, folder: Path, engine: str) -> Path:
    """The project's folder for one engine."""
    where = folder / project.name / engine
    where.mkdir(parents=True, exist_ok=True)
    home = where / "home"
    home.mkdir(exist_ok=True)
    # a URL nobody answers: the proofs never connect to it
    url = (
        f"{project.drivers[engine]}:///{home / 'real.db'}"
        if engine == "sqlite"
        else f"{project.drivers[engine]}://nobody:nothing@127.0.0.1:1/none"
    )
    (where / "alembic.ini").write_text(
        f"[alembic]\nscript_location = {project.script_location}\n{project.options}{LOGGING}"
    )
    (where / "hook.py").write_text(project.hook)
    lines = ["[tool.assay]", 'config = "alembic.ini"']
    if project.hook:
        lines.append('setup = "hook:setup"')
    if project.target:
        lines.append(f"target = {json.dumps(project.target)}")
    if project.baseline:
        lines += ["", "[tool.assay.baseline]", project.baseline.rstrip()]
    lines += ["", "[tool.assay.env]"]
    lines += [f"{k} = {json.dumps(v.format(url=url, home=home))}" for k, v in project.env.items()]
    (where / "pyproject.toml").write_text("\n".join(lines) + "\n")
    return where


def assay(python: Path, paths: list[Path], where: Path, *words: str) -> dict[str, Any]:
    """One command's JSON document, and its time in seconds."""
    began = time.perf_counter()
    done = subprocess.run(
        [str(python), "-m", "assay", *words, "--json"],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
    )
    (where / f"{words[0]}.err").write_text(done.stderr)
    (where / f"{words[0]}.json").write_text(done.stdout)
    try:
        document: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(
            f"{where}: no document from assay {words}:\n{done.stderr[-2000:]}"
        ) from None
    document["seconds"] = time.perf_counter() - began
    return document


def versions(python: Path, paths: list[Path]) -> str:
    code = (
        "from importlib.metadata import version as v; "
        "print('Alembic', v('alembic') + ', SQLAlchemy', v('sqlalchemy'))"
    )
    return subprocess.run(
        [str(python), "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
    ).stdout.strip()


def measure(project: Project, folder: Path, engine: str) -> dict[str, Any]:
    """Both commands on one project and engine."""
    python = environment(project, folder)
    paths = [ROOT / "src", overlay(folder, python, project.overlay)]
    where = lay_out(project, folder, engine)
    prove = assay(python, paths, where, "prove", "--all")
    check = assay(python, paths, where, "check")
    return {
        "project": project,
        "engine": engine,
        "versions": versions(python, paths),
        "prove": prove,
        "check": check,
        "untouched": not (where / "home" / "real.db").exists(),
    }


def step(document: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((s for s in document["steps"] if s["name"] == name), None)


def summary(result: dict[str, Any]) -> dict[str, Any]:
    """The figures of one row."""
    prove, check = result["prove"], result["check"]
    revisions = prove.get("revisions", [])
    drift = step(check, "drift")
    hand = step(prove, "backfill")
    return {
        "revisions": len(revisions),
        "raise": [r["revision"] for r in revisions if r["raised"]],
        "differ": [r["revision"] for r in revisions if not r["raised"] and not r["reverses"]],
        "hand": len(hand["hand_written_ddl"]) if hand else 0,
        "drift": len(drift["differences"]) if drift and "differences" in drift else None,
        "alembic": len(drift["alembic_check"]) if drift and "alembic_check" in drift else None,
        "check_error": None if drift else check["summary"],
        "prove_error": None if revisions else prove["summary"],
        "seconds": prove["seconds"],
    }


def table(results: list[dict[str, Any]]) -> str:
    """docs/real-projects.md."""
    lines = [
        "# Real projects",
        "",
        "Projects from PyPI, installed unmodified in environments of their own, and what",
        "`assay prove --all` and `assay check` say of them. Their real database is a URL nobody",
        "answers. Made by `make real-projects`",
        f"(`scripts/real_projects/run.py --write`) on {date.today().isoformat()}, "
        f"Python {platform.python_version()}.",
        "",
        "*Raise*: a downgrade or the second upgrade raises. *Differ*: all three ran, and a catalog did",
        "not come back. *Hand-written*: statements of DDL that no Alembic operation made. *Drift*:",
        "objects on which models and chain differ, by catalog; *Alembic* is what `alembic check`",
        "reports on the same shadow; – where `create_all` of the models itself fails. Revisions that",
        "a declared baseline stands for are not run, so jupyterhub's chain has none left.",
        "",
        "| project | engine | revisions | raise | differ | hand-written | drift | Alembic | time |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    details = []
    for result in results:
        s, project = summary(result), result["project"]
        cells = [
            project.package.replace("==", " "),
            result["engine"],
            s["revisions"],
            len(s["raise"]),
            len(s["differ"]),
            s["hand"],
            "–" if s["drift"] is None else s["drift"],
            "–" if s["alembic"] is None else s["alembic"],
            f"{s['seconds']:.1f} s",
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
        details += ["", f"## {project.package.replace('==', ' ')} on {result['engine']}", ""]
        details.append(f"{result['versions']}. {result['prove']['summary']}")
        for error in (s["prove_error"], s["check_error"]):
            if error:
                details += ["", f"Stopped: {error}"]
        details += _details(result)
    return "\n".join([*lines, *NOTES.splitlines(), *details]) + "\n"


NOTES = """
## How this compares with another walk

Another tool's walk on SQLite found: apache-airflow-core 3.3.2, models and chain agree, one downgrade
raises, 11 revisions come back different; argilla-server 2.8.0, one comes back different. The rows
above name the same revisions. Where they differ from it:

- *Models and chain agree* was `alembic check`'s verdict, which is clean here too. By catalog they do
  not agree; each object is named below. Tables that the project's own `include_object` hides from
  Alembic are left out.
- A server default is compared as the server keeps it: `DEFAULT true` and `DEFAULT (1)` are two texts.
- The order of columns is not compared: no statement but `SELECT *` and `INSERT` without names sees it.
"""


def _details(result: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for one in result["prove"].get("revisions", []):
        if one["reverses"]:
            continue
        what = one["raised"]["message"] if one["raised"] else ""
        found = one["after_down"] or one["after_second_up"]
        if not what:
            names = [f"{d['change']} {d['kind']} `{d['name']}`" for d in found[:4]]
            what = ", ".join(names) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
        lines.append(f"- `{one['revision']}` {what[:300]}")
    drift = step(result["check"], "drift")
    if drift and drift.get("differences"):
        lines += ["", "Models against chain:", ""]
        found = drift["differences"]
        lines += [f"- {d['change']} {d['kind']} `{d['name']}`" for d in found[:25]]
        if len(found) > 25:
            lines.append(f"- and {len(found) - 25} more")
    return ["", *lines] if lines else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="projects (default: all)")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "real-projects")
    parser.add_argument("--write", action="store_true", help="write docs/real-projects.md")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for project in PROJECTS:
        if options.names and project.name not in options.names:
            continue
        for engine in project.drivers:
            if options.engine in (None, engine):
                results.append(measure(project, folder, engine))
                row = summary(results[-1])
                print(project.name, engine, json.dumps(row), flush=True)
                if not results[-1]["untouched"]:
                    raise SystemExit(f"{project.name}: the real database was touched")
    if options.write:
        (ROOT / "docs" / "real-projects.md").write_text(table(results), encoding="utf-8")


if __name__ == "__main__":
    main()
