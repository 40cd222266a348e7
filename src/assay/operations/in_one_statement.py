"""MySQL and MariaDB: several changes of a table made by one ``ALTER TABLE``.

Each DDL statement commits there: between one that drops a constraint and one that makes it anew, rows
come in that neither looks at. In one statement nobody sees the table without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from alembic.util import CommandError

from assay.operations.online.resuming import not_resuming
from assay.operations.online.stated import NAME, altering
from assay.operations.online.waiting import block
from assay.operations.rendering import call
from assay.operations.statements import run, undoubled

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from alembic.autogenerate.api import AutogenContext
    from alembic.ddl.impl import DefaultImpl

__all__ = ["InOneStatementOp"]

_TABLE = rf"(?P<table>{NAME}(?:\.{NAME})?)"
_CREATE = re.compile(rf"CREATE (?P<kind>(?:\w+ )*INDEX) (?P<name>{NAME}) ON {_TABLE} (?P<parts>.+)")
_ALTER = re.compile(rf"ALTER TABLE {_TABLE} (?P<clause>.+)", re.DOTALL)


@Operations.register_operation("in_one_statement")
class InOneStatementOp(ops.OpContainer):
    """Operations on one table that are one ``ALTER TABLE``."""

    @classmethod
    def in_one_statement(cls, operations: Operations) -> AbstractContextManager[None]:
        """Within, what is dropped, added and changed of a table is one statement, run at the end.

        For what takes the place of another: run again it drops what it made, and makes it again. So
        ``op.resuming`` looks at nothing in it. The server refuses to drop and add a foreign key of one
        name in one statement (MariaDB 10.11, measured), see ``op.rename_foreign_key``. On other
        servers than MySQL and MariaDB each operation is its own statement.

        :raises CommandError: one is no ``ALTER TABLE``, or of another table.
        """
        return _joined(operations)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("in_one_statement",)


@contextmanager
def _joined(operations: Operations) -> Iterator[None]:
    context = operations.get_context()
    if context.dialect.name not in ("mysql", "mariadb"):
        yield
        return
    found: list[str] = []
    with not_resuming(context.impl), _written(context.impl, found):
        yield
    if found:
        run(operations, undoubled(operations, _one(found)))


@contextmanager
def _written(impl: DefaultImpl, found: list[str]) -> Iterator[None]:
    """Statements are kept as a script has them, and not run."""
    own, before = vars(impl), dict(vars(impl))
    own.update(as_sql=True, static_output=found.append)
    try:
        yield
    finally:
        for name in ("as_sql", "static_output"):
            if name in before:
                own[name] = before[name]
            else:
                del own[name]


def _one(statements: list[str]) -> str:
    tables: list[str] = []
    clauses = []
    for sql in statements:
        bare = altering(sql.strip().rstrip(";"))
        bare = _CREATE.sub(r"ALTER TABLE \g<table> ADD \g<kind> \g<name> \g<parts>", bare)
        parts = _ALTER.fullmatch(bare)
        if parts is None or parts["table"] not in (tables or [parts["table"]]):
            raise CommandError(
                f"op.in_one_statement is for changes of one table, not for: {bare}. "
                "Put it before or behind the block."
            )
        tables.append(parts["table"])
        clauses.append(parts["clause"])
    return f"ALTER TABLE {tables[0]} {', '.join(clauses)}"


@Operations.implementation_for(InOneStatementOp)
def _run(operations: Operations, op: InOneStatementOp) -> None:
    with _joined(operations):
        for one in op.ops:
            operations.invoke(one)


@renderers.dispatch_for(InOneStatementOp)
def _render(context: AutogenContext, op: InOneStatementOp) -> list[str]:
    return block(context, f"with {call(context, 'in_one_statement')}:", op.ops)
