"""Which line of a revision file is being run, and what runs on its behalf."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import alembic
import sqlalchemy

from assay import dialects
from assay.project.failures import DRIVERS

__all__ = ["for_itself", "frames_to", "line_on_stack", "package_of"]

_DATABASES = tuple(
    str(Path(str(found.__file__)).parent) + os.sep for found in (alembic, sqlalchemy, dialects)
)


def line_on_stack(file: str) -> int | None:
    """The innermost line of ``file`` on the calling stack."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename == file:
            return frame.f_lineno
        frame = frame.f_back
    return None


def frames_to(file: str) -> Iterator[FrameType]:
    """The calling stack up to the innermost line of ``file``, from within."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename != file:
        yield frame
        frame = frame.f_back


def package_of(frame: FrameType) -> str:
    """The outermost package of a frame's module."""
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def for_itself(frame: FrameType) -> bool:
    """Whether it is not the revision that wants what is done: a driver that connects, an import."""
    code = frame.f_code
    return (
        code.co_filename.startswith(_DATABASES)
        or code.co_name == "<module>"
        or package_of(frame) in DRIVERS
    )
