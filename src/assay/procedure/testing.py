"""Step 8: the project's own tests, the parity test among them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from assay.config import Settings
from assay.dialects.watchdog import Watchdog
from assay.errors import hide_passwords
from assay.procedure.session import Listener
from assay.report import Line, Status, Step

__all__ = ["test_step"]

_KEPT = 30
_NO_TESTS = 5
_GRACE = 5.0


@contextmanager
def _ended_with_us(process: subprocess.Popen[str]) -> Iterator[None]:
    """An interrupted or killed run leaves no tests running behind it."""
    watchdog = Watchdog()
    watchdog.kill(process.pid)
    try:
        yield
    except BaseException:
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    finally:
        watchdog.close()


def test_step(settings: Settings, listener: Listener) -> Step:
    """Run ``[tool.assay] test`` in the project's folder, with this Python where it says pytest."""
    words = shlex.split(settings.test)
    command = [sys.executable, "-m", *words] if words[:1] == ["pytest"] else words
    listener.doing(settings.test)
    last: deque[str] = deque(maxlen=_KEPT)
    try:
        with subprocess.Popen(
            command,
            cwd=settings.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process:
            assert process.stdout is not None
            with _ended_with_us(process):
                for line in process.stdout:
                    last.append(line.rstrip("\n"))
                    if line.strip():
                        listener.doing(f"{settings.test}  {line.strip()[:60]}")
        code = process.returncode
    except OSError as error:
        return Step(
            "test",
            Status.STOPPED,
            f"`{settings.test}` cannot be run: {error.strerror}.",
            8,
            (Line("correct `test` in [tool.assay]", "hint"),),
        )
    last = deque(hide_passwords(text) for text in last)
    output = tuple(Line(text, "plain", 1) for text in last)
    data = {"command": settings.test, "exit_code": code, "output": list(last)}
    if code == 0:
        said = next((text for text in reversed(last) if text.strip()), "")
        return Step("test", Status.PASSED, f"`{settings.test}`: {said.strip('= ')}", 8, (), data)
    if code == _NO_TESTS and "pytest" in settings.test:
        return Step(
            "test",
            Status.STOPPED,
            f"`{settings.test}` found no tests; at least the parity test belongs there.",
            8,
            (Line("`assay init --adopt` adds it", "hint"),),
            data,
        )
    return Step("test", Status.STOPPED, f"`{settings.test}` failed ({code}).", 8, output, data)
