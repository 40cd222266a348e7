"""What a statement outside of a transaction asks for, seen by a second connection that is in its way.

Such a statement (``CONCURRENTLY``, ``VACUUM``) has given its locks back when it ends. So the second
connection holds ``SHARE UPDATE EXCLUSIVE`` on every table, which whatever changes a table waits for
and no plain read or write does; it sees in ``pg_locks`` what is asked for, and steps aside.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from assay.dialects.postgresql.connecting import ConnectError, Connection, Target, connect
from assay.dialects.postgresql.locks import OURS
from assay.dialects.postgresql.relations import LINE, Locked, line, locked_of
from assay.dialects.postgresql.rendering import FIRST
from assay.dialects.values import Address

__all__ = ["RequestedLocks"]

_TABLES = (
    "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') FROM pg_catalog.pg_class c"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
    " AND c.relkind IN ('r', 'p') AND c.relispartition IS NOT TRUE"
)
_ASKED = (
    f"SELECT bool_or(NOT l.granted), string_agg({line('l.mode')}, chr({ord(LINE)}))"
    " FROM pg_catalog.pg_locks l LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
    f" ON n.oid = c.relnamespace AND {OURS}) ON c.oid = l.relation"
    f" WHERE l.pid = {{}} AND l.locktype = 'relation' AND l.relation >= {FIRST}"
)
_PAUSE = 0.001  # seconds


class RequestedLocks:
    """Sees the locks that one backend asks for: :meth:`start`, :meth:`watch`, the statement, :meth:`stop`."""

    def __init__(self, at: Address) -> None:
        self._at = at
        self._connection: Connection | None = None
        self._found: dict[int, Locked] = {}
        self._pid = 0
        self._ready, self._watching, self._over = (threading.Event() for _ in range(3))
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to get in the way; where that cannot be, nothing will be seen."""
        self._found = {}
        self._ready, self._watching, self._over = (threading.Event() for _ in range(3))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def watch(self, pid: int) -> None:
        """Return when a statement can be seen.

        :param pid: process of the backend that will be given it.
        """
        self._pid = pid
        self._watching.set()
        self._ready.wait()

    def stop(self) -> tuple[Locked, ...]:
        """What was asked for; the modes of each relation, as ``pg_locks`` names them."""
        self._over.set()
        self._watching.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        return tuple(sorted(self._found.values()))

    @property
    def connected(self) -> bool:
        """Whether there is the second connection."""
        return self._connection is not None

    def close(self) -> None:
        """End the second connection too."""
        self.stop()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self) -> None:
        # a connection that broke has let go of its locks: the statement goes on, unseen
        try:
            if self._connection is None:
                self._connection = connect(Target(self._at))
            self._see(self._connection)
        except ConnectError:
            pass
        except Exception:
            with suppress(Exception):
                if self._connection is not None:
                    self._connection.close()
            self._connection = None
        finally:
            self._ready.set()

    def _see(self, connection: Connection) -> None:
        tables = str(connection.query(_TABLES)[0][0] or "")
        connection.execute("BEGIN")
        if tables:
            connection.execute(f"LOCK TABLE {tables} IN SHARE UPDATE EXCLUSIVE MODE")
        self._ready.set()
        self._watching.wait()
        asked, in_the_way = _ASKED.format(self._pid), True
        while not self._over.is_set():
            ((waits, lines),) = connection.query(asked)
            for one in locked_of(str(lines).split(LINE)) if lines else ():
                modes = {one.modes}
                if one.oid in self._found:
                    modes.update(self._found[one.oid].modes.split(","))
                self._found[one.oid] = one._replace(modes=",".join(sorted(modes)))
            if waits and in_the_way:
                connection.execute("ROLLBACK")
                in_the_way = False
            self._over.wait(_PAUSE)
        if in_the_way:
            connection.execute("ROLLBACK")
