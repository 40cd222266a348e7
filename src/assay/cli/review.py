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
    fix: bool = typer.Option(
        False, "--fix", help="Rewrite an unapplied revision to its safe form, proven on shadows."
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="With --fix: only show the difference."),
    unapplied: bool = typer.Option(
        False,
        "--unapplied",
        help="With --fix: no database has the revision, though the real one cannot be asked.",
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
        from assay.errors import UsageError

        if fix and sql:
            raise UsageError("--fix prints no script.", next_step="Give --fix or --sql, not both.")
        if fix:
            from assay.procedure.fixing import fix as rewrite

            return rewrite(session, revision, dry_run=dry_run, unapplied=unapplied)
        if dry_run or unapplied:
            raise UsageError(
                "--dry-run and --unapplied go with --fix.", next_step="See `assay review --help`."
            )
        from assay.procedure.commands import review

        return review(session, revision, sql=sql)

    run_session(NAME, work, project=project, config=config, as_json=as_json)
