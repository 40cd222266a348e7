"""``assay status``: where things stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.running import CONFIG, JSON, PROJECT, run_session

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "status"


def command(project: Path = PROJECT, config: Path = CONFIG, as_json: bool = JSON) -> None:
    """Say where things stand and what to do next. Changes nothing."""

    def work(session: Session) -> Report:
        from assay.procedure.status import status

        return status(session)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
