"""Statements in autocommit, in a transaction of ours where they can be watched in one.

What a statement did is asked on its own connection. In a transaction its locks are still there to be
seen, and nothing comes between it and the question. So where the revision's connection is in
autocommit, one is begun for each statement that does the same in it, and committed with it; for what
cannot be in one (``CONCURRENTLY``), after it, for the questions alone.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.dialects import Dialect, Execute, Follower, Observation, Observer, verb

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Enclosing"]

_ASKING = ("RESET", "SELECT", "SET", "SHOW")


class Enclosing:
    """The transactions of one connection, as whoever watches and follows it is told of them.

    :param execute: on that connection, below SQLAlchemy.
    """

    def __init__(
        self, connection: Connection, execute: Execute, dialect: Dialect, observer: Observer | None
    ) -> None:
        self._connection, self._execute = connection, execute
        self._dialect, self._observer = dialect, observer
        self._numbers: dict[int, int] = {}
        self._transaction: object = None
        self.enclosed = False
        """A transaction of ours is open."""
        self.asks = False
        """An operation only asks, in autocommit: that has no effect to be seen."""
        self.known = False
        """What was seen until now was committed."""

    @property
    def autocommit(self) -> bool:
        """Whether the revision has no transaction now."""
        options = self._connection.get_execution_options()
        return bool(options.get("isolation_level") == "AUTOCOMMIT")

    @property
    def outside(self) -> bool:
        """Whether a statement runs in no transaction, not in one of ours either."""
        return self.autocommit and not self.enclosed

    @property
    def followed(self) -> bool:
        """Whether the transaction is the one that was begun last, and the revision's own."""
        return self._connection.get_transaction() is self._transaction and not self.autocommit

    def forget(self) -> None:
        """What comes is followed as if it had just begun."""
        self._transaction = None

    def begin(self, sql: str, follower: Follower | None, *, by_operation: bool) -> None:
        """A statement is about to run."""
        can = self._observer is not None and self.autocommit and self._observer.encloses(sql)
        self.asks = can and by_operation and verb(sql) in _ASKING
        self.enclosed = can and not self.asks
        if self.enclosed:
            self._execute("BEGIN")
        transaction = self._connection.get_transaction()
        new = transaction is not self._transaction and not self.autocommit
        if follower is not None and (new or self.enclosed):
            follower.begin(known=self.known)
            self.known = False
        self._transaction = transaction

    def look(self, follower: Follower) -> bool:
        """See what the statement did; whether it wrote the catalog."""
        if not self.outside:
            return follower.look(autocommit=False)
        self.known = True
        if not self._dialect.capabilities.transactional_ddl:
            return follower.look(autocommit=True)
        self._execute("BEGIN")
        try:
            return follower.look(autocommit=True)
        finally:
            self._execute("COMMIT")

    def end(self, follower: Follower | None) -> None:
        """All was asked. What waits for a COMMIT may raise now, as it would have in autocommit."""
        if not self.enclosed:
            return
        if follower is not None:
            follower.end(told=True)
        self._execute("COMMIT")
        self.enclosed, self.known = False, True

    def abandon(self) -> None:
        """Something raised: our transaction is rolled back, and the catalog is as it was."""
        if self.enclosed:
            self.enclosed = False
            with suppress(Exception):
                self._execute("ROLLBACK")
            self.known = True

    def told(self, observed: Observation) -> Observation:
        """With the number of the transaction among the revision's own."""
        number = observed.transaction
        if number is None:
            return observed
        if self.enclosed:
            return replace(observed, transaction=None, held=())
        own = self._numbers.setdefault(number, len(self._numbers) + 1)
        return observed if own == number else replace(observed, transaction=own)
