"""Tables made and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import DDL
from sqlalchemy.schema import SchemaItem

from assay.catalog import CatalogObject, Change, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.sqlite.definitions import created_index, definition, index_objects, options
from assay.generate.sqlite.indexes import dropped
from assay.generate.sqlite.texts import unquoted

__all__ = ["model_items", "model_options", "steps"]

Ops = list[ops.MigrateOperation]


def steps(c: Comparison) -> Iterator[Step]:
    """A table with its indexes; parents are made before children and dropped after them.

    An index whose name another table's shall have goes before that one is made.
    """
    depth = _depths(c.old)
    wanted = {o.key[1] for o in c.new.of_kind("index")}
    for difference in c.changed("table"):
        found = difference.object
        if found.get("virtual") is not None:
            continue
        name = found.key[0]
        if difference.change is Change.ADDED:
            rank = c.by_model_order.get(found.key, 0)
            yield Step(Phase.CREATE_TABLE, _created(c, name), [_dropped(name)], found.key, rank)
        elif difference.change is Change.REMOVED:
            early = [o for o in index_objects(c.old, name) if o.key[1] in wanted]
            for index in early:
                yield dropped(index)
            undo = _recreated(c, name, early)
            yield Step(Phase.DROP_TABLE, [_dropped(name)], undo, found.key, -depth.get(name, 0))


def model_items(c: Comparison, name: str) -> list[SchemaItem] | None:
    """Columns and constraints of a model table; None where the models have none of that name."""
    table = c.models.get((name,))
    if table is None or getattr(table, "is_view", False):
        return None
    made = ops.CreateTableOp.from_table(table)
    return list(made.columns)


def model_options(c: Comparison, name: str) -> dict[str, Any]:
    """Options of a model table as ``op.create_table`` takes them."""
    table = c.models[(name,)]
    made = dict(ops.CreateTableOp.from_table(table).kw)
    made.pop("comment", None)
    made.pop("info", None)
    return {
        k: v for k, v in made.items() if not k.startswith(("mysql_", "mariadb_", "postgresql_"))
    }


def _created(c: Comparison, name: str) -> Ops:
    items = model_items(c, name)
    if items is None:
        table: Ops = [_table(name, definition(c, c.new, name), options(c.new, name))]
    else:
        table = [_table(name, items, model_options(c, name))]
    return [*table, *(created_index(o) for o in index_objects(c.new, name))]


def _recreated(c: Comparison, name: str, without: list[CatalogObject]) -> Ops:
    table = _table(name, definition(c, c.old, name), options(c.old, name))
    triggers = [o for o in c.old.of_kind("trigger") if o.key[0] == name]
    return [
        table,
        *(created_index(o) for o in index_objects(c.old, name) if o not in without),
        *(_statement(o.get("definition") or "") for o in triggers),
    ]


def _table(name: str, items: list[SchemaItem], keywords: dict[str, Any]) -> ops.MigrateOperation:
    return ops.CreateTableOp(name, items, _constraints_included=True, **keywords)


def _dropped(name: str) -> ops.MigrateOperation:
    return ops.DropTableOp(name)


def _statement(sql: str) -> ops.MigrateOperation:
    statement: Any = DDL
    return ops.ExecuteSQLOp(statement(sql.replace("%", "%%")))


def _depths(side: Snapshot) -> dict[str, int]:
    """By table: how many tables it refers to, one behind the other; a circle ends where it closes."""
    parents: dict[str, set[str]] = {}
    for found in side.of_kind("foreign key"):
        parents.setdefault(found.key[0], set()).add(unquoted(found.get("target") or ""))
    depths: dict[str, int] = {}

    def depth(name: str, above: tuple[str, ...]) -> int:
        if name in depths:
            return depths[name]
        deeper = [
            depth(p, (*above, name)) for p in parents.get(name, ()) if p not in (*above, name)
        ]
        found = 1 + max(deeper, default=-1)
        if not above:
            depths[name] = found
        return found

    for name in sorted(parents):
        depth(name, ())
    return depths
