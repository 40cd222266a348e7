"""Tables that are there before and after, with other columns or constraints.

SQLite alters little: a column that may be NULL or has a constant default is added, a column that
nothing mentions is dropped. Everything else is another table with the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alembic.operations import ops

from assay.catalog import CatalogObject, Change, Difference, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.slots import BackfillOp
from assay.generate.sqlite.copying import conversions
from assay.generate.sqlite.definitions import catalog_column, definition, options
from assay.generate.sqlite.tables import model_items, model_options
from assay.operations.map_values import MapValuesOp
from assay.operations.rebuild_table import RebuildTableOp
from assay.project.compat.constructs import whole_copy

__all__ = ["steps"]

_KINDS = ("table", "column", "primary key", "unique", "check", "foreign key")

Ops = list[ops.MigrateOperation]


def steps(c: Comparison) -> Iterator[Step]:
    """Native statements where they make exactly what is wanted, else the table made anew."""
    by_table: dict[str, list[Difference]] = {}
    for difference in c.changed(*_KINDS):
        if c.in_both(c.table_of(difference.object)):
            by_table.setdefault(difference.object.key[0], []).append(difference)
    said, back = _values(c), _inverted(c)
    for table, differences in sorted(by_table.items()):
        if all(_native(d) for d in differences):
            for difference in differences:
                yield _column(c, difference)
        else:
            yield from _rebuilt(c, table, differences)
            said = {target: v for target, v in said.items() if target.rpartition(".")[0] != table}
    for target, values in said.items():
        table, _, column = target.rpartition(".")
        if c.old.get("column", table, column) and c.new.get("column", table, column):
            do: Ops = [MapValuesOp(table, column, values)]
            undo: Ops = [MapValuesOp(table, column, back[target])] if back[target] else []
            yield Step(Phase.ALTER_COLUMN, do, undo, (table, column))


def _native(difference: Difference) -> bool:
    """Whether ``ADD COLUMN`` and ``DROP COLUMN`` do, in both directions (SQLite docs)."""
    found = difference.object
    if found.kind != "column" or difference.change is Change.ALTERED:
        return False
    default = found.get("default")
    return (
        found.get("generated") is None
        and found.get("not null conflict") is None
        and (found.get("not null") != "true" or _constant(default))
        and (default is None or _constant(default))
    )


def _constant(default: str | None) -> bool:
    if default is None or default.upper().startswith("CURRENT_") or default.upper() == "NULL":
        return False
    return default.startswith("'") or default.lstrip("+-").replace(".", "", 1).isalnum()


def _column(c: Comparison, difference: Difference) -> Step:
    found = difference.object
    table, name = found.key
    if difference.change is Change.ADDED:
        add: Ops = [ops.AddColumnOp(table, _new_column(c, found))]
        return Step(Phase.ADD_COLUMN, add, [ops.DropColumnOp(table, name)], found.key)
    back: Ops = [ops.AddColumnOp(table, catalog_column(c, found, c.old))]
    return Step(Phase.DROP_COLUMN, [ops.DropColumnOp(table, name)], back, found.key)


def _new_column(c: Comparison, found: CatalogObject) -> Any:
    """The model's column, without what belongs to the table."""
    model = c.models.get((found.key[0],))
    own = (
        next((m for m in model.columns if m.name == found.key[1]), None)
        if model is not None
        else None
    )
    if own is None:
        return catalog_column(c, found, c.new)
    column = whole_copy(own)
    column.primary_key = False
    column.index = column.unique = None
    column.constraints = set()
    column.foreign_keys = set()
    return column


def _rebuilt(c: Comparison, table: str, differences: list[Difference]) -> Iterator[Step]:
    """The table made anew; what would leave rows without a value comes with a slot first.

    A column that becomes NOT NULL fills rows with its default where nobody said another value.
    """
    before, after = _wanting(c.old, c.new, table), _wanting(c.new, c.old, table)
    for found in after:
        add: Ops = [ops.AddColumnOp(table, _nullable(_new_column(c, found)))]
        yield Step(Phase.ADD_COLUMN, add, [], found.key)
    tightened = [
        d.object
        for d in differences
        if d.object.kind == "column"
        and d.change is Change.ALTERED
        and any(n == "not null" and new == "true" for n, _, new in d.altered)
        and d.object.get("generated") is None
    ]
    filled = [o for o in tightened if o.get("default") is not None and not _answered(c, o)]
    for found in (*after, *(o for o in tightened if o not in filled)):
        yield Step(Phase.BACKFILL, [BackfillOp(table, found.key[1], None)], [], found.key)
    items = model_items(c, table)
    do = RebuildTableOp(
        table,
        items if items is not None else definition(c, c.new, table),
        copy=conversions(table, c.old, c.new, _values(c), filled),
        drop=_gone(table, c.old, c.new),
        **(model_options(c, table) if items is not None else options(c.new, table)),
    )
    undo: Ops = []
    for found in before:
        undo.append(ops.AddColumnOp(table, _nullable(catalog_column(c, found, c.old))))
        undo.append(BackfillOp(table, found.key[1], None))
    undo.append(
        RebuildTableOp(
            table,
            definition(c, c.old, table),
            copy=conversions(table, c.new, c.old, _inverted(c)),
            drop=_gone(table, c.new, c.old),
            **options(c.old, table),
        )
    )
    yield Step(Phase.ALTER_COLUMN, [do], undo, (table,))


def _wanting(side: Snapshot, other: Snapshot, table: str) -> list[CatalogObject]:
    """Columns that a side alone has and that rows cannot be without."""
    return [
        o
        for o in side.of_kind("column")
        if o.key[0] == table
        and other.get("column", *o.key) is None
        and o.get("not null") == "true"
        and o.get("default") is None
        and o.get("generated") is None
    ]


def _gone(table: str, before: Snapshot, after: Snapshot) -> list[str]:
    """Columns that one side has and the other lacks."""
    return [
        o.key[1]
        for o in before.of_kind("column")
        if o.key[0] == table and after.get("column", *o.key) is None
    ]


def _answered(c: Comparison, found: CatalogObject) -> bool:
    return c.answers.fills(".".join(found.key))


def _nullable(column: Any) -> Any:
    column.nullable = True
    return column


def _values(c: Comparison) -> dict[str, Mapping[str, str | None]]:
    """Value mappings by the names that columns have after the renames."""
    found: dict[str, Mapping[str, str | None]] = {}
    for target, values in c.answers.values.items():
        if values:
            found[".".join(c.answers.now(target))] = values
    return found


def _inverted(c: Comparison) -> dict[str, dict[str, str | None]]:
    """Value mappings backwards; of two values that became one, the first comes back."""
    found: dict[str, dict[str, str | None]] = {}
    for target, values in _values(c).items():
        back: dict[str, str | None] = {}
        for old, new in values.items():
            if new is not None:
                back.setdefault(new, old)
        found[target] = back
    return found
