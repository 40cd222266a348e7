"""A column added without what would lock or copy its table: volatile default, keys and CHECKs of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint, Column, Computed, DefaultClause, Identity

from assay.generate.recipes import checks, foreign_keys, indexes, unique_constraints
from assay.generate.recipes.situation import Situation
from assay.operations.online.columns import AddColumnOnlineOp
from assay.project.compat.constructs import copy_column, is_type_bound

__all__ = ["KINDS", "apart", "recipe"]

KINDS = (ops.AddColumnOp,)


def recipe(op: ops.AddColumnOp, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    """``ADD COLUMN … DEFAULT gen_random_uuid()`` writes the whole table anew.

    A constant, or ``now()``, does not (PostgreSQL 11 and later): such a column stays plain. ``CHECK``,
    ``REFERENCES`` and ``UNIQUE`` in it lock as they do by themselves, so they come after it.
    """
    column = op.column
    if not on.in_use(op.table_name, op.schema) or on.version < (12,):
        return None
    if isinstance(column.server_default, (Identity, Computed)):
        return None  # the table is written anew in whatever form
    volatile = isinstance(column.server_default, DefaultClause) and on.rewrites(_bare(column))
    made: list[ops.MigrateOperation] = []
    for part in _parts(op):
        form = _safe(part, on)
        if form is None:
            return None
        made += form
    if not made:
        return [AddColumnOnlineOp(op)] if volatile else None
    return [
        AddColumnOnlineOp(ops.AddColumnOp(op.table_name, _bare(column), schema=op.schema)),
        *made,
    ]


def apart(op: ops.MigrateOperation) -> list[ops.MigrateOperation]:
    """MySQL and MariaDB: a column, and then each foreign key of it; other operations as they are.

    Alembic sends the same statements, but in one operation, of which the key's copies the table. A key
    without a name stays in it: by another name the server's index would be called otherwise.
    """
    if not isinstance(op, ops.AddColumnOp) or not op.column.foreign_keys:
        return [op]
    if any(key.name is None for key in op.column.foreign_keys):
        return [op]
    column = copy_column(op.column)
    column.foreign_keys.clear()
    options = {"schema": op.schema, "if_not_exists": op.if_not_exists, **op.kw}
    return [ops.AddColumnOp(op.table_name, column, **options), *_keys(op)]


def _bare(column: Column[Any]) -> Column[Any]:
    """A copy without constraints and indexes."""
    found = copy_column(column)
    found.constraints = {c for c in found.constraints if is_type_bound(c)}
    found.foreign_keys.clear()
    found.unique = found.index = None
    return found


def _keys(op: ops.AddColumnOp) -> Iterator[ops.CreateForeignKeyOp]:
    """Its foreign keys; one without a name gets the one that PostgreSQL gives."""
    table, name, schema = op.table_name, str(op.column.name), op.schema
    for key in op.column.foreign_keys:
        *path, target, referred = key.target_fullname.split(".")
        options = {
            "onupdate": key.onupdate,
            "ondelete": key.ondelete,
            "deferrable": key.deferrable,
            "initially": key.initially,
            "match": key.match,
        }
        yield (
            ops.CreateForeignKeyOp(
                str(key.name or f"{table}_{name}_fkey"),
                table,
                target,
                [name],
                [referred],
                source_schema=schema,
                referent_schema=path[0] if path else None,
                **{k: v for k, v in options.items() if v is not None},
            )
        )


def _parts(op: ops.AddColumnOp) -> list[ops.MigrateOperation]:
    """What else the operation makes, under the names that PostgreSQL gives."""
    column, table, schema = op.column, op.table_name, op.schema
    name = str(column.name)
    made: list[ops.MigrateOperation] = [*_keys(op)]
    for constraint in column.constraints:
        if isinstance(constraint, CheckConstraint) and not is_type_bound(constraint):
            named = str(constraint.name or f"{table}_{name}_check")
            made.append(
                ops.CreateCheckConstraintOp(named, table, constraint.sqltext, schema=schema)
            )
    if column.unique and not column.index:
        made.append(
            ops.CreateUniqueConstraintOp(f"{table}_{name}_key", table, [name], schema=schema)
        )
    elif column.index:
        index = f"ix_{table}_{name}" if schema is None else f"ix_{schema}_{table}_{name}"
        made.append(
            ops.CreateIndexOp(index, table, [name], schema=schema, unique=bool(column.unique))
        )
    return made


def _safe(op: ops.MigrateOperation, on: Situation) -> Sequence[ops.MigrateOperation] | None:
    if isinstance(op, ops.CreateForeignKeyOp):
        return foreign_keys.recipe(op, on)
    if isinstance(op, ops.CreateCheckConstraintOp):
        return checks.recipe(op, on)
    if isinstance(op, ops.CreateUniqueConstraintOp):
        return unique_constraints.recipe(op, on)
    assert isinstance(op, ops.CreateIndexOp)
    return indexes.recipe(op, on)
