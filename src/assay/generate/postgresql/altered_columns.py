"""Columns that stay and differ: type, nullability, default, collation, comment, numbering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.conversions import local, using
from assay.generate.postgresql.deferred import checked_now
from assay.generate.postgresql.enums import inverse, said_values
from assay.generate.postgresql.expected import Expected
from assay.generate.postgresql.generated import depth, is_remade
from assay.generate.postgresql.identity import Numbering, numbering
from assay.generate.postgresql.sequence_texts import owned_sequence
from assay.generate.postgresql.settled import declared, stated_column
from assay.generate.postgresql.type_texts import TypeText
from assay.generate.slots import BackfillOp
from assay.operations.columns import ColumnTypeOp, DropExpressionOp, FillNullsOp
from assay.operations.statements import escaped, literal

__all__ = ["adding", "altered", "dropping", "remaking"]

Made = ops.MigrateOperation
Side = tuple[Snapshot, CatalogObject]
_AWAY, _AGAIN = 900, 100
"""Ranks of generated columns that step aside, and that are made."""


def altered(
    c: Comparison, old: CatalogObject, new: CatalogObject, expected: Expected
) -> Iterator[Step]:
    """The steps that make one column the other."""
    was, becomes = old.get("generated") is not None, new.get("generated") is not None
    if was and becomes:
        if is_remade(old, new):
            yield from remaking(c, old, new)
        else:
            yield from _plain(c, old, new, expected)
    elif was:
        do = [DropExpressionOp(new.key[1], new.key[2], c.schema_of(new.key))]
        rest = _operations(c, (c.old, _computed_to_plain(old)), (c.new, new), expected)
        yield Step(Phase.ALTER_COLUMN, [*do, *rest], _again(c, c.old, old), new.key, _AGAIN)
    elif becomes:
        undo = [DropExpressionOp(old.key[1], old.key[2], c.schema_of(old.key))]
        rest = _operations(c, (c.new, _computed_to_plain(new)), (c.old, old), expected, back=True)
        yield Step(Phase.ALTER_COLUMN, _again(c, c.new, new), [*undo, *rest], old.key, _AGAIN)
    else:
        yield from _plain(c, old, new, expected)


def adding(c: Comparison, side: Snapshot, found: CatalogObject) -> Made:
    """What adds a column."""
    return ops.AddColumnOp(
        found.key[1], stated_column(c, side, found), schema=c.schema_of(found.key)
    )


def dropping(c: Comparison, found: CatalogObject) -> Made:
    """What drops a column."""
    return ops.DropColumnOp(found.key[1], found.key[2], schema=c.schema_of(found.key))


def remaking(c: Comparison, old: CatalogObject, new: CatalogObject) -> Iterator[Step]:
    """A generated column dropped before what it is computed from changes, and made after."""
    away, again = -depth(c.old, old), depth(c.new, new)
    yield Step(
        Phase.RENAME_CONSTRAINT, [dropping(c, old)], [adding(c, c.old, old)], old.key, _AWAY + away
    )
    yield Step(
        Phase.ALTER_COLUMN, [adding(c, c.new, new)], [dropping(c, new)], new.key, _AGAIN + again
    )


def _again(c: Comparison, side: Snapshot, found: CatalogObject) -> list[Made]:
    return [dropping(c, found), adding(c, side, found)]


def _computed_to_plain(found: CatalogObject) -> CatalogObject:
    """What a generated column is once its expression is dropped."""
    gone = ("generated", "generated kind")
    return CatalogObject.make(
        found.kind, found.key, {n: None if n in gone else v for n, v in found.attributes}
    )


def _plain(
    c: Comparison, old: CatalogObject, new: CatalogObject, expected: Expected
) -> Iterator[Step]:
    table, name, schema = new.key[1], new.key[2], c.schema_of(new.key)
    becomes_not_null = new.get("not null") == "true" and old.get("not null") != "true"
    slot = BackfillOp(table, name, schema)
    fill = becomes_not_null and _default(c.new, new) is not None
    fill = fill and not c.answers.fills(slot.target)
    if becomes_not_null and not fill:
        yield Step(Phase.BACKFILL, [slot], [], new.key)
    early = expected.is_touched(c.old, old) and _default_moves(old, new, expected)
    before, after = old, new
    if early:
        before, after = _without_default(old), _without_default(new)
        if old.get("default") is not None:
            yield Step(
                Phase.RENAME_CONSTRAINT,
                [_set_default(c, (c.old, old), None)],
                [_set_default(c, (c.old, old), old.get("default"))],
                old.key,
                -10,
            )
    do = _operations(c, (c.old, before), (c.new, after), expected, fill=fill)
    undo = _operations(c, (c.new, after), (c.old, before), expected, back=True)
    if early and new.get("default") is not None:
        do = [_set_default(c, (c.new, new), new.get("default")), *do]
        undo = [*undo, _set_default(c, (c.new, new), None)]
    if do or undo:
        yield Step(Phase.ALTER_COLUMN, do, undo, new.key)


def _operations(
    c: Comparison,
    one: Side,
    other: Side,
    expected: Expected,
    *,
    back: bool = False,
    fill: bool = False,
) -> list[Made]:
    """What makes a column of one catalog that of the other."""
    before, after = one[1], other[1]
    table, name, schema = after.key[1], after.key[2], c.schema_of(after.key)
    old, new = (after, before) if back else (before, after)
    moves = expected.moves(old, new)
    default_moves = _default_moves(old, new, expected)
    numbers = numbering(c, one, other)
    if before.get("generated") is not None:
        numbers = Numbering()
    made: list[Made] = [*numbers.stop]
    has, gets = _default(*one), _default(*other)
    if moves and default_moves and has is not None:
        made.append(_set_default(c, one, None))
    if moves:
        made.append(_type(c, one, other, back=back))
    changes: dict[str, Any] = {}
    if default_moves and (gets is not None or (has is not None and not moves)):
        changes["modify_server_default"] = _stated_default(c, other, gets)
    if fill:
        if changes:
            made.append(ops.AlterColumnOp(table, name, schema=schema, **changes))
        made += [FillNullsOp(table, name, schema), *checked_now(c, c.table_of(after))]
        changes = {}
    if before.get("not null") != after.get("not null"):
        changes["modify_nullable"] = after.get("not null") != "true"
    if before.get("comment") != after.get("comment"):
        changes["modify_comment"] = after.get("comment")
        changes["existing_comment"] = before.get("comment")
    if changes:
        made.append(ops.AlterColumnOp(table, name, schema=schema, **changes))
    return [*made, *numbers.start, *numbers.altered]


def _default(side: Snapshot, found: CatalogObject) -> str | None:
    """A default that is not the numbering of a SERIAL."""
    return None if owned_sequence(side, found) is not None else found.get("default")


def _default_moves(old: CatalogObject, new: CatalogObject, expected: Expected) -> bool:
    return expected.default(old.get("default")) != new.get("default")


def _without_default(found: CatalogObject) -> CatalogObject:
    return CatalogObject.make(found.kind, found.key, {**dict(found.attributes), "default": None})


def _set_default(c: Comparison, side: Side, default: str | None) -> Made:
    found = side[1]
    return ops.AlterColumnOp(
        found.key[1],
        found.key[2],
        schema=c.schema_of(found.key),
        modify_server_default=_stated_default(c, side, default),
    )


def _stated_default(c: Comparison, side: Side, default: str | None) -> Any:
    """A default as the models say it, else as the catalog does."""
    if default is None:
        return None
    column = declared(c, side[1].key) if side[0] is c.new else None
    if column is not None and isinstance(column.server_default, sa.DefaultClause):
        return column.server_default
    return sa.text(escaped(default))


def _type(c: Comparison, one: Side, other: Side, *, back: bool) -> Made:
    before, after = one[1], other[1]
    quoted = c.dialect.identifier_preparer.quote(after.key[2])
    was, becomes = before.get("type") or "", after.get("type") or ""
    values = _values(c, one, other, back=back)
    expression = using(c, quoted, (was, one[0]), (becomes, other[0]), back=back)
    if values:
        cases = " ".join(
            f"WHEN {literal(old)} THEN {'NULL' if new is None else literal(new)}"
            for old, new in values.items()
        )
        expression = f"(CASE {quoted}::text {cases} ELSE {quoted}::text END)"
        if TypeText.of(becomes).key is not None:
            expression += f"::{local(c, becomes)}"
    column = stated_column(c, other[0], after)
    return ColumnTypeOp(after.key[1], after.key[2], column.type, expression, c.schema_of(after.key))


def _values(c: Comparison, one: Side, other: Side, *, back: bool) -> Mapping[str, str | None]:
    """What a person said that values become, for a column that is an enum on one side only.

    Of enums on both sides, the labels changed with the type; other columns have a step of their own.
    """
    said = said_values(c).get(other[1].key, {})
    enums = [_enum(*side) for side in (one, other)]
    if not said or enums == [None, None] or enums[0] == enums[1]:
        return {}
    return inverse(said, []) if back else said


def _enum(side: Snapshot, column: CatalogObject) -> tuple[str, ...] | None:
    text = TypeText.of(column.get("type") or "")
    found = side.get("enum", *text.key) if text.key is not None and not text.array else None
    return found.key if found is not None else None
