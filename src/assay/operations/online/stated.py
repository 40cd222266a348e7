"""MySQL and MariaDB: DDL that says what it may cost, so that the server refuses rather than copies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy import event

from assay.operations.online.resuming import resuming
from assay.operations.online.waiting import block
from assay.operations.rendering import call

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Connection

__all__ = ["NAME", "StatedOp", "altering", "as_stated"]

_SAID = "assay_stated_form"

NAME = r"(?:`(?:[^`]|``)*`|[^\s`.]+)"
"""A name in SQL as Alembic writes it."""
_DROP = re.compile(rf"\s*DROP INDEX (?P<name>{NAME}) ON (?P<table>{NAME}(?:\.{NAME})?)\s*\Z")
_CREATE = re.compile(r"\s*CREATE (?:UNIQUE |FULLTEXT |SPATIAL )?INDEX ")


@Operations.register_operation("stating")
class StatedOp(ops.OpContainer):
    """Operations whose DDL states its algorithm and its lock."""

    def __init__(
        self, operations: Sequence[ops.MigrateOperation], algorithm: str, lock: str | None = None
    ) -> None:
        super().__init__(list(operations))
        self.algorithm, self.lock = algorithm, lock

    @classmethod
    def stating(
        cls, operations: Operations, algorithm: str, lock: str | None = None
    ) -> AbstractContextManager[None]:
        """Within, ``ALTER TABLE`` and ``CREATE INDEX`` say ``ALGORITHM=…, LOCK=…``.

        A server that can do it only at a higher price refuses it, before anything is done. What is
        done already is left as it is, see ``op.resuming``. On other servers than MySQL and MariaDB
        nothing is said.

        :param algorithm: ``INSTANT``, ``INPLACE``, ``COPY``.
        :param lock: ``NONE``, ``SHARED``, ``EXCLUSIVE``; None: not said.
        """
        return _stating(operations, algorithm, lock)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("stating", self.algorithm, self.lock)


@contextmanager
def _stating(operations: Operations, algorithm: str, lock: str | None) -> Iterator[None]:
    context = operations.get_context()
    if context.dialect.name not in ("mysql", "mariadb"):
        yield
        return
    said = [f"ALGORITHM={algorithm}", *([f"LOCK={lock}"] if lock else [])]
    if context.as_sql or context.connection is None:
        write: Callable[[str], None] = context.impl.static_output
        vars(context.impl)["static_output"] = lambda text: write(_with(text, said))
        try:
            yield
        finally:
            del vars(context.impl)["static_output"]
        return

    def before(
        _c: Any, _cursor: Any, sql: str, given: Any, _x: Any, _many: bool
    ) -> tuple[str, Any]:
        return _with(sql, said), given

    connection = context.connection
    event.listen(connection, "before_cursor_execute", before, retval=True)
    outer = connection.info.get(_SAID)
    connection.info[_SAID] = said
    try:
        with resuming(operations):
            yield
    finally:
        connection.info[_SAID] = outer
        event.remove(connection, "before_cursor_execute", before)


def as_stated(connection: Connection, sql: str) -> str:
    """A statement as it is sent: for who listens on the connection since before it was to state its form."""
    said = connection.info.get(_SAID)
    return _with(sql, said) if said else sql


def _with(sql: str, said: list[str]) -> str:
    """A statement as Alembic writes it, with what it may cost."""
    end = ";" if sql.rstrip().endswith(";") else ""
    bare = altering(sql.rstrip().rstrip(";"))
    if bare.lstrip().startswith("ALTER TABLE "):
        return f"{bare}, {', '.join(said)}{end}"
    return f"{bare} {' '.join(said)}{end}" if _CREATE.match(bare) else sql


def altering(sql: str) -> str:
    """``DROP INDEX`` as the ``ALTER TABLE`` that it is; other statements as they are.

    It takes no algorithm on MariaDB 10.11 (measured).
    """
    dropped = _DROP.match(sql)
    if dropped is None:
        return sql
    return f"ALTER TABLE {dropped['table']} DROP INDEX {dropped['name']}"


@Operations.implementation_for(StatedOp)
def _run(operations: Operations, op: StatedOp) -> None:
    with _stating(operations, op.algorithm, op.lock):
        for one in op.ops:
            operations.invoke(one)


@renderers.dispatch_for(StatedOp)
def _render(context: AutogenContext, op: StatedOp) -> list[str]:
    arguments = [op.algorithm, *([op.lock] if op.lock else [])]
    opening, *inside = block(context, f"with {call(context, 'stating', arguments)}:", op.ops)
    if len(op.ops) == 1 and inside[0].startswith("with "):
        # one block, not one in another
        return [f"{opening[:-1]}, {inside[0].removeprefix('with ')}", *inside[1:-1]]
    return [opening, *inside]
