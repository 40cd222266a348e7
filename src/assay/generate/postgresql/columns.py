"""Columns of tables that stay: added, dropped, altered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from alembic.operations import ops
from sqlalchemy import text

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.altered_columns import adding, altered, dropping
from assay.generate.postgresql.deferred import checked_now
from assay.generate.postgresql.expected import Expected
from assay.generate.postgresql.generated import depth
from assay.generate.postgresql.identity import usual_sequence
from assay.generate.postgresql.sequence_texts import IdentityText, owned_sequence
from assay.generate.postgresql.sequences import create, own
from assay.generate.postgresql.settled import stated_column
from assay.generate.slots import BackfillOp
from assay.operations.sequences import RenameSequenceOp
from assay.operations.statements import escaped

__all__ = ["steps"]

Made = ops.MigrateOperation


def steps(c: Comparison) -> Iterator[Step]:
    """Generated columns come after, and go before, those they are computed from."""
    expected = Expected.of(c)
    filled: list[TableKey] = []
    for difference in c.changed("column"):
        old, new = difference.before, difference.after
        if not c.in_both(c.table_of(difference.object)) or _comes_along(old, new):
            continue
        made: Iterator[Step] = iter(())
        if old is None and new is not None:
            made = _added(c, new)
        elif new is None and old is not None:
            made = _dropped(c, old)
        elif old is not None and new is not None:
            made = altered(c, old, new, expected)
        for step in made:
            if step.phase is Phase.BACKFILL:
                filled.append(c.table_of(difference.object))
            yield step
    pending = next(filter(None, (checked_now(c, table) for table in filled)), None)
    if pending:
        yield Step(Phase.BACKFILL, pending, [], (), rank=1000)


def _comes_along(old: CatalogObject | None, new: CatalogObject | None) -> bool:
    """Whether what happens to the parent's column happens to this one."""
    return all(found is None or found.get("inherited") is not None for found in (old, new))


def _added(c: Comparison, new: CatalogObject) -> Iterator[Step]:
    drop = [dropping(c, new)]
    if new.get("generated") is not None:
        rank = 100 + depth(c.new, new)
        yield Step(Phase.ALTER_COLUMN, [adding(c, c.new, new)], drop, new.key, rank)
    elif _needs_value(new):
        do, slot, tighten = _in_three(c, c.new, new)
        yield Step(Phase.ADD_COLUMN, do, drop, new.key)
        yield Step(Phase.BACKFILL, [slot], [], new.key)
        yield Step(Phase.ALTER_COLUMN, [tighten], [], new.key)
    else:
        yield Step(Phase.ADD_COLUMN, _whole(c, c.new, new), drop, new.key)


def _dropped(c: Comparison, old: CatalogObject) -> Iterator[Step]:
    drop = [dropping(c, old)]
    if old.get("generated") is not None:
        rank = 900 - depth(c.old, old)
        yield Step(Phase.RENAME_CONSTRAINT, drop, [adding(c, c.old, old)], old.key, rank)
    elif _needs_value(old):
        add, slot, tighten = _in_three(c, c.old, old)
        settled = checked_now(c, c.table_of(old))
        yield Step(Phase.DROP_COLUMN, drop, [*add, slot, *settled, tighten], old.key)
    else:
        yield Step(Phase.DROP_COLUMN, drop, _whole(c, c.old, old), old.key)


def _needs_value(found: CatalogObject) -> bool:
    """Whether rows would be left without a value that the column demands."""
    given = (found.get("default"), found.get("identity"), found.get("generated"))
    return found.get("not null") == "true" and not any(given)


def _in_three(
    c: Comparison, side: Snapshot, found: CatalogObject
) -> tuple[list[Made], BackfillOp, Made]:
    """Added nullable, filled, made NOT NULL."""
    table, name, schema = found.key[1], found.key[2], c.schema_of(found.key)
    column = stated_column(c, side, found)
    column.nullable = True
    tighten = ops.AlterColumnOp(table, name, schema=schema, modify_nullable=False)
    add: list[Made] = [ops.AddColumnOp(table, column, schema=schema)]
    return add, BackfillOp(table, name, schema), tighten


def _whole(c: Comparison, side: Snapshot, found: CatalogObject) -> list[Made]:
    """A column with what numbers its rows."""
    table, schema = found.key[1], c.schema_of(found.key)
    sequence = owned_sequence(side, found)
    if sequence is not None:
        column = stated_column(c, side, found)
        column.autoincrement = False
        column.server_default = cast(Any, _clause(found))
        add = ops.AddColumnOp(table, column, schema=schema)
        return [*create(c, sequence), add, *own(c, sequence)]
    made: list[Made] = [adding(c, side, found)]
    if found.get("identity") is not None:
        name, usual = IdentityText.of(found).sequence, usual_sequence(found)
        if name != usual:
            made.append(RenameSequenceOp(usual[1], name[1], schema))
    return made


def _clause(found: CatalogObject) -> object:
    from sqlalchemy import DefaultClause

    return DefaultClause(text(escaped(found.get("default") or "")))
