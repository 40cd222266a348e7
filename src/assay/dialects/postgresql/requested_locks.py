"""What a statement in autocommit asks for, seen by a second connection that is in its way.

Such a statement (``CONCURRENTLY``, ``VACUUM``) has given its locks back when it ends. So the second
connection holds ``SHARE UPDATE EXCLUSIVE`` on every table, which whatever changes a table waits for
and no plain read or write does; it sees in ``pg_locks`` what is asked for, and steps aside.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from assay.dialects.postgresql.connecting import ConnectError, Connection, Target, connect
from assay.dialects.postgresql.locks import OURS
from assay.dialects.values import Address

__all__ = ["RequestedLocks"]

_TABLES = (
    "SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_catalog.pg_class c"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}"
    " AND c.relkind IN ('r', 'p') AND c.relispartition IS NOT TRUE"
)
_PAUSE = 0.003  # seconds


class RequestedLocks:
    """Sees the locks that one backend asks for, from :meth:`start` to :meth:`stop`.

    :param pid: process of the backend.
    """

    def __init__(self, at: Address, pid: int) -> None:
        self._at = at
        self._asked = (
            "SELECT relation::bigint, mode::text, granted FROM pg_catalog.pg_locks"
            f" WHERE pid = {pid} AND locktype = 'relation' AND relation >= 16384"
        )
        self._found: dict[int, set[str]] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Get in the way; where that cannot be, nothing will be seen."""
        try:
            connection = connect(Target(self._at))
        except ConnectError:
            return
        tables = str(connection.query(_TABLES)[0][0] or "")
        connection.execute("BEGIN")
        if tables:
            connection.execute(f"LOCK TABLE {tables} IN SHARE UPDATE EXCLUSIVE MODE")
        self._thread = threading.Thread(target=self._watch, args=(connection,), daemon=True)
        self._thread.start()

    def stop(self) -> dict[int, str]:
        """The modes that were asked for, by relation, as ``pg_locks`` names them."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        return {oid: ",".join(sorted(modes)) for oid, modes in self._found.items()}

    def _watch(self, connection: Connection) -> None:
        # a connection that broke has let go of its locks: the statement goes on, unseen
        with suppress(Exception):
            in_the_way = True
            while not self._over.is_set():
                waits = False
                for oid, mode, granted in connection.query(self._asked):
                    self._found.setdefault(int(oid), set()).add(str(mode))
                    waits = waits or not granted
                if waits and in_the_way:
                    connection.execute("ROLLBACK")
                    in_the_way = False
                self._over.wait(_PAUSE)
        connection.close()
