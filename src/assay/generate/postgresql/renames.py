"""Tables and columns that a person said are renamed.

The server itself rewrites what mentions them: constraints, indexes, views, defaults. Names of
indexes, constraints and sequences stay, and are renamed where the models' names differ; those
that another table shall have step aside.
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import Snapshot
from assay.generate.answers import Answers
from assay.generate.plan.comparison import TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.plan.turns import in_turn
from assay.generate.postgresql.asides import aside_name, aside_steps
from assay.operations.rename_column import RenameColumnOp
from assay.operations.rename_table import RenameTableOp
from assay.operations.schemas import CreateSchemaOp, DropSchemaOp, MoveTableOp

__all__ = ["column_now", "rename_steps", "table_key"]


def table_key(name: str, default_schema: str) -> tuple[str, str]:
    """The key of a table that an answer names, ``table`` or ``schema.table``."""
    schema, _, table = name.rpartition(".")
    return (schema or default_schema, table)


def column_now(target: str, answers: Answers, default_schema: str) -> tuple[str, str, str]:
    """The key after the declared renames of a column that an answer names by its old one."""
    table, _, column = target.rpartition(".")
    renamed = {table_key(k, default_schema): v for k, v in answers.tables.items()}
    key = table_key(table, default_schema)
    if key in renamed:
        key = table_key(renamed[key], default_schema)
    return (*key, answers.columns.get(target, column))


def rename_steps(
    default_schema: str | None, old: Snapshot, new: Snapshot, answers: Answers
) -> Iterator[Step]:
    """Names that are in the way, columns under the old name of their table, then tables."""
    default = default_schema or "public"
    by_table: dict[tuple[str, str], dict[str, str]] = {}
    for target, name in answers.columns.items():
        table, _, column = target.rpartition(".")
        key = table_key(table, default)
        if old.get("column", *key, column) is not None:
            by_table.setdefault(key, {})[column] = name
    for key, columns in by_table.items():
        schema = None if key[0] == default else key[0]
        there = [o.key[2] for o in old.of_kind("column") if o.key[:2] == key]
        pairs = in_turn(columns, there, aside_name)
        yield Step(
            Phase.RENAME,
            [RenameColumnOp(key[1], one, other, schema) for one, other in pairs],
            [RenameColumnOp(key[1], other, one, schema) for one, other in reversed(pairs)],
            key,
        )
    made: set[str] = set()
    tables: dict[TableKey, TableKey] = {
        table_key(before, default): table_key(after, default)
        for before, after in answers.tables.items()
        if old.get("table", *table_key(before, default)) is not None
    }
    yield from aside_steps(default, old, new, tables)
    for other in tables.values():
        if old.get("schema", other[0]) is None and other[0] not in made:
            made.add(other[0])
            do, undo = CreateSchemaOp(other[0]), DropSchemaOp(other[0])
            yield Step(Phase.CREATE_SCHEMA, [do], [undo], (other[0],))
    names = {(o.key[0], o.key[1]) for o in old.of_kind("table")}
    for rank, (one, other) in enumerate(in_turn(tables, names, _aside), 1):
        do_table, undo_table = _moved(one, other, default), _moved(other, one, default)
        yield Step(Phase.RENAME, do_table, undo_table, one, rank)


def _aside(key: TableKey) -> TableKey:
    return key[0], aside_name(key[1])


def _moved(one: TableKey, other: TableKey, default: str) -> list[ops.MigrateOperation]:
    """What moves a table to another schema and renames it there."""
    found: list[ops.MigrateOperation] = []
    if one[0] != other[0]:
        schema = None if one[0] == default else one[0]
        found.append(MoveTableOp(one[1], other[0], schema))
    if one[1] != other[1]:
        schema = None if other[0] == default else other[0]
        found.append(RenameTableOp(one[1], other[1], schema=schema))
    return found
