"""PostgreSQL: foreign keys and CHECKs added NOT VALID, then validated while the table is written to.

MySQL and MariaDB have the same of foreign keys, see :mod:`assay.operations.online.unchecked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy.sql.elements import conv

from assay.operations.constraints import final_name, plain_call
from assay.operations.online.looking import answer, online_here, relation, renamed_call
from assay.operations.online.unchecked import add_unchecked
from assay.operations.online.waiting import briefly, patiently
from assay.operations.rendering import IMPORT, call
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = [
    "CheckOnlineOp",
    "DropConstraintOnlineOp",
    "ForeignKeyOnlineOp",
    "drop_if_there",
    "state_of",
    "validate",
]

_FOUND = """
SELECT convalidated AS valid, contype::text AS kind FROM pg_constraint
WHERE conname = :name AND conrelid = to_regclass(:relation)"""


def state_of(operations: Operations, table: str, schema: str | None, name: str) -> Any:
    """A constraint of a table: ``valid``, ``kind`` as ``pg_constraint`` has it; None without one."""
    return answer(operations, _FOUND, name=name, relation=relation(operations, table, schema))


def validate(operations: Operations, table: str, schema: str | None, name: str) -> None:
    """Look at every row under ``SHARE UPDATE EXCLUSIVE``, which blocks neither reads nor writes."""
    found = state_of(operations, table, schema, name)
    if found is not None and found.valid:
        return
    target = named(operations, table, schema)
    with patiently(operations):
        run(operations, f"ALTER TABLE {target} VALIDATE CONSTRAINT {named(operations, name)}")


def drop_if_there(operations: Operations, table: str, schema: str | None, name: str) -> None:
    """Drop a constraint that a run before this one may have dropped."""
    offline = operations.get_context().as_sql
    if not offline and state_of(operations, table, schema, name) is None:
        return
    target = named(operations, table, schema)
    drop = f"ALTER TABLE {target} DROP CONSTRAINT {named(operations, name)}"
    briefly(operations, lambda: run(operations, drop))


@Operations.register_operation("create_foreign_key_online")
class ForeignKeyOnlineOp(ops.MigrateOperation):
    """Add a foreign key without blocking writes while rows are checked."""

    def __init__(self, plain: ops.CreateForeignKeyOp) -> None:
        self.plain = plain

    @classmethod
    def create_foreign_key_online(
        cls,
        operations: Operations,
        constraint_name: str,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        **options: Any,
    ) -> None:
        """Add a foreign key without a look at the rows, then look; see ``op.create_foreign_key``.

        PostgreSQL: ``NOT VALID``, then validated. MySQL and MariaDB: with ``foreign_key_checks = 0``,
        then rows without a parent are looked for; where there are some, the key is dropped again.
        """
        plain = ops.CreateForeignKeyOp(
            constraint_name,
            source_table,
            referent_table,
            list(local_cols),
            list(remote_cols),
            **options,
        )
        operations.invoke(cls(plain))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_foreign_key_online", self.plain.source_table, self.plain.constraint_name)


@Operations.implementation_for(ForeignKeyOnlineOp)
def _foreign_key(operations: Operations, op: ForeignKeyOnlineOp) -> None:
    plain = op.plain
    if operations.get_context().dialect.name in ("mysql", "mariadb"):
        add_unchecked(operations, plain)
        return
    if not online_here(operations, "create_foreign_key_online"):
        operations.invoke(plain)
        return
    schema, name = plain.kw.get("source_schema"), str(plain.constraint_name)
    if state_of(operations, plain.source_table, schema, name) is None:
        not_valid = ops.CreateForeignKeyOp(
            plain.constraint_name,
            plain.source_table,
            plain.referent_table,
            plain.local_cols,
            plain.remote_cols,
            **{**plain.kw, "postgresql_not_valid": True},
        )
        briefly(operations, lambda: operations.invoke(not_valid))
    validate(operations, plain.source_table, schema, name)


@renderers.dispatch_for(ForeignKeyOnlineOp)
def _render_foreign_key(context: AutogenContext, op: ForeignKeyOnlineOp) -> str:
    return renamed_call(context, op.plain, "create_foreign_key", "create_foreign_key_online")


@Operations.register_operation("create_check_constraint_online")
class CheckOnlineOp(ops.MigrateOperation):
    """Add a CHECK without blocking anybody while rows are checked."""

    def __init__(
        self, name: str, table_name: str, condition: str, schema: str | None = None
    ) -> None:
        self.name, self.table_name, self.schema = name, table_name, schema
        self.condition = condition

    @classmethod
    def create_check_constraint_online(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        condition: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Add a CHECK ``NOT VALID``, then validate it; see ``op.create_check_constraint``."""
        operations.invoke(cls(constraint_name, table_name, condition, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_check_constraint_online", self.schema, self.table_name, self.name)


@Operations.implementation_for(CheckOnlineOp)
def _check(operations: Operations, op: CheckOnlineOp) -> None:
    online = online_here(operations, "create_check_constraint_online")
    options: dict[str, Any] = {"postgresql_not_valid": True} if online else {}
    plain = ops.CreateCheckConstraintOp(
        conv(op.name), op.table_name, op.condition, schema=op.schema, **options
    )
    if not online:
        operations.invoke(plain)
        return
    if state_of(operations, op.table_name, op.schema, op.name) is None:
        briefly(operations, lambda: operations.invoke(plain))
    validate(operations, op.table_name, op.schema, op.name)


@renderers.dispatch_for(CheckOnlineOp)
def _render_check(context: AutogenContext, op: CheckOnlineOp) -> str:
    context.imports.add(IMPORT)
    arguments = [final_name(context, op.name), repr(op.table_name), repr(op.condition)]
    return plain_call(context, "create_check_constraint_online", arguments, {"schema": op.schema})


@Operations.register_operation("drop_constraint_online")
class DropConstraintOnlineOp(ops.MigrateOperation):
    """Drop a constraint, giving up soon where others would wait."""

    def __init__(
        self, name: str, table_name: str, type_: str | None = None, schema: str | None = None
    ) -> None:
        self.name, self.table_name, self.type_, self.schema = name, table_name, type_, schema

    @classmethod
    def drop_constraint_online(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
    ) -> None:
        """Drop a constraint, if it is there, by a statement that waits for its lock at most 2 s."""
        operations.invoke(cls(constraint_name, table_name, type_, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_constraint_online", self.schema, self.table_name, self.name)


@Operations.implementation_for(DropConstraintOnlineOp)
def _drop(operations: Operations, op: DropConstraintOnlineOp) -> None:
    if online_here(operations, "drop_constraint_online"):
        drop_if_there(operations, op.table_name, op.schema, op.name)
    else:
        operations.invoke(
            ops.DropConstraintOp(conv(op.name), op.table_name, op.type_, schema=op.schema)
        )


@renderers.dispatch_for(DropConstraintOnlineOp)
def _render_drop(context: AutogenContext, op: DropConstraintOnlineOp) -> str:
    keywords = {"type_": op.type_, "schema": op.schema}
    return call(context, "drop_constraint_online", [op.name, op.table_name], keywords)
