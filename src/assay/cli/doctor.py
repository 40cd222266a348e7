"""``assay doctor``: the known mistakes of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.running import CONFIG, JSON, PROJECT, run_session

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "doctor"


def command(project: Path = PROJECT, config: Path = CONFIG, as_json: bool = JSON) -> None:
    """Look for the known mistakes in env.py, the settings and the chain. Changes nothing."""

    def work(session: Session) -> Report:
        from assay.procedure.doctor import doctor

        return doctor(session)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
