"""``assay generate``: step 2 alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.running import (
    ANSWERS,
    BACKFILL,
    CONFIG,
    DROP,
    GIVEN,
    JSON,
    ONLINE,
    PROJECT,
    RENAME,
    VALUE,
    run_session,
)

if TYPE_CHECKING:
    from assay.procedure.session import Session
    from assay.report import Report

NAME = "generate"


def command(
    message: str = typer.Option(None, "--message", "-m", help="What changes, in a few words."),
    again: bool = typer.Option(
        False, "--again", help="Regenerate the unapplied revision, keeping its backfill."
    ),
    backfill: list[str] = BACKFILL,
    drop: list[str] = DROP,
    rename: list[str] = RENAME,
    value: list[str] = VALUE,
    given: list[str] = GIVEN,
    answers: Path = ANSWERS,
    online: bool = ONLINE,
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Write a revision from the models, against a shadow at head.

    No real database is changed. Where existing rows need a value the revision gets a marked
    backfill slot (exit code 3 until it is filled).
    """

    def work(session: Session) -> Report:
        from assay.generate.answers import read_answers
        from assay.procedure.generating import generate

        session.say_online(online)
        return generate(
            session, message, read_answers(answers, backfill, drop, rename, value, given), again
        )

    run_session(NAME, work, project=project, config=config, as_json=as_json)
