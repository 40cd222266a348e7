"""``assay prove``: steps 4, 5 and 7 for revisions of the chain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.running import CONFIG, JSON, PROJECT, run_session

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "prove"


def command(
    revisions: str = typer.Argument(
        None,
        metavar="[REV | A:B]",
        help="One revision, or those after A up to B; the head by default.",
    ),
    everything: bool = typer.Option(False, "--all", help="The whole chain."),
    rows: int = typer.Option(
        None,
        "--rows",
        min=0,
        help="Rows made in each empty table before a revision (3; with --all none).",
    ),
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Prove revisions on shadows: no hand-written DDL, models ≡ chain, up - down - up.

    No real database is reached.
    """

    def work(session: Session) -> Report:
        from assay.procedure.chain import prove

        return prove(session, revisions, everything, rows)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
