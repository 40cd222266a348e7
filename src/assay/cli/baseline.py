"""``assay baseline``: where a chain begins that does not start from an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.running import CONFIG, JSON, PROJECT, run_session

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "baseline"


def command(
    revision: str = typer.Argument(
        ..., metavar="REV", help="The revision the database is at; `base` for before the first."
    ),
    source: str = typer.Option(
        None,
        "--from",
        metavar="DATABASE",
        help="A URL or a name of [tool.assay.databases]; default: the project's database.",
    ),
    output: Path = typer.Option(
        Path("alembic/baseline.sql"), "--output", metavar="FILE", help="Where the dump goes."
    ),
    force: bool = typer.Option(
        False, "--force", help="Overwrite the file where it says something else."
    ),
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Write a schema-only dump of a database as the beginning of the chain.

    The database is only read. Prints the [tool.assay.baseline] table to put into pyproject.toml.
    """

    def work(session: Session) -> Report:
        from assay.procedure.baseline import write_baseline

        return write_baseline(session, revision, source, output, force)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
