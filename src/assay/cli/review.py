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
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Show what a revision executes, operation by operation, and what is wrong with it."""

    def work(session: Session) -> Report:
        from assay.procedure.commands import review

        return review(session, revision)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
