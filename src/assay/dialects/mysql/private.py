"""A server of our own, started for this run."""

from __future__ import annotations

import os

from assay.dialects.mysql.connecting import Target
from assay.dialects.mysql.databases import Databases
from assay.dialects.mysql.launcher import launch
from assay.dialects.mysql.programs import Programs
from assay.dialects.watchdog import Watchdog

__all__ = ["PrivateServer"]


class PrivateServer(Databases):
    """A private server and the databases in it.

    :raises UsageError: it does not start, or no driver is installed.
    """

    def __init__(self, programs: Programs, watchdog: Watchdog) -> None:
        self._programs = programs
        self._watchdog = watchdog
        self._launched = launch(programs, watchdog)
        try:
            super().__init__(Target(self._launched.address), own=True)
        except BaseException:
            self._launched.close()
            watchdog.close()
            raise

    @property
    def description(self) -> str:
        """For example "MariaDB 10.11.19, started privately from /usr/sbin/mariadbd"."""
        return f"{self._programs.product}, started privately from {self._programs.server}"

    def close(self) -> None:
        """End the server and remove its folder. May be called again."""
        if os.getpid() != self._owner:
            # A forked child: the server is its parent's.
            return
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._close_connection()
            self._made.clear()
            self._launched.close()
            self._watchdog.close()
