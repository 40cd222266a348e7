"""The state of a change in the making: ``.assay/state.json``, always whole, whatever is killed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.generate.answers import Answers

__all__ = ["Change", "busy", "clear", "load", "locked", "save", "set_up_folder"]

FORMAT = 1

_GITIGNORE = (
    "# receipts/ is meant to be kept\nstate.json\nstate.tmp\nrewriting.json*\nlock\nbackups/\n"
)


@dataclass(frozen=True)
class Change:
    """A change in the making.

    :param revision: its id, chosen before its file is written.
    :param path: the revision file, relative to the project; empty until it is written. Of several
        the first.
    :param paths: all its revision files in the order they run, where one could not hold it.
    :param online: as :attr:`assay.config.Settings.online` was when it was generated.
    :param stopped_at: number of the step it stopped at, 0 when a run was killed in the making.
    :param why: what the stop said, for ``status``.
    :param backup: a saved copy of a file database that is being upgraded now.
    :param database: the file it was saved from.
    :param drop: with ``tables``, ``columns``, ``values``, ``labels``, ``decided``, ``given`` and
        ``given_decided``: the answers it was generated with, under the catalogs' names, see
        :class:`assay.generate.answers.Answers`.
    :param reached: the real database may have the revision.
    """

    revision: str
    message: str
    path: str = ""
    stopped_at: int = 0
    why: str = ""
    next_step: str = ""
    backup: str = ""
    database: str = ""
    drop: tuple[str, ...] = ()
    reached: bool = False
    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    decided: bool = False
    online: int | None = None
    paths: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    given_decided: bool = False

    @property
    def answers(self) -> Answers:
        """What was said, but of backfills: these are in the revision's slots."""
        return Answers(
            drop=self.drop,
            tables=self.tables,
            columns=self.columns,
            values=self.values,
            labels=self.labels,
            decided=self.decided,
            given=self.given,
            given_decided=self.given_decided,
        )

    def with_answers(self, answers: Answers) -> Change:
        """A copy that keeps these answers, for generating again."""
        return replace(
            self,
            drop=answers.drop,
            tables=dict(answers.tables),
            columns=dict(answers.columns),
            values={column: dict(found) for column, found in answers.values.items()},
            labels=answers.labels,
            decided=answers.decided,
            given=answers.given,
            given_decided=answers.given_decided,
        )

    def with_(self, **changes: Any) -> Change:
        """A copy with some values changed."""
        return replace(self, **changes)


def _path(folder: Path) -> Path:
    return folder / "state.json"


def load(folder: Path) -> Change | None:
    """The change in the making, None where there is none.

    :raises UsageError: the file was damaged by somebody else.
    """
    try:
        text = _path(folder).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        document = json.loads(text)
        if document.pop("format") != FORMAT:
            raise ValueError("another version of assay wrote it")
        for name in ("drop", "labels", "paths", "given"):
            document[name] = tuple(document.get(name, ()))
        return Change(**document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"The state of the change cannot be read: {error}",
            where=str(_path(folder)),
            next_step="Remove that file; the revision itself is in your versions folder, and what "
            "was saved of a file database is in .assay/backups.",
        ) from error


def save(folder: Path, change: Change) -> None:
    """Write the state at once: a killed run leaves the old one or the new one."""
    set_up_folder(folder)
    temporary = folder / "state.tmp"
    with _writable(folder):
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, **asdict(change)}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, _path(folder))  # noqa: PTH105


def clear(folder: Path) -> None:
    """There is no change in the making any more."""
    _path(folder).unlink(missing_ok=True)


def set_up_folder(folder: Path) -> None:
    """Make ``.assay/`` with a ``.gitignore`` of its own: only receipts are for others."""
    with _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(_GITIGNORE, encoding="utf-8")


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"The state of the change cannot be kept: {error.strerror or error}.",
            where=str(error.filename or folder),
            next_step="Let this user write in the project's folder.",
        ) from error


def busy(folder: Path) -> bool:
    """Whether another run holds the lock now."""
    try:
        import fcntl

        with (folder / "lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one run changes a project at a time; the lock ends with the process.

    :raises UsageError: another run holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows has none; a second run there is the user's to avoid
        yield
        return
    set_up_folder(folder)
    with ExitStack() as stack:
        with _writable(folder):
            file = stack.enter_context((folder / "lock").open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                "Another run of assay is changing this project.",
                where=str(folder),
                next_step="Wait until it has ended.",
            ) from error
        yield
