"""The environment while a revision runs: what it is asked for, and whether the revision asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from assay.trace.lines import for_itself, frames_to, package_of

__all__ = ["EVERY", "by_the_way", "telling_of_reads"]

EVERY = "*"
"""In the place of a variable's name: all were read, as ``dict(os.environ)`` does."""

_BETWEEN = ("assay", "os", "collections", "_collections_abc", "abc")
"""Packages of what stands between ``os.environ`` and who reads it."""
_INSTALLED = ("site-packages", "dist-packages")


@contextmanager
def telling_of_reads(read: Callable[[str], None]) -> Iterator[None]:
    """Let the environment tell what it is asked for, each time.

    :param read: is given the variable's name, or :data:`EVERY` before it is given each.
    """
    plain = type(os.environ)

    class Watched(plain):  # type: ignore[misc, valid-type]
        def __getitem__(self, key: str) -> str:
            read(key)
            return str(plain.__getitem__(self, key))

        def __iter__(self) -> Iterator[str]:
            read(EVERY)
            return iter(plain.__iter__(self))

    os.environ.__class__ = Watched
    try:
        yield
    finally:
        os.environ.__class__ = plain


def by_the_way(file: str, variable: str) -> bool:
    """Whether it is not the revision that asks: a driver being connected, a module being imported.

    Or a library on its way that looks for a setting of its own, as pydantic does where a type of a
    column is made of a model. Such a one is named after the library; what a project's own code, or a
    library for it (``BaseSettings``), reads is not.
    """
    reader: str | None = None
    for frame in frames_to(file):
        if for_itself(frame):
            return True
        package = package_of(frame)
        if reader is None and package not in _BETWEEN:
            reader = package if _own_setting(package, variable, frame, file) else ""
        # what the revision calls itself it has asked
        elif reader and package != reader:
            return True
    return False


def _own_setting(package: str, variable: str, frame: FrameType, file: str) -> bool:
    """Whether a variable is named after the installed package that reads it, not the project's."""
    if not variable.upper().startswith(f"{package.upper()}_"):
        return False
    path = Path(frame.f_code.co_filename)
    depth = str(frame.f_globals.get("__name__")).count(".") + (path.name == "__init__.py")
    if depth >= len(path.parents):
        return False  # a text that was executed
    root = path.parents[depth]
    # a project in the making has no such folder beside its package; `pip install --target` makes it
    installed = root.name in _INSTALLED or any(root.glob(f"{package}-*.dist-info"))
    return installed and root / package not in Path(file).parents
