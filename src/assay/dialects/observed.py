"""What the server was seen to do for one statement: locks, rewrites, scans, rows. Frozen values.

Names are as people write them: ``users``, ``side.users`` outside the default schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

__all__ = ["Grant", "Lock", "Observation", "OnlineForm", "RowChange"]


@dataclass(frozen=True)
class Lock:
    """A lock on a relation that was there before the revision.

    :param mode: as the server names it, ``ACCESS EXCLUSIVE``.
    :param blocks: what of ``reads`` and ``writes`` waits behind it.
    :param strength: grows with the mode; to compare locks of one server.
    """

    relation: str
    kind: str
    mode: str
    blocks: tuple[str, ...]
    strength: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "relation": self.relation,
            "kind": self.kind,
            "mode": self.mode,
            "blocks": list(self.blocks),
        }


@dataclass(frozen=True)
class Grant:
    """One privilege on one object.

    :param kind: as in the catalog: ``table``, ``function`` …
    :param role: who has it; ``PUBLIC`` is everybody.
    :param privilege: as the server names it: ``SELECT``.
    """

    kind: str
    name: str
    role: str
    privilege: str

    def to_json(self) -> dict[str, str]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "role": self.role,
            "privilege": self.privilege,
        }


@dataclass(frozen=True)
class RowChange:
    """Rows of one table that a statement inserted, updated, deleted."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def any(self) -> bool:
        """Whether a row was changed."""
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True)
class OnlineForm:
    """How a statement ran on MySQL or MariaDB.

    :param statement: the statement as it was accepted.
    :param algorithm: ``INSTANT``, ``INPLACE`` or ``COPY``; None: no form can be asked for, the
        server chose.
    :param lock: ``NONE`` (reads and writes go on), ``SHARED`` (writes wait); None: not asked for.
    :param refused: the forms that were tried before it, each with the server's reason.
    :param stated: the statement says its form itself, and no other was tried.
    """

    statement: str
    algorithm: str | None
    lock: str | None
    refused: tuple[tuple[str, str], ...] = ()
    stated: bool = False

    @property
    def blocks_writes(self) -> bool:
        """Writes to the table wait while the statement runs, or it is not known that they do not."""
        return self.algorithm != "INSTANT" and self.lock != "NONE"


@dataclass(frozen=True)
class Observation:
    """What one statement was seen to do.

    :param locks: what it locked that was not locked so before in its transaction.
    :param held: what earlier statements of its transaction locked and is locked still.
    :param rewritten: tables and indexes that were there and got another file.
    :param scanned: rows that were read of tables while it ran.
    :param rows: rows it changed, by table.
    :param emptied: tables that held rows and hold none any more, though no row was deleted by itself.
    :param transaction: a number of its own for each transaction; None outside of any.
    :param form: MySQL and MariaDB: the cheapest form that the server accepted.
    :param lock_timeout: seconds that it would wait for a lock, 0 for ever; None: nobody asked.
    :param whole: tables that held two rows or more, of which it updated or deleted every one; a
        trace leaves out those of which it updated but a range of keys.
    :param renamed: PostgreSQL: tables that have another name or schema, by the old name.
    """

    locks: tuple[Lock, ...] = ()
    held: tuple[Lock, ...] = ()
    rewritten: tuple[str, ...] = ()
    scanned: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, RowChange] = field(default_factory=dict)
    emptied: tuple[str, ...] = ()
    transaction: int | None = None
    form: OnlineForm | None = None
    lock_timeout: float | None = None
    whole: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def without(self, relation: str) -> Observation:
        """The same, but for one relation."""
        locked = any(lock.relation == relation for lock in (*self.locks, *self.held))
        others = (self.rewritten, self.scanned, self.rows, self.emptied, self.whole)
        if not locked and not any(relation in some for some in others):
            return self
        return replace(
            self,
            locks=tuple(lock for lock in self.locks if lock.relation != relation),
            held=tuple(lock for lock in self.held if lock.relation != relation),
            rewritten=tuple(name for name in self.rewritten if name != relation),
            scanned={name: n for name, n in self.scanned.items() if name != relation},
            rows={name: change for name, change in self.rows.items() if name != relation},
            emptied=tuple(name for name in self.emptied if name != relation),
            whole=tuple(name for name in self.whole if name != relation),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "locks": [lock.to_json() for lock in self.locks],
            "held": [lock.to_json() for lock in self.held],
            "rewritten": list(self.rewritten),
            "scanned": dict(self.scanned),
            "rows": {name: asdict(change) for name, change in self.rows.items()},
            "emptied": list(self.emptied),
            "every_row_of": list(self.whole),
            "renamed": dict(self.renamed),
            "transaction": self.transaction,
            "algorithm": self.form.algorithm if self.form else None,
            "lock": self.form.lock if self.form else None,
            "lock_timeout": self.lock_timeout,
        }
