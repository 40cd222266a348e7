"""PostgreSQL: UNIQUE and PRIMARY KEY made of an index that was built while the table is written to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy.sql.elements import conv

from assay.operations.constraints import PrimaryKeyOp
from assay.operations.online.constraints import state_of
from assay.operations.online.indexes import build
from assay.operations.online.looking import answer, online_here, relation, renamed_call
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
    """Add a primary key without blocking anybody while its index is built.

    :param replaces: the key that it takes the place of.
    """

    def __init__(self, plain: PrimaryKeyOp, replaces: str | None = None) -> None:
        self.plain, self.replaces = plain, replaces

    @classmethod
    def create_primary_key_online(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        replaces: str | None = None,
    ) -> None:
        """Prove its columns NOT NULL, build a unique index ``CONCURRENTLY``, make it the key.

        :param replaces: the name of the table's key, which is dropped by the same statement, so
            that the table always has one. A foreign key that refers to it makes the server refuse.
        """
        plain = PrimaryKeyOp(conv(constraint_name), table_name, list(columns), schema=schema)
        operations.invoke(cls(plain, replaces))

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
        if op.replaces is not None:
            operations.invoke(
                ops.DropConstraintOp(
                    conv(op.replaces), plain.table_name, "primary", schema=plain.schema
                )
            )
        operations.invoke(plain)
        return
    columns = list(plain.columns)
    for column in columns:
        prove_not_null(operations, plain.table_name, plain.schema, column)
    if op.replaces is not None:
        _in_its_place(operations, plain, op.replaces)
        return
    _key(operations, "PRIMARY KEY", str(plain.constraint_name), plain, columns, {}, "")


_KEY = """
SELECT conname AS name, (
    SELECT json_agg(attname ORDER BY n) FROM unnest(conkey) WITH ORDINALITY AS k(number, n)
    JOIN pg_attribute ON attrelid = conrelid AND attnum = number
)::text AS columns
FROM pg_constraint WHERE contype = 'p' AND conrelid = to_regclass(:relation)"""


def _in_its_place(operations: Operations, plain: PrimaryKeyOp, old: str) -> None:
    """The new key's index built under a name of its own, then one statement that changes the keys.

    The server drops before it adds, and gives the index the name of the key (PostgreSQL 15,
    measured). A run that died before the statement has left the index, one that died later nothing.
    """
    name, columns = str(plain.constraint_name), [str(c) for c in plain.columns]
    found = answer(operations, _KEY, relation=relation(operations, plain.table_name, plain.schema))
    if found is not None and found.name == name and json.loads(found.columns) == columns:
        return
    index = f"assay_key_{hashlib.sha256(f'{plain.table_name}.{name}'.encode()).hexdigest()[:8]}"
    build(
        operations,
        ops.CreateIndexOp(conv(index), plain.table_name, columns, schema=plain.schema, unique=True),
    )
    table, quoted = named(operations, plain.table_name, plain.schema), named(operations, name)
    drop, add = f"DROP CONSTRAINT {named(operations, old)}", f"ADD CONSTRAINT {quoted}"
    swap = f"ALTER TABLE {table} {drop}, {add} PRIMARY KEY USING INDEX {index}"
    briefly(operations, lambda: run(operations, swap))


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
    written = renamed_call(context, op.plain, "create_primary_key", "create_primary_key_online")
    return written if op.replaces is None else f"{written[:-1]}, replaces={op.replaces!r})"
