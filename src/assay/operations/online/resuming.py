"""MySQL and MariaDB: a revision that died half-way is run again, and does what is left.

Each DDL statement commits there, so a failure leaves what was made before it, and the revision is not
stamped: its next run would fail on its first statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MethodType
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from assay.operations.online.there import (
    column_made,
    constraint_made,
    index_made,
    named_in,
    primary_key,
    table_made,
)
from assay.operations.online.waiting import block
from assay.operations.rendering import call

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from alembic.autogenerate.api import AutogenContext
    from alembic.ddl.impl import DefaultImpl
    from sqlalchemy import Column, Constraint, Index, Table

__all__ = ["RESUMED", "ResumingOp", "not_resuming", "resuming"]

RESUMED: tuple[type[ops.MigrateOperation], ...] = (
    ops.CreateTableOp,
    ops.DropTableOp,
    ops.AddColumnOp,
    ops.DropColumnOp,
    ops.CreateIndexOp,
    ops.DropIndexOp,
    ops.AddConstraintOp,
    ops.DropConstraintOp,
)
"""Operations that fail where what they do is done. Others (``MODIFY``) can be run twice as they are."""


@Operations.register_operation("resuming")
class ResumingOp(ops.OpContainer):
    """Operations that leave alone what is done already."""

    def __init__(self, operations: Sequence[ops.MigrateOperation]) -> None:
        super().__init__(list(operations))

    @classmethod
    def resuming(cls, operations: Operations) -> AbstractContextManager[None]:
        """Within, what is to be made and is there, or to be dropped and is gone, is left as it is.

        So a revision that died in the middle is run again to its end. What has the name and is
        something else is not taken for it. On other servers than MySQL and MariaDB, which take a
        failed revision back, and in SQL scripts nothing is looked at.
        """
        return resuming(operations)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("resuming",)


@contextmanager
def resuming(operations: Operations) -> Iterator[None]:
    """See ``op.resuming``."""
    context = operations.get_context()
    mysql = context.dialect.name in ("mysql", "mariadb")
    if not mysql or context.as_sql or context.connection is None:
        yield
        return
    # Alembic's operations, and those of a batch, all come through these methods
    with _methods(context.impl, _looking(context.impl)):
        yield


@contextmanager
def not_resuming(impl: DefaultImpl) -> Iterator[None]:
    """Within, nothing is looked at: for what is run again as a whole."""
    names = [name for name in _LOOKING if name in vars(impl)]
    with _methods(impl, {name: MethodType(getattr(type(impl), name), impl) for name in names}):
        yield


@contextmanager
def _methods(impl: DefaultImpl, others: Mapping[str, Callable[..., None]]) -> Iterator[None]:
    own = vars(impl)
    before = {name: own.get(name) for name in others}
    own.update(others)
    try:
        yield
    finally:
        for name, method in before.items():
            if method is None:
                del own[name]
            else:
                own[name] = method


_LOOKING = (
    "create_table",
    "drop_table",
    "add_column",
    "drop_column",
    "create_index",
    "drop_index",
    "add_constraint",
    "drop_constraint",
)


def _looking(impl: DefaultImpl) -> dict[str, Callable[..., None]]:
    """Methods in the place of Alembic's, each of which looks first."""
    create_table, drop_table = impl.create_table, impl.drop_table
    add_column, drop_column = impl.add_column, impl.drop_column
    create_index, drop_index = impl.create_index, impl.drop_index
    add_constraint, drop_constraint = impl.add_constraint, impl.drop_constraint

    def table(table: Table, **options: Any) -> None:
        if not table_made(impl, table):
            create_table(table, **options)
            return
        for index in table.indexes:
            impl.create_index(index)

    def no_table(table: Table, **options: Any) -> None:
        if named_in(impl, (table.name, table.schema), "columns"):
            drop_table(table, **options)

    def column(name: str, column: Column[Any], *, schema: Any = None, **options: Any) -> None:
        if not column_made(impl, (name, schema), column):
            add_column(name, column, schema=schema, **options)

    def no_column(name: str, column: Column[Any], *, schema: Any = None, **options: Any) -> None:
        if str(column.name) in named_in(impl, (name, schema), "columns"):
            drop_column(name, column, schema=schema, **options)

    def index(index: Index, **options: Any) -> None:
        if not index_made(impl, index):
            create_index(index, **options)

    def no_index(index: Index, **options: Any) -> None:
        table = index.table
        if table is None or str(index.name) in named_in(
            impl, (table.name, table.schema), "indexes"
        ):
            drop_index(index, **options)

    def constraint(constraint: Constraint, **options: Any) -> None:
        if not constraint_made(impl, constraint):
            add_constraint(constraint, **options)

    def no_constraint(constraint: Constraint, **options: Any) -> None:
        if not _gone(impl, constraint):
            drop_constraint(constraint, **options)

    looking = (table, no_table, column, no_column, index, no_index, constraint, no_constraint)
    return dict(zip(_LOOKING, looking, strict=True))


def _gone(impl: DefaultImpl, constraint: Constraint) -> bool:
    table = constraint.table
    assert table is not None
    place = table.name, table.schema
    if isinstance(constraint, PrimaryKeyConstraint):
        return not primary_key(impl, place)
    if isinstance(constraint, UniqueConstraint):
        return str(constraint.name) not in named_in(impl, place, "indexes")
    found = {
        **named_in(impl, place, "foreign_keys"),
        **named_in(impl, place, "check_constraints"),
    }
    return str(constraint.name) not in found


@Operations.implementation_for(ResumingOp)
def _run(operations: Operations, op: ResumingOp) -> None:
    with resuming(operations):
        for one in op.ops:
            operations.invoke(one)


@renderers.dispatch_for(ResumingOp)
def _render(context: AutogenContext, op: ResumingOp) -> list[str]:
    return block(context, f"with {call(context, 'resuming')}:", op.ops)
