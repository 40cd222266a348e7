"""A function of a revision that does not come to an end is ended, and where it was is kept.

A timer raises in the thread that runs it, at the next step of Python code. That is not within a call of C
code, such as a driver that waits for its server; so what runs on the shadow is ended as well. Python 3.10
has no such step in a loop that begins with ``try`` and calls nothing: it takes no signal there either, and
lets no other thread run (3.10.13, measured; 3.11 does).
"""

from __future__ import annotations

import _thread
import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from assay.project.waits import set_overdue

__all__ = ["TookTooLong", "ended_after"]

_AGAIN = 1.0
"""Seconds until it is raised once more: the code may have caught it."""

_STEPS = 1000
"""Steps of Python code in which what is to be raised comes."""


class TookTooLong(Exception):
    """It was ended; the traceback leads to where it was."""


class _End(BaseException):
    """Not an ``Exception``: a revision's own ``except`` is not meant."""


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Within, what runs longer raises; 0 for no limit.

    :raises TookTooLong: from where the code was.
    """
    if not seconds:
        yield
        return
    timer = _Timer(threading.get_ident(), seconds)
    try:
        timer.start()
        try:
            yield
        finally:
            timer.stop()
    except _End as end:
        raise TookTooLong(
            f"it was not at its end after {seconds:g} s, and was ended ([tool.assay] trace_limit)"
        ).with_traceback(end.__traceback__) from None


class _Timer:
    def __init__(self, thread: int, seconds: float) -> None:
        self.thread, self.seconds = ctypes.c_ulong(thread), seconds
        self.over, self.raising, self.raised = threading.Event(), threading.Lock(), False

    def start(self) -> None:
        """As :class:`threading.Thread` does, without a wait until it runs."""
        _thread.start_new_thread(self.run, ())

    def run(self) -> None:
        wait = self.seconds
        while not self.over.wait(wait):
            with self.raising:
                if not self.over.is_set():
                    self.raised = True
                    # PyThreadState_SetAsyncExc: Python's C API, "Thread State and the GIL"
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(self.thread, ctypes.py_object(_End))
                    set_overdue(overdue=True)
            wait = _AGAIN

    def stop(self) -> None:
        """What is not raised yet is not raised any more.

        It is not taken back by another call: Python 3.11 would go on looking for what to raise, and
        under a profiler, a debugger or coverage never end (measured on 3.11.7).
        """
        while not self.over.is_set():
            with suppress(_End):
                self.over.set()
        if self.raised:
            set_overdue(overdue=False)
            with suppress(_End), self.raising:
                for _ in range(_STEPS):
                    pass
