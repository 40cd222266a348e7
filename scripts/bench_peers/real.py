"""Revisions of real projects that are safe by effect, as every tool gets them.

``real_safe.json`` names them, by project and revision, with what each does; ``--choose`` of ``run.py``
makes it anew. A revision is safe when on PostgreSQL its upgrade does nothing to rows, and all that it
changes in the catalog is

- new tables whose primary key is not one integer of 32 bits, with what belongs to them, foreign keys
  among them included but none to a table in use;
- new columns of tables in use that may be NULL and have no default, identity or expression;
- neither with a column of type ``json``, which the catalogue names as unsafe;
- new enum types;

and its downgrade leads back to the same catalog. The catalogs are read from the server before and
after; no rule of any tool is asked.

The projects are installed and laid out by ``scripts/real_projects``. The SQL that the tools read is
what the upgrade sent to a shadow: not every ``env.py`` of them runs with ``--sql``, and for DDL
without parameters it is the same text.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from corpus import Subject
from peers import Finding, Said

__all__ = ["LIST", "NAMES", "Real", "choose", "listed", "walked"]

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("real_safe.json")
NAMES = ("airflow", "prefect", "argilla-server")
"""Projects of docs/real-projects.md whose chains hold such revisions on PostgreSQL."""


@dataclass(frozen=True)
class Real:
    """One revision of a real project.

    :param assay: what ``assay review`` says of it.
    :param unsafe: why it is not safe by the criterion any more; empty if it is.
    """

    subject: Subject
    assay: Said
    changes: tuple[str, ...]
    unsafe: str


def listed() -> dict[str, dict[str, Any]]:
    """By project: its package, and its revisions with what each does."""
    found: dict[str, dict[str, Any]] = json.loads(LIST.read_text(encoding="utf-8"))
    return found


def choose(folder: Path, server: str) -> None:
    """Look at every revision of the projects, and write the list."""
    projects = _real_projects()
    chosen = {}
    for name in NAMES:
        safe = [one for one in _walk(name, folder, server, ()) if not one["unsafe"]]
        package = next(p.package for p in projects.PROJECTS if p.name == name)
        revisions = {one["revision"]: ", ".join(one["changes"]) for one in safe}
        chosen[name] = {"package": package, "revisions": revisions}
    LIST.write_text(json.dumps(chosen, indent=1) + "\n", encoding="utf-8")


def walked(folder: Path, server: str, workers: int) -> list[Real]:
    """The listed revisions, each looked at on a shadow.

    :param folder: where the projects' environments are, or are made.
    :param server: URL of the PostgreSQL server that the shadows are made on.
    """
    wanted = listed()
    _real_projects()  # before there are threads: what is imported half-way has no names yet
    with ThreadPoolExecutor(workers) as pool:
        rows = list(
            pool.map(lambda n: _walk(n, folder, server, tuple(wanted[n]["revisions"])), wanted)
        )
    found = []
    for name, one in ((n, r) for n, many in zip(wanted, rows, strict=True) for r in many):
        if "sql" not in one:
            raise SystemExit(f"{name} {one['revision']}: {one['unsafe']}")
        text = ";\n\n".join(["BEGIN", "-- Running upgrade r0 -> r1", *one["sql"], "COMMIT"])
        file = Path(one["file"])
        subject = Subject(
            f"{name} {one['revision']}", file.parent, file, one["revision"], "", text + ";\n"
        )
        said = tuple(
            Finding(f["rule"], f["severity"], f["message"], f["line"])
            for f in one["findings"] or ()
        )
        found.append(Real(subject, Said(said), tuple(one["changes"]), one["unsafe"]))
    return found


def _walk(name: str, folder: Path, server: str, revisions: tuple[str, ...]) -> list[dict[str, Any]]:
    module = _real_projects()
    project = next(p for p in module.PROJECTS if p.name == name)
    folder.mkdir(parents=True, exist_ok=True)
    python = module.environment(project, folder)
    paths = [ROOT / "src", module.overlay(folder, python, project.overlay)]
    where = module.lay_out(project, folder, "postgresql")
    done = subprocess.run(
        [python, Path(__file__).with_name("real_walk.py"), where, *revisions],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "ASSAY_SHADOW_POSTGRESQL": server,
        },
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@functools.cache
def _real_projects() -> ModuleType:
    """``scripts/real_projects/run.py``; its name is that of our own program."""
    place = ROOT / "scripts" / "real_projects"
    sys.path.append(str(place))
    spec = importlib.util.spec_from_file_location("real_projects_run", place / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
