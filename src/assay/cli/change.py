"""``assay change``: the whole procedure."""

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

NAME = "change"


def command(
    message: str = typer.Option(None, "--message", "-m", help="What changes, in a few words."),
    go_on: bool = typer.Option(False, "--continue", help="Go on with a stopped change."),
    abort: bool = typer.Option(False, "--abort", help="Remove the unapplied revision."),
    backfill: list[str] = BACKFILL,
    drop: list[str] = DROP,
    rename: list[str] = RENAME,
    value: list[str] = VALUE,
    given: list[str] = GIVEN,
    answers: Path = ANSWERS,
    no_apply: bool = typer.Option(
        False, "--no-apply", help="Prove on shadows only; reach no real database."
    ),
    on_database: bool = typer.Option(
        False, "--on-database", help="Step 7 on the real database as well: down and up again."
    ),
    online: bool = ONLINE,
    project: Path = PROJECT,
    config: Path = CONFIG,
    as_json: bool = JSON,
) -> None:
    """Take a change of the models through all eight steps.

    Run it after editing the models. It stops wherever it is not safe and says what to do;
    --continue goes on after your edit, --abort removes the unapplied revision.
    """

    def work(session: Session) -> Report:
        from assay.errors import UsageError
        from assay.generate.answers import read_answers
        from assay.procedure import change as procedure
        from assay.procedure import pending
        from assay.procedure.change_run import Options

        if sum((go_on, abort, message is not None)) != 1:
            raise UsageError(
                "Say one of -m MESSAGE, --continue, --abort.",
                next_step='For example: assay change -m "add email to users"',
            )
        if abort:
            return pending.abort(session)
        session.say_online(online)
        said = read_answers(answers, backfill, drop, rename, value, given)
        options = Options(apply=not no_apply, on_database=on_database)
        if go_on:
            return procedure.continue_change(session, said, options)
        return procedure.change(session, message, said, options)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
