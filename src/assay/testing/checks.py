"""Each check runs ``assay`` in a process of its own and reads its JSON document.

A test process has engines, pools and event loops of its own; redirecting connections in it would
reach into the tests. One run of ``assay`` answers several checks: documents are kept per folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = [
    "assert_no_hand_written_ddl",
    "assert_reverses",
    "assert_schema_parity",
    "assert_single_head",
    "run_assay",
]

_documents: dict[tuple[str, ...], dict[str, Any]] = {}


def run_assay(*arguments: str, project: str | Path | None = None) -> dict[str, Any]:
    """The JSON document of ``assay ARGUMENTS`` in a project's folder.

    :param project: the project's folder or one below it; the working folder by default.
    :raises AssertionError: ``assay`` could not do its work (exit code 2).
    """
    folder = str(Path(project or Path.cwd()).resolve())
    key = (folder, *arguments)
    if key not in _documents:
        # coverage and pytest plugins of the test run are not for the child
        env = {k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"}
        done = subprocess.run(
            [sys.executable, "-m", "assay", *arguments, "--json", "--project", folder],
            capture_output=True,
            text=True,
            check=False,
            env=env,
            cwd=folder,
        )
        try:
            _documents[key] = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"assay gave no document:\n{done.stderr}") from None
    document = _documents[key]
    if document["exit_code"] == 2:
        error = document.get("error") or {}
        raise AssertionError(
            _text(
                document["summary"],
                [error.get("where"), error.get("cause"), document.get("next_step")],
            )
        )
    return document


def assert_schema_parity(project: str | Path | None = None) -> None:
    """The models and the chain of revisions make the same catalog.

    ``create_all`` and ``upgrade head`` are run on a throwaway database each and their catalogs are
    compared, object by object.

    :param project: the project's folder or one below it; the working folder by default.
    :raises AssertionError: they differ, with every difference.
    """
    document = run_assay("check", project=project)
    step = _step(document, "drift")
    if step is None or step["holds"]:
        return
    lines = [_difference(d) for d in step["differences"]]
    raise AssertionError(_text(step["summary"], [*lines, document.get("next_step")]))


def assert_single_head(project: str | Path | None = None) -> None:
    """The chain has one head.

    :raises AssertionError: it has several, with their ids.
    """
    heads = run_assay("check", project=project).get("heads", [])
    if len(heads) > 1:
        raise AssertionError(
            _text(f"the chain has {len(heads)} heads", [*heads, "alembic merge heads -m merge"])
        )


def assert_reverses(project: str | Path | None = None, revisions: str | None = None) -> None:
    """Every revision reverses: up, down, up bring each catalog back.

    :param revisions: ``A:B`` or a revision; the whole chain by default.
    :raises AssertionError: some do not, with what differs.
    """
    document = run_assay("prove", revisions or "--all", project=project)
    bad = [r for r in document.get("revisions", []) if not r["reverses"]]
    if bad:
        lines = []
        for one in bad:
            lines.append(f"{one['revision']}  {one['message']}")
            if one["raised"]:
                lines.append(f"  {one['raised']['message']}")
            lines.extend(f"  after down: {_difference(d)}" for d in one["after_down"])
            lines.extend(f"  after second up: {_difference(d)}" for d in one["after_second_up"])
        raise AssertionError(_text(f"{len(bad)} revisions do not reverse", lines))


def assert_no_hand_written_ddl(
    project: str | Path | None = None, revisions: str | None = None
) -> None:
    """No revision changes the schema by anything but Alembic's operations.

    :param revisions: ``A:B`` or a revision; the whole chain by default.
    :raises AssertionError: some do, with file, line and SQL.
    """
    document = run_assay("prove", revisions or "--all", project=project)
    step = _step(document, "backfill")
    found = step["hand_written_ddl"] if step else []
    if found:
        lines = [
            f"{one.get('revision', '')} line {one['line']}: {' '.join(one['sql'].split())}"
            for one in found
        ]
        raise AssertionError(_text(f"{len(found)} statements of hand-written DDL", lines))


def _step(document: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((s for s in document["steps"] if s["name"] == name), None)


def _difference(found: dict[str, Any]) -> str:
    sign = {"added": "+", "removed": "-"}.get(found["change"], "~")
    text = f"{sign} {found['kind']} {found['name']}"
    before, after = found["before"] or {}, found["after"] or {}
    if found["before"] and found["after"]:
        parts = [
            f"{k}: {before.get(k)} → {after.get(k)}"
            for k in sorted(before.keys() | after.keys())
            if before.get(k) != after.get(k)
        ]
        text += f" ({', '.join(parts)})"
    return text


def _text(summary: str, lines: list[Any]) -> str:
    return "\n".join([summary, *(f"  {line}" for line in lines if line)])
