"""The effect of one statement, and the trace of a revision: frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from assay.catalog import Difference, Snapshot, compare
from assay.dialects import Grant, Observation, verb

__all__ = [
    "Failure",
    "Happening",
    "Loss",
    "OperationEffect",
    "StatementEffect",
    "Trace",
    "is_writing",
]


@dataclass(frozen=True)
class Failure:
    """What the server, or the revision itself, raised.

    :param code: ``SQLSTATE``, MySQL's error number, SQLite's name of the error; None where the
        driver does not say.
    :param line: of the revision file.
    """

    code: str | None
    message: str
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"code": self.code, "message": self.message, "line": self.line}


@dataclass(frozen=True)
class Happening:
    """Something that a revision did beside its statements.

    :param kind: ``sleep``, ``environment`` (it read a variable), ``file`` (it opened one to be
        written), ``connection`` (it opened one of its own), ``driver`` (it took the driver's
        connection from below its own).
    :param about: the variable, the file as it was named, or the database.
    :param seconds: of a sleep.
    :param driver: of a connection: the driver that was called itself, so that nothing it was sent is
        known.
    """

    kind: str
    line: int | None
    about: str = ""
    seconds: float = 0.0
    driver: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "line": self.line,
            "about": self.about,
            "seconds": round(self.seconds, 3),
            "driver": self.driver,
        }


@dataclass(frozen=True)
class Loss:
    """Values that were there before an upgrade, and are not after its downgrade.

    :param name: ``orders`` for rows, ``orders.note`` for values of a column.
    """

    name: str
    before: int
    after: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"name": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class StatementEffect:
    """What one statement did.

    :param sql: as sent to the server.
    :param line: line of the revision file that caused it, None where no frame of it was on the stack.
    :param by_operation: an Alembic operation rendered it; False for SQL, ORM and metadata calls.
    :param changed_catalog: the server's catalog was written.
    :param rows: rows the statement says it changed or gave, None where the driver does not say.
    :param duration: seconds.
    :param autocommit: it ran outside of a transaction, or in one of its own.
    :param elsewhere: it ran on a connection that the revision opened itself.
    :param failure: it raised.
    :param repeats: run once more it changed rows once more; seen on a second shadow.
    :param granted: privileges that others than the owner got, and lost (``revoked``), since the
        statement before it that no operation rendered.
    """

    sql: str
    line: int | None
    by_operation: bool
    changed_catalog: bool
    rows: int | None
    duration: float
    before: Snapshot | None = field(default=None, repr=False)
    after: Snapshot | None = field(default=None, repr=False)
    observed: Observation = field(default=Observation(), repr=False)
    """What the server was seen to do; empty where nobody watched."""
    autocommit: bool = False
    elsewhere: bool = False
    failure: Failure | None = None
    repeats: bool = False
    granted: tuple[Grant, ...] = ()
    revoked: tuple[Grant, ...] = ()

    @property
    def by_hand(self) -> bool:
        """DDL that no Alembic operation made."""
        return self.changed_catalog and not self.by_operation

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; durations are those of a shadow that holds a few rows."""
        return {
            "sql": self.sql,
            "line": self.line,
            "by_operation": self.by_operation,
            "changed_catalog": self.changed_catalog,
            "seconds": round(self.duration, 6),
            "autocommit": self.autocommit,
            "own_connection": self.elsewhere,
            "failure": self.failure.to_json() if self.failure else None,
            "repeats": self.repeats,
            "granted": [grant.to_json() for grant in self.granted],
            "revoked": [grant.to_json() for grant in self.revoked],
            **self.observed.to_json(),
        }


@dataclass(frozen=True)
class OperationEffect:
    """What one line of a revision did: one operation, of one or more statements."""

    line: int | None
    name: str | None
    """The operation as written: ``add_column``, ``batch_alter_table`` …"""
    statements: tuple[StatementEffect, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Trace:
    """Everything a revision's function executed, in order.

    :param failure: what it raised; the statements are those until there.
    :param happenings: what it did beside its statements.
    :param downgrade: of an upgrade that did not raise: the trace of what takes it back.
    :param lost: of a downgrade: values that its upgrade found, and it does not bring back.
    """

    revision: str
    direction: str
    file: str
    statements: tuple[StatementEffect, ...]
    before: Snapshot = field(repr=False)
    after: Snapshot = field(repr=False)
    failure: Failure | None = None
    happenings: tuple[Happening, ...] = ()
    downgrade: Trace | None = field(default=None, repr=False)
    lost: tuple[Loss, ...] = ()
    unattributed: tuple[Difference, ...] = ()
    """What is in :attr:`differences` and in none of a statement: another connection made it, say."""
    on_rows: Failure | None = None
    """What it raised on a shadow whose tables hold rows; this is then the trace on an empty one."""
    resumes: bool = False
    """Of an upgrade that a failure could leave half done: it may then run again from its beginning."""

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What the revision did to the catalog as a whole."""
        return compare(self.before, self.after)

    def operations(self, name_of: Any) -> Iterator[OperationEffect]:
        """Statements grouped by the line that caused them.

        :param name_of: gives the operation's name for a line.
        """
        writing = [
            s for s in self.statements if s.changed_catalog or s.failure or is_writing(s.sql)
        ]
        for line, group in groupby(writing, key=lambda s: s.line):
            statements = tuple(group)
            first = next((s.before for s in statements if s.before is not None), None)
            last = next((s.after for s in reversed(statements) if s.after is not None), None)
            differences = compare(first, last) if first is not None and last is not None else ()
            yield OperationEffect(
                line, name_of(line) if line is not None else None, statements, differences
            )


def is_writing(sql: str) -> bool:
    """Whether a statement does more than ask: questions and savepoints are not shown to a person."""
    return verb(sql) not in ("SELECT", "PRAGMA", "SHOW", "SAVEPOINT", "RELEASE")
