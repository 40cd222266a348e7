"""Primary keys of tables that stay. An AUTO_INCREMENT column must be a key all the time."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops
from sqlalchemy import Column

from assay.generate.mysql.affected import affected, numbered
from assay.generate.mysql.definitions import new_column, old_column
from assay.generate.mysql.making import drop, make
from assay.generate.mysql.swaps import in_one_statement
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.modify_column import ModifyColumnOp

__all__ = ["rekeyed", "steps"]


def rekeyed(c: Comparison, table: str) -> bool:
    """Whether a table's primary key is dropped or added: no column is AUTO_INCREMENT meanwhile."""
    old, new = (
        c.old.get("primary key", table, "PRIMARY"),
        c.new.get("primary key", table, "PRIMARY"),
    )
    return old != new or ("primary key", (table, "PRIMARY")) in affected(c).keys


def steps(c: Comparison) -> Iterator[Step]:
    """The new key in the place of the old; else that goes, the columns change, the new key comes.

    An AUTO_INCREMENT column that comes or goes itself brings or takes its key along: see columns.
    """
    tables = {d.object.key[0] for d in c.changed("primary key")}
    tables |= {key[0] for kind, key in affected(c).keys if kind == "primary key"}
    for table in sorted(tables):
        if not c.in_both((table,)):
            continue
        old, new = numbered(c.old, table), numbered(c.new, table)
        before = c.old.get("primary key", table, "PRIMARY")
        after = c.new.get("primary key", table, "PRIMARY")
        swap = in_one_statement(c, before, -1) if before is not None else None
        if swap is not None:
            yield swap
            continue
        if before is not None:
            off = [_modified(old_column(c, old), False)] if old else []
            on = [_modified(old_column(c, old), True)] if old else []
            undo: list[ops.MigrateOperation] = [make(before), *_of(table, on)]
            if old is not None and old.identity not in c.new.by_identity:
                undo = []
            yield Step(Phase.DROP_INDEX, [*_of(table, off), drop(before)], undo, (table,), -1)
        if after is not None:
            off = [_modified(new_column(c, new), False)] if new else []
            on = [_modified(new_column(c, new), True)] if new else []
            if new is not None and new.identity not in c.old.by_identity:
                continue
            yield Step(
                Phase.ADD_KEY,
                [make(after), *_of(table, on)],
                [*_of(table, off), drop(after)],
                (table,),
                -1,
            )


def _modified(column: Column[object], numbers: bool) -> Column[object]:
    column.autoincrement = True if numbers else "auto"
    return column


def _of(table: str, columns: list[Column[object]]) -> list[ops.MigrateOperation]:
    return [ModifyColumnOp(table, column) for column in columns]
