"""``assay review``: step 3 alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.running import CONFIG, JSON, PROJECT, run_session

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "review"


def command(
    revision: str = typer.Argument(None, metavar="[REV | A:B]", help="The head by default."),
    sql: bool = typer.Option(
        False, "--sql", help="Print an SQL script; what each statement does as comments in it."
    ),
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Show what each statement of a revision does, and what is wrong with it.

    The revision runs up and down on a shadow that holds rows. For each statement: the lock and what
    waits behind it, what it rewrites or reads, its transaction, and findings under their line.
    """

    def work(session: Session) -> Report:
        from assay.procedure.commands import review

        return review(session, revision, sql=sql)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
