"""Sequences of the models, and options of those that columns own.

The sequence of a SERIAL column comes and goes with its column or its table.
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject, Change
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.sequence_texts import (
    differing,
    options_of,
    owned_sequence,
    owner_of,
)
from assay.generate.postgresql.table_columns import is_serial
from assay.operations.comments import CommentOp
from assay.operations.sequences import (
    AlterSequenceOp,
    CreateSequenceOp,
    DropSequenceOp,
    OwnSequenceOp,
    RenameSequenceOp,
)

__all__ = ["create", "drop", "own", "owned_by_table", "renamed_sequences", "steps"]

Made = ops.MigrateOperation


def steps(c: Comparison) -> Iterator[Step]:
    """Made before the columns whose defaults use them, dropped after."""
    renamed = renamed_sequences(c)
    for old, new in renamed.items():
        rename = RenameSequenceOp(old[1], new[1], c.schema_of(old))
        yield Step(Phase.RENAME_CONSTRAINT, [rename], [rename.reverse()], old)
        yield from _altered(
            c, c.old.by_identity["sequence", old], c.new.by_identity["sequence", new]
        )
    for difference in c.changed("sequence"):
        found, before, after = difference.object, difference.before, difference.after
        if difference.change is Change.ALTERED:
            assert before is not None
            assert after is not None
            yield from _altered(c, before, after)
        elif owner_of(found) is not None or found.key in {*renamed, *renamed.values()}:
            continue
        elif difference.change is Change.ADDED:
            yield Step(Phase.CREATE_TYPE, create(c, found), drop(c, found), found.key, 1)
        else:
            yield Step(Phase.DROP_TYPE, drop(c, found), create(c, found), found.key, -1)


def create(c: Comparison, sequence: CatalogObject) -> list[Made]:
    """What makes a sequence that nothing owns yet."""
    name, schema = sequence.key[1], c.schema_of(sequence.key)
    made: list[Made] = [CreateSequenceOp(name, schema, **options_of(sequence))]
    if sequence.get("comment") is not None:
        made.append(CommentOp("sequence", name, sequence.get("comment"), schema=schema))
    return made


def drop(c: Comparison, sequence: CatalogObject) -> list[Made]:
    """What drops a sequence."""
    return [DropSequenceOp(sequence.key[1], c.schema_of(sequence.key))]


def own(c: Comparison, sequence: CatalogObject) -> list[Made]:
    """What lets the column that owns it own it."""
    owner = owner_of(sequence)
    assert owner is not None
    return [OwnSequenceOp(sequence.key[1], owner[1], owner[2], c.schema_of(sequence.key))]


def renamed_sequences(c: Comparison) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Sequences of another name only, old key to new: owned by one column, or alike but for it."""
    gone = [d.object for d in c.changed("sequence") if d.change is Change.REMOVED]
    come = [d.object for d in c.changed("sequence") if d.change is Change.ADDED]
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for old in gone:
        alike = [new for new in come if new.key not in found.values() and new.key[0] == old.key[0]]
        same = [new for new in alike if new.attributes == old.attributes]
        owner = owner_of(old)
        if owner is not None:
            if not c.in_both(owner[:2]):
                continue
            same = [new for new in alike if owner_of(new) == owner]
        elif len(same) > 1 or sum(o.attributes == old.attributes for o in gone) > 1:
            continue  # which became which cannot be told
        if same:
            found[old.key] = same[0].key
    return found


def _altered(c: Comparison, old: CatalogObject, new: CatalogObject) -> Iterator[Step]:
    owners = {owner_of(old), owner_of(new)} - {None}
    if any(not c.in_both(owner[:2]) for owner in owners if owner is not None):
        return
    name, schema = new.key[1], c.schema_of(new.key)
    there, back = differing(old, new), differing(new, old)
    do: list[Made] = [AlterSequenceOp(name, schema, **there)] if there else []
    undo: list[Made] = [AlterSequenceOp(name, schema, **back)] if back else []
    if old.get("comment") != new.get("comment"):
        do.append(CommentOp("sequence", name, new.get("comment"), schema=schema))
        undo.append(CommentOp("sequence", name, old.get("comment"), schema=schema))
    if owner_of(old) != owner_of(new):
        do += own(c, new) if owner_of(new) else [OwnSequenceOp(name, None, None, schema)]
        undo += own(c, old) if owner_of(old) else [OwnSequenceOp(name, None, None, schema)]
    if do or undo:
        yield Step(Phase.ALTER_COLUMN, do, undo, new.key, 10)


def owned_by_table(c: Comparison, table: TableKey) -> tuple[list[Made], list[Made]]:
    """What must come before and after a former table is made: sequences unlike those of SERIAL."""
    before: list[Made] = []
    after: list[Made] = []
    for column in c.old.of_kind("column"):
        if column.key[:2] != table:
            continue
        sequence = owned_sequence(c.old, column)
        if sequence is not None and not is_serial(c.old, column):
            before += create(c, sequence)
            after += own(c, sequence)
    return before, after
