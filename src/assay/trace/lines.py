"""Which line of a revision file is being run."""

from __future__ import annotations

import inspect
from types import FrameType

__all__ = ["line_on_stack"]


def line_on_stack(file: str) -> int | None:
    """The innermost line of ``file`` on the calling stack."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename == file:
            return frame.f_lineno
        frame = frame.f_back
    return None
