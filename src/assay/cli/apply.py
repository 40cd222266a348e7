"""``assay apply``: step 6 alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.running import CONFIG, JSON, PROJECT, run_session

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "apply"


def command(
    to: str = typer.Option(None, "--to", metavar="REV", help="Up to this revision, not to head."),
    lock_timeout: int = typer.Option(
        None,
        "--lock-timeout",
        metavar="SECONDS",
        min=0,
        help="Wait at most so long for a lock of the database; 0: as its session has it. "
        "5 by default, where the session has no limit.",
    ),
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Upgrade the real database, verified before and after against a shadow.

    Stops without touching it where its catalog is not what its revision says. A failed upgrade is
    undone: an SQLite file is put back, a server rolls back. MySQL and MariaDB commit each DDL
    statement: there, what stayed is listed.
    """

    def work(session: Session) -> Report:
        from assay.procedure.commands import apply

        if lock_timeout is not None:
            session.lock_timeout = lock_timeout
        return apply(session, to)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
