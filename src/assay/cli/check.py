"""``assay check``: step 5 alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.running import CONFIG, JSON, PROJECT, run_session

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "check"


def command(
    live: bool = typer.Option(False, "--live", help="The real database too."),
    database: str = typer.Option(
        None,
        "--database",
        metavar="NAME",
        help="With --live: a database of [tool.assay.databases] instead of env.py's.",
    ),
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Compare models and chain: create_all against upgrade head, each on its own shadow.

    Every difference of the catalogs is named, object by object, and `alembic check` is run beside.
    """

    def work(session: Session) -> Report:
        from assay.procedure.checking import check

        return check(session, live, database)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
