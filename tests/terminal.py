"""The program at a terminal of its own, answered by what is typed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time

from helpers import Laid, clean_environment

__all__ = ["at_a_terminal"]


def at_a_terminal(project: Laid, prompt: str, typed: str, *arguments: str) -> tuple[int, str]:
    """Run the program with a terminal as its standard input and output; what it showed.

    :param prompt: what is waited for before anything is typed.
    :param typed: all that is typed, once.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", *arguments],
        cwd=project.root,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.STDOUT,
        env=clean_environment(TERM="dumb", COLUMNS="200"),
        start_new_session=True,
    )
    os.close(theirs)
    shown, answered = b"", False
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            read = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not read:
            break
        shown += read
        if prompt.encode() in shown and not answered:
            os.write(ours, typed.encode())
            answered = True
    os.close(ours)
    return process.wait(timeout=60), shown.decode()
