"""``assay init``: a project ready to run, or what an existing one lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.running import JSON, run_plain

if TYPE_CHECKING:
    from assay.procedure.session import Listener
    from assay.report import Report

NAME = "init"


def command(
    folder: Path = typer.Argument(Path(), metavar="[FOLDER]", help="Default: this folder."),
    dialect: str = typer.Option(
        None, "--dialect", metavar="NAME", help="sqlite (default), postgresql or mysql."
    ),
    url: str = typer.Option(
        None, "--url", metavar="URL", help="The dev database (default: SQLite dev.db)."
    ),
    adopt: bool = typer.Option(
        False, "--adopt", help="In a project that has Alembic: add what is missing, change nothing."
    ),
    as_json: bool = JSON,
) -> None:
    """Lay out a new project, or add to an existing one (--adopt) what it lacks."""

    def work(listener: Listener) -> Report:
        from assay.procedure.init import init

        report = init(folder, dialect, url, adopt)
        for step in report.steps:
            listener.done(step)
        return report

    run_plain(NAME, work, as_json=as_json)
