"""Files that are opened to be written while a revision runs."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["telling_of_writes"]


@contextmanager
def telling_of_writes(wrote: Callable[[str], None]) -> Iterator[None]:
    """Let ``open`` and ``io.open``, and what calls them (``Path.write_text``, ``shutil``), tell of files.

    Not what goes by ``os.open``, nor by ``_io`` as the import system does.

    :param wrote: is given the path of a file that was opened, made or emptied to be written.
    """
    plain = builtins.open

    def watched(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        opened = plain(file, mode, *rest, **named)
        # a number is a pipe or a file that is open already
        if set("wax+") & set(mode) and not isinstance(file, int) and file != os.devnull:
            wrote(os.fsdecode(file))
        return opened

    builtins.open = io.open = watched
    try:
        yield
    finally:
        builtins.open = io.open = plain
