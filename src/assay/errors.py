"""What can go wrong, said the same way everywhere: what happened, where, the next step, the exit code."""

from __future__ import annotations

import re
from enum import IntEnum

__all__ = [
    "AssayError",
    "ExitCode",
    "PersonMustDecide",
    "ProcedureStop",
    "UsageError",
    "hide_passwords",
]


_PASSWORD = re.compile(r"(?<=://)([^\s:/@'\"]*):([^\s@'\"]+)@(?=[^\s])")


def hide_passwords(text: str) -> str:
    """Foreign text (a traceback, a driver's message, output of tests) without passwords of URLs."""
    return _PASSWORD.sub(r"\1:***@", text)


class ExitCode(IntEnum):
    """Exit codes of every command."""

    GOOD = 0
    NO = 1
    """The procedure says no."""
    ENVIRONMENT = 2
    """Usage, configuration or environment."""
    DECIDE = 3
    """A person must decide."""


class AssayError(Exception):
    """An error meant for a person.

    :param what: what happened, one sentence, no password in it.
    :param where: file and line, table, revision or URL (password hidden), if known.
    :param next_step: what to do now, in the imperative.
    :param cause: text shown below as the cause, for example the user's own traceback.
    """

    exit_code: ExitCode = ExitCode.ENVIRONMENT

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        next_step: str | None = None,
        cause: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step
        self.cause = cause


class UsageError(AssayError):
    """Usage, configuration or environment: exit code 2."""


class ProcedureStop(AssayError):
    """The procedure says no: exit code 1."""

    exit_code = ExitCode.NO


class PersonMustDecide(AssayError):
    """A person must decide: exit code 3."""

    exit_code = ExitCode.DECIDE
