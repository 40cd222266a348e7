"""The program and its commands. Nothing heavy is imported here: ``assay --help`` is to be quick."""

from __future__ import annotations

import sys
from typing import Any, cast

import typer

from assay.cli import (
    apply,
    baseline,
    change,
    check,
    doctor,
    explain,
    generate,
    init,
    prove,
    review,
    status,
)

__all__ = ["app", "run"]

app = typer.Typer(
    name="assay",
    help="Run and prove the safe schema change procedure on a SQLAlchemy + Alembic project.",
    epilog="Exit codes: 0 good; 1 the procedure says no; 2 usage, configuration or environment; "
    "3 a person must decide.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from assay import __version__

        typer.echo(f"assay {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", help="Show the version.", callback=_version, is_eager=True
    ),
) -> None:
    """Run and prove the safe schema change procedure on a SQLAlchemy + Alembic project."""


COMMANDS = (
    init,
    change,
    status,
    generate,
    review,
    explain,
    check,
    prove,
    apply,
    doctor,
    baseline,
)
for module in COMMANDS:
    app.command(module.NAME)(module.command)


def run() -> None:
    """Run the program; with ``--json`` a wrong command line is a document as well."""
    program = typer.main.get_command(app)
    try:
        code = program(standalone_mode=False)
    except Exception as error:
        # typer carries a click of its own from 0.16 on, so the class cannot be named
        show = getattr(error, "show", None)
        if show is None:
            raise
        if "--json" in sys.argv:
            _print_error(cast(Any, error).format_message())
        else:
            show()
        code = getattr(error, "exit_code", 2)
    sys.exit(code if isinstance(code, int) else 0)


def _print_error(what: str) -> None:
    import json

    from assay.errors import UsageError
    from assay.report import Report

    names = {command.name for command in app.registered_commands}
    command = next((word for word in sys.argv[1:] if word in names), "")
    error = UsageError(what, next_step=f"See `assay {command} --help`.".replace("  ", " "))
    print(json.dumps(Report.of_error(command, error).to_json(), indent=2))
