"""PostgreSQL: UNIQUE and PRIMARY KEY made of an index that was built while the table is written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy.sql.elements import conv

from assay.operations.constraints import PrimaryKeyOp
from assay.operations.online.constraints import state_of
from assay.operations.online.indexes import build
from assay.operations.online.looking import online_here, renamed_call
from assay.operations.online.not_null import prove_not_null
from assay.operations.online.waiting import briefly
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["PrimaryKeyOnlineOp", "UniqueOnlineOp"]


@Operations.register_operation("create_unique_constraint_online")
class UniqueOnlineOp(ops.MigrateOperation):
    """Add a UNIQUE constraint without blocking writes while its index is built."""

    def __init__(self, plain: ops.CreateUniqueConstraintOp) -> None:
        self.plain = plain

    @classmethod
    def create_unique_constraint_online(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        """Build a unique index ``CONCURRENTLY``, then make it a UNIQUE constraint."""
        plain = ops.CreateUniqueConstraintOp(
            constraint_name, table_name, list(columns), schema=schema, **options
        )
        operations.invoke(cls(plain))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_unique_constraint_online", self.plain.schema, self.plain.table_name)


@Operations.register_operation("create_primary_key_online")
class PrimaryKeyOnlineOp(ops.MigrateOperation):
    """Add a primary key without blocking anybody while its index is built."""

    def __init__(self, plain: PrimaryKeyOp) -> None:
        self.plain = plain

    @classmethod
    def create_primary_key_online(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
    ) -> None:
        """Prove its columns NOT NULL, build a unique index ``CONCURRENTLY``, make it the key."""
        plain = PrimaryKeyOp(conv(constraint_name), table_name, list(columns), schema=schema)
        operations.invoke(cls(plain))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_primary_key_online", self.plain.schema, self.plain.table_name)


@Operations.implementation_for(UniqueOnlineOp)
def _unique(operations: Operations, op: UniqueOnlineOp) -> None:
    plain, options = op.plain, dict(op.plain.kw)
    if not online_here(operations, "create_unique_constraint_online"):
        operations.invoke(plain)
        return
    deferral = ""
    if options.pop("deferrable", None):
        deferral = " DEFERRABLE"
    initially = options.pop("initially", None)
    if initially:
        deferral += f" INITIALLY {initially}"
    columns = [str(c) for c in plain.columns]
    _key(operations, "UNIQUE", str(plain.constraint_name), plain, columns, options, deferral)


@Operations.implementation_for(PrimaryKeyOnlineOp)
def _primary_key(operations: Operations, op: PrimaryKeyOnlineOp) -> None:
    plain = op.plain
    if not online_here(operations, "create_primary_key_online"):
        operations.invoke(plain)
        return
    columns = list(plain.columns)
    for column in columns:
        prove_not_null(operations, plain.table_name, plain.schema, column)
    _key(operations, "PRIMARY KEY", str(plain.constraint_name), plain, columns, {}, "")


def _key(
    operations: Operations,
    kind: str,
    name: str,
    plain: ops.CreateUniqueConstraintOp | PrimaryKeyOp,
    columns: list[str],
    options: dict[str, Any],
    deferral: str,
) -> None:
    """Index and constraint have one name: then the server takes the index without renaming it."""
    if state_of(operations, plain.table_name, plain.schema, name) is not None:
        return
    build(
        operations,
        ops.CreateIndexOp(
            conv(name), plain.table_name, columns, schema=plain.schema, unique=True, **options
        ),
    )
    table, quoted = named(operations, plain.table_name, plain.schema), named(operations, name)
    add = f"ALTER TABLE {table} ADD CONSTRAINT {quoted} {kind} USING INDEX {quoted}{deferral}"
    briefly(operations, lambda: run(operations, add))


@renderers.dispatch_for(UniqueOnlineOp)
def _render_unique(context: AutogenContext, op: UniqueOnlineOp) -> str:
    return renamed_call(
        context, op.plain, "create_unique_constraint", "create_unique_constraint_online"
    )


@renderers.dispatch_for(PrimaryKeyOnlineOp)
def _render_primary_key(context: AutogenContext, op: PrimaryKeyOnlineOp) -> str:
    return renamed_call(context, op.plain, "create_primary_key", "create_primary_key_online")
