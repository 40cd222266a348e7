"""Where MySQL and MariaDB shadows come from: a named server, or installed programs."""

from __future__ import annotations

import atexit
from pathlib import Path

from assay.dialects.mysql.databases import Databases
from assay.dialects.mysql.named import NamedServer
from assay.dialects.mysql.private import PrivateServer
from assay.dialects.mysql.programs import find
from assay.dialects.watchdog import Watchdog

__all__ = ["shadow_server"]


def shadow_server(named: str | None, folder: Path | None = None) -> Databases:
    """The server on which shadows are made, the first of these that is there.

    1. ``named``, a URL; databases are made on that server and dropped again.
    2. ``ASSAY_MYSQL_BIN``, a folder with server programs.
    3. Server programs found on this machine, MariaDB's first.

    It is closed when the interpreter ends, and by a watchdog when this process is killed.

    :param folder: a private folder of the caller, removed with the rest when this process dies.
    :raises UsageError: there is none, it does not start, or it cannot be reached.
    """
    watchdog = Watchdog()
    if folder is not None:
        watchdog.remove(folder.resolve())
    try:
        server: Databases = (
            NamedServer(named, watchdog) if named else PrivateServer(find(), watchdog)
        )
    except BaseException:
        watchdog.close()
        raise
    atexit.register(server.close)
    return server
