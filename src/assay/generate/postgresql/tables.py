"""Tables that are made and dropped, with everything in them."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject, Change
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.sequences import owned_by_table
from assay.generate.postgresql.table_columns import columns_of
from assay.generate.postgresql.table_making import creation
from assay.generate.postgresql.table_order import Order, parents_of

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """Made before columns are added anywhere, dropped after everything that needs them is gone."""
    made, gone = Order.of_new(c), Order.of_gone(c)
    for difference in c.changed("table"):
        table, key = difference.object, difference.object.key
        if difference.change is Change.ADDED:
            if key not in c.models and not _is_partition(table):
                continue  # made by a DDL event of the models, by no construct of theirs
            columns = [] if _is_partition(table) else columns_of(c, c.new, key)
            do = creation(c, c.new, table, columns, frozenset(made.own_steps))
            yield Step(Phase.CREATE_TABLE, do, [dropping(c, key)], key, made.rank[key])
        elif difference.change is Change.REMOVED:
            yield from _gone(c, table, gone)


def _gone(c: Comparison, table: CatalogObject, order: Order) -> Iterator[Step]:
    key, rank = table.key, -order.rank[table.key]
    if not _is_partition(table):
        before, after = owned_by_table(c, key)
        undo = creation(c, c.old, table, columns_of(c, c.old, key), frozenset(order.own_steps))
        yield Step(Phase.DROP_TABLE, [dropping(c, key)], [*before, *undo, *after], key, rank)
    elif all(("table", parent) not in c.new.by_identity for parent in parents_of(table)):
        # it goes with its parent
        undo = creation(c, c.old, table, [], frozenset(order.own_steps))
        yield Step(Phase.DROP_TABLE, [], undo, key, rank)
    # else its rows would be lost, and models cannot say whether it is wanted


def dropping(c: Comparison, key: TableKey) -> ops.DropTableOp:
    """What drops a table."""
    return ops.DropTableOp(key[1], schema=c.schema_of(key))


def _is_partition(table: CatalogObject) -> bool:
    return table.get("partition bound") is not None
