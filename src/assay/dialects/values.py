"""Values that stages and engines speak in: where a database is, what an engine can do, what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Address",
    "Capabilities",
    "ConnectArguments",
    "Execute",
    "LockWait",
    "Query",
    "Waiting",
]

Query = Callable[[str], list[tuple[Any, ...]]]
"""Runs one SQL text without parameters on some open connection and gives all rows.

The text must not contain ``%`` (drivers differ in what they make of it); to stay the same under every
driver, columns are cast to text, integer or boolean in SQL.
"""

Execute = Callable[[str], None]
"""Runs one SQL text without parameters on some open connection."""


@dataclass(frozen=True)
class Waiting:
    """How a server is told how long a session waits for a lock.

    :param limit: SQL for the limit of this session in seconds; 0 for none.
    :param set_limit: a statement that sets it, with ``{}`` for whole seconds.
    :param codes: what its error has when it gave up.
    :param holders: SQL for the other transactions that are open in this database, a line of text each.
    :param off_alone: what runs outside of a transaction must not give up: it would leave something.
    """

    limit: str
    set_limit: str
    codes: tuple[str, ...]
    holders: str
    off_alone: bool = False


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do, asked instead of its name."""

    transactional_ddl: bool
    """A failed or abandoned revision can be rolled back, DDL included."""
    lock_modes: tuple[str, ...] = ()
    """Modes of locks as observations name them, the weakest first; their place is their strength."""
    bounded: tuple[str, ...] = ()
    """Statements, where the server knows them, after which a connection ends what runs a minute."""
    waiting: Waiting | None = None
    """None where a session cannot be told."""


@dataclass(frozen=True)
class Address:
    """Where a database is. The password is never shown.

    :param dialect: SQLAlchemy's dialect name.
    :param database: database name, or path of the file.
    :param host: host name, or the unix socket: its folder (PostgreSQL), its path (MySQL).
    """

    dialect: str
    database: str
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = None
    patience: float | None = field(default=None, compare=False)
    """The longest that a connection waits for a lock (seconds), where only its driver can end that."""

    def __str__(self) -> str:
        if self.host is None:
            return f"{self.dialect}:{self.database}"
        return f"{self.dialect}://{self.host}:{self.port}/{self.database}"

    def __repr__(self) -> str:
        return f"Address({self})"


@dataclass
class ConnectArguments:
    """The arguments a driver's ``connect`` is about to be called with, rewritten in place."""

    args: list[Any]
    keywords: dict[str, Any]


@dataclass(frozen=True)
class LockWait:
    """A statement that waits for a lock.

    :param session: the server's number for its connection.
    :param began: tells it from other statements of that connection.
    """

    session: int
    began: str
