"""PostgreSQL: indexes built and dropped while the table is written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from assay.operations.online.looking import answer, online_here, relation, renamed_call
from assay.operations.online.waiting import patiently
from assay.operations.statements import named, run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["CreateIndexOnlineOp", "DropIndexOnlineOp", "build"]

_FOUND = """
SELECT i.indisvalid AND i.indisready AS valid, i.indisunique AS is_unique,
    (SELECT json_agg(pg_get_indexdef(i.indexrelid, n, true) ORDER BY n)
        FROM generate_series(1, i.indnkeyatts) n)::text AS elements,
    quote_ident(s.nspname) || '.' || quote_ident(c.relname) AS name
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace s ON s.oid = c.relnamespace
WHERE c.relname = :name AND i.indrelid = to_regclass(:relation)"""


@Operations.register_operation("create_index_online")
class CreateIndexOnlineOp(ops.MigrateOperation):
    """Build an index without blocking writes."""

    def __init__(self, plain: ops.CreateIndexOp) -> None:
        self.plain = plain

    @classmethod
    def create_index_online(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str,
        columns: Sequence[Any],
        *,
        schema: str | None = None,
        unique: bool = False,
        **options: Any,
    ) -> None:
        """Build an index ``CONCURRENTLY``; see ``op.create_index`` for what it takes.

        A valid one of that name on the table is left as it is; an INVALID one, which a build that
        failed leaves behind, is dropped and built anew.
        """
        plain = ops.CreateIndexOp(
            index_name, table_name, list(columns), schema=schema, unique=unique, **options
        )
        operations.invoke(cls(plain))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("create_index_online", self.plain.schema, self.plain.table_name)


@Operations.register_operation("drop_index_online")
class DropIndexOnlineOp(ops.MigrateOperation):
    """Drop an index without blocking anybody."""

    def __init__(self, name: str, table_name: str | None, schema: str | None = None) -> None:
        self.name, self.table_name, self.schema = name, table_name, schema

    @classmethod
    def drop_index_online(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
    ) -> None:
        """Drop an index ``CONCURRENTLY``, if it is there."""
        operations.invoke(cls(index_name, table_name, schema))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("drop_index_online", self.schema, self.table_name, self.name)


@Operations.implementation_for(CreateIndexOnlineOp)
def _create(operations: Operations, op: CreateIndexOnlineOp) -> None:
    if online_here(operations, "create_index_online"):
        build(operations, op.plain)
    else:
        operations.invoke(op.plain)


def build(operations: Operations, plain: ops.CreateIndexOp) -> None:
    """Build an index if a valid one is not there; one that is there but INVALID is dropped first."""
    name, columns = str(plain.index_name), list(plain.columns)
    found = answer(
        operations,
        _FOUND,
        name=name,
        relation=relation(operations, plain.table_name, plain.schema),
    )
    with patiently(operations):
        if found is not None and not found.valid:
            run(operations, f"DROP INDEX CONCURRENTLY {found.name}")
        elif found is not None and _alike(operations, found, columns, bool(plain.unique)):
            return
        # another of that name makes the server refuse
        options = {**plain.kw, "postgresql_concurrently": True}
        operations.invoke(
            ops.CreateIndexOp(
                plain.index_name,
                plain.table_name,
                columns,
                schema=plain.schema,
                unique=plain.unique,
                **options,
            )
        )


def _alike(operations: Operations, found: Any, columns: Sequence[Any], unique: bool) -> bool:
    """Whether an index can be the one that is wanted; expressions are not compared."""
    import json

    elements = json.loads(found.elements)
    if found.is_unique != unique or len(elements) != len(columns):
        return False
    pairs = zip(elements, columns, strict=True)
    return all(not isinstance(c, str) or e.startswith(named(operations, c)) for e, c in pairs)


@Operations.implementation_for(DropIndexOnlineOp)
def _drop(operations: Operations, op: DropIndexOnlineOp) -> None:
    if not online_here(operations, "drop_index_online"):
        operations.invoke(ops.DropIndexOp(op.name, op.table_name, schema=op.schema))
        return
    name = named(operations, op.name, op.schema)
    # one that is a constraint's has taken the name since: a run before this one made it
    gone = answer(
        operations,
        "SELECT to_regclass(:name) IS NULL OR EXISTS (SELECT FROM pg_constraint"
        " WHERE conindid = to_regclass(:name) AND contype IN ('p', 'u', 'x')) AS gone",
        name=name,
    )
    if gone is not None and gone.gone:
        return
    with patiently(operations):
        run(operations, f"DROP INDEX CONCURRENTLY {name}")


@renderers.dispatch_for(CreateIndexOnlineOp)
def _render_create(context: AutogenContext, op: CreateIndexOnlineOp) -> str:
    return renamed_call(context, op.plain, "create_index", "create_index_online")


@renderers.dispatch_for(DropIndexOnlineOp)
def _render_drop(context: AutogenContext, op: DropIndexOnlineOp) -> str:
    plain = ops.DropIndexOp(op.name, op.table_name, schema=op.schema)
    return renamed_call(context, plain, "drop_index", "drop_index_online")
