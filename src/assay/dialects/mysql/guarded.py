"""A user who can do everything in the shadows of this process and nothing elsewhere on the server.

A statement can name a table of another database (``shop.users``), and no redirection sees that. On
a server where other databases live, the project's connections are therefore made as a user of our
own, whom the server itself keeps out of them. Where such a user cannot be made, they are made as
the user that was named.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assay.dialects.mysql.connecting import ConnectError, Target, connect
from assay.dialects.mysql.texts import literal, quoted
from assay.dialects.owners import machine, process_start

__all__ = ["drop_dead_users", "drop_user", "guarded"]

Query = Callable[[str], list[tuple[Any, ...]]]
Execute = Callable[[str], None]

_NAME = re.compile(r"assay_([0-9a-f]{4})_([0-9]+)_([0-9a-z]+)\Z")
_GLOBAL = ("SET USER", "SET_USER_ID", "SET_ANY_DEFINER", "SUPER")
"""What a ``DEFINER`` clause or a function on a server with a binary log asks for; each server knows
some of them. None gives access to data.
"""


def guarded(target: Target, prefix: str, query: Query, execute: Execute) -> Target | None:
    """The server as such a user; None where it cannot be made or cannot connect.

    :param prefix: what the names of this process's databases begin with.
    """
    name = f"assay_{machine()[:4]}_{os.getpid()}_{process_start(os.getpid()) or '0'}"[:32]
    password = f"Aa1-{secrets.token_urlsafe(18)}"
    pattern = quoted(prefix.replace("_", "\\_") + "%")
    try:
        # anonymous users of one host come before ours of any host
        host = str(query("SELECT CAST(USER() AS CHAR)")[0][0]).rpartition("@")[2]
        for at in dict.fromkeys(("%", host)):
            user = f"{literal(name)}@{literal(at)}"
            execute(f"DROP USER IF EXISTS {user}")
            execute(f"CREATE USER {user} IDENTIFIED BY {literal(password)}")
            execute(f"GRANT ALL PRIVILEGES ON {pattern}.* TO {user}")
            for privilege in _GLOBAL:
                with contextlib.suppress(Exception):
                    execute(f"GRANT {privilege} ON *.* TO {user}")
        made = replace(target, address=replace(target.address, user=name, password=password))
        connection = connect(made)
        try:
            [(current,)] = connection.query("SELECT CAST(CURRENT_USER() AS CHAR)")
        finally:
            connection.close()
        if str(current).startswith(f"{name}@"):
            return made
    except ConnectError:
        pass
    except Exception:
        # The user that was named may not make users.
        return None
    drop_user(name, query, execute)
    return None


def drop_user(name: str, query: Query, execute: Execute) -> None:
    """Drop that user at every host."""
    with contextlib.suppress(Exception):
        for user, host in _users(query):
            if user == name:
                execute(f"DROP USER IF EXISTS {literal(user)}@{literal(host)}")


def drop_dead_users(query: Query, execute: Execute) -> None:
    """Drop the users that killed runs on this machine left."""
    with contextlib.suppress(Exception):
        for user, host in _users(query):
            found = _NAME.match(user)
            if found is None or found[1] != machine()[:4]:
                continue
            started = process_start(int(found[2]))
            if started is None or not started.startswith(found[3]):
                execute(f"DROP USER IF EXISTS {literal(user)}@{literal(host)}")


def _users(query: Query) -> list[tuple[str, str]]:
    found = query(
        "SELECT CAST(User AS CHAR), CAST(Host AS CHAR) FROM mysql.user"
        " WHERE LEFT(User, 6) = 'assay_'"
    )
    return [(str(user), str(host)) for user, host in found]
