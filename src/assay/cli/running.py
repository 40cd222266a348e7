"""From a parsed command to its exit code: settings, session, report, errors."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from assay.config import Settings
    from assay.procedure.session import Listener, Session
    from assay.report import Report, Step

__all__ = [
    "ANSWERS",
    "BACKFILL",
    "CONFIG",
    "DROP",
    "GIVEN",
    "JSON",
    "ONLINE",
    "PROJECT",
    "RENAME",
    "VALUE",
    "run_plain",
    "run_session",
]

ONLINE = typer.Option(
    None,
    "--online/--no-online",
    help="Change tables by forms that block nobody, in several revisions where it needs them.",
)
PROJECT = typer.Option(
    None, "--project", "-C", metavar="FOLDER", help="The project's folder, as if started there."
)
CONFIG = typer.Option(
    None, "--config", "-c", metavar="FILE", help="An alembic.ini elsewhere than the settings say."
)
BACKFILL = typer.Option(
    [],
    "--backfill",
    metavar="TABLE.COLUMN=SQL",
    help="Value of a new column for existing rows: an SQL expression over the row. Repeatable.",
)
DROP = typer.Option(
    [],
    "--drop",
    metavar="TABLE[.COLUMN]",
    help="A drop that is meant; TABLE.COLUMN.LABEL for a label of an enum. Repeatable.",
)
RENAME = typer.Option(
    [],
    "--rename",
    metavar="TABLE[.COLUMN]=NEW",
    help="A table or column that has a new name and keeps its data. Repeatable.",
)
VALUE = typer.Option(
    [],
    "--value",
    metavar="TABLE.COLUMN.OLD=NEW",
    help="What a label of an enum becomes in rows that hold it; NULL without NEW. Repeatable.",
)
GIVEN = typer.Option(
    [],
    "--given",
    metavar="TABLE.COLUMN",
    help="A column that becomes required, to which every release that runs gives a value. Repeatable.",
)
ANSWERS = typer.Option(
    None,
    "--answers",
    metavar="FILE",
    help='The same answers as a JSON file; what its "renames" and "given" leave out is not asked for.',
)
JSON = typer.Option(False, "--json", help="Print one JSON document on standard output.")


class _Quiet:
    """Tells nobody and keeps the steps; for --json."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def doing(self, what: str) -> None:
        """Nothing."""

    def done(self, step: Step) -> None:
        """Keep the step, for a run that ends in an error."""
        self.steps.append(step)


class _Plain(_Quiet):
    """Prints steps as plain text when they end."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream

    def done(self, step: Step) -> None:
        """Print the step."""
        from assay.report.plain import step_lines

        super().done(step)
        _print(step_lines(step), self.stream)


class _Terminal(_Quiet):
    """Prints steps with colours and shows what is being done."""

    def __init__(self, stream: Any) -> None:
        from rich.console import Console

        super().__init__()
        self.stream = stream
        self.console = Console(file=stream, highlight=False)
        self.status = self.console.status("")
        self.shown = False

    def doing(self, what: str) -> None:
        """Show it beside a spinner."""
        from rich.markup import escape

        self.status.update(escape(what[: max(self.console.width - 4, 10)]))
        if not self.shown:
            self.status.start()
            self.shown = True

    def done(self, step: Step) -> None:
        """Print the step above the spinner."""
        from assay.report.terminal import print_step

        super().done(step)
        self.hide()
        print_step(self.console, step)

    def hide(self) -> None:
        """Take the spinner away."""
        if self.shown:
            self.status.stop()
            self.shown = False


def run_session(
    command: str,
    work: Callable[[Session], Report],
    *,
    project: Path | None,
    config: Path | None,
    as_json: bool,
) -> NoReturn:
    """Open the project, do the work, report, exit."""

    def with_session(listener: Listener) -> Report:
        from assay.config import load_settings
        from assay.procedure.session import open_session

        settings: Settings = load_settings(project, config)
        with open_session(settings, listener) as session:
            if isinstance(listener, _Terminal) and sys.stdin.isatty():
                from assay.cli.asking import TerminalQuestioner

                session.questioner = TerminalQuestioner(listener)
            return work(session)

    run_plain(command, with_session, as_json=as_json)


def run_plain(command: str, work: Callable[[Listener], Report], *, as_json: bool) -> NoReturn:
    """Do the work with a listener, report, exit. No traceback reaches the user."""
    with _own_stdout() as stream:
        listener: Any
        if as_json:
            listener = _Quiet()
        elif stream.isatty():
            listener = _Terminal(stream)
        else:
            listener = _Plain(stream)
        report = _guarded(command, work, listener)
        if as_json:
            _print([json.dumps(report.to_json(), indent=2)], stream)
        else:
            _close(report, listener)
    # what the project's code left running (threads, pools) must not hold the program back
    sys.stdout.flush()
    sys.stderr.flush()
    raise typer.Exit(int(report.exit_code))


def _guarded(command: str, work: Callable[[Listener], Report], listener: Any) -> Report:
    from assay.errors import AssayError, UsageError
    from assay.report import Report

    try:
        return work(listener)
    except AssayError as error:
        return Report.of_error(command, error, tuple(listener.steps))
    except KeyboardInterrupt as stop:
        from assay.project.failures import own_place

        return Report.of_error(
            command,
            UsageError(
                "Interrupted.",
                where=own_place(stop),
                next_step="See `assay status` for where things stand.",
            ),
            tuple(listener.steps),
        )
    except PermissionError as error:
        return Report.of_error(
            command,
            UsageError(
                f"{error.strerror or error}.",
                where=str(error.filename) if error.filename else _place(error),
                next_step="Give this user the right to read and write there.",
            ),
            tuple(listener.steps),
        )
    except Exception as error:
        if os.environ.get("ASSAY_DEBUG"):
            raise
        return Report.of_error(
            command,
            UsageError(
                f"Assay itself failed: {type(error).__name__}: {error}",
                where=_place(error),
                next_step="Report it with the output of the same command under ASSAY_DEBUG=1.",
            ),
            tuple(listener.steps),
        )
    finally:
        if isinstance(listener, _Terminal):
            listener.hide()


def _place(error: BaseException) -> str | None:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def _close(report: Report, listener: Any) -> None:
    from assay.report.plain import closing

    if report.text is not None:
        _print([report.text.rstrip("\n")], listener.stream)
        _print(closing(report), sys.stderr)
        return
    if isinstance(listener, _Terminal):
        from assay.report.terminal import print_closing

        print_closing(listener.console, report)
        return
    _print(closing(report), sys.stderr if report.data.get("error") else listener.stream)


def _print(lines: Iterable[str], stream: Any) -> None:
    """Print; a reader that has gone away (``| head``) does not stop the work half way."""
    with suppress(BrokenPipeError):
        for line in lines:
            print(line, file=stream, flush=True)


@contextmanager
def _own_stdout() -> Iterator[Any]:
    """A stream of our own on standard output; whatever else writes there goes to standard error.

    By file descriptor, so that a C library or a child process cannot spoil a JSON document.
    """
    sys.stdout.flush()
    try:
        saved = os.dup(1)
        os.dup2(2, 1)
    except OSError:
        yield sys.stdout
        return
    stream = os.fdopen(saved, "w", encoding=sys.stdout.encoding or "utf-8", errors="replace")
    try:
        yield stream
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        with suppress(BrokenPipeError):
            stream.close()
