"""What is changed under its name: the new one is made before the old one is dropped.

A plan drops what has changed and makes it anew; between two such statements, each committed by
itself, nothing finds the rows, what was unique is not, and rows that break a rule come in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from alembic.operations import ops

from assay.generate.plan.step import Phase, Step
from assay.generate.recipes import checks, foreign_keys, indexes, primary_keys, unique_constraints
from assay.generate.recipes.situation import Situation
from assay.operations.columns import ColumnTypeOp, FillNullsOp
from assay.operations.enums import ReplaceEnumOp
from assay.operations.identity import AddIdentityOp, AlterIdentityOp, DropIdentityOp
from assay.operations.online.aside import SetConstraintAsideOp, SetIndexAsideOp
from assay.operations.online.keys import PrimaryKeyOnlineOp
from assay.operations.sequences import CreateSequenceOp, DropSequenceOp, OwnSequenceOp

__all__ = ["KINDS", "recipe", "safe_kind", "swap", "swapped"]

KINDS = (SetIndexAsideOp, SetConstraintAsideOp, PrimaryKeyOnlineOp)

_LONGEST = 63  # bytes of a name
_MARK = "_replaced"
_DROPS = (Phase.DROP_INDEX, Phase.DROP_FOREIGN_KEY)
_HARMLESS = (
    *_DROPS,
    Phase.CREATE_TABLE,
    Phase.ADD_COLUMN,
    Phase.ADD_KEY,
    Phase.ADD_INDEX,
    Phase.ADD_FOREIGN_KEY,
)
_NUMBERING = (
    AddIdentityOp,
    AlterIdentityOp,
    DropIdentityOp,
    CreateSequenceOp,
    OwnSequenceOp,
    DropSequenceOp,
)
_RECIPES: tuple[tuple[str, type[ops.MigrateOperation], Callable[[Any, Situation], object]], ...] = (
    ("index", ops.CreateIndexOp, indexes.recipe),
    ("unique", ops.CreateUniqueConstraintOp, unique_constraints.recipe),
    ("primary key", ops.CreatePrimaryKeyOp, primary_keys.recipe),
    ("check", ops.CreateCheckConstraintOp, checks.recipe),
    ("foreign key", ops.CreateForeignKeyOp, foreign_keys.recipe),
)
_DROPPED_AS = {"unique": "unique", "check": "check", "foreign key": "foreignkey"}


def recipe(op: ops.MigrateOperation, _on: Situation) -> Sequence[ops.MigrateOperation]:
    """Its own safe form."""
    return [op]


def swapped(steps: Sequence[Step], up: Situation, down: Situation) -> list[Step]:
    """Steps in order, with one for each pair that drops and makes what has the same name.

    A table has one primary key, whatever its name. Only where the old one can be there until the
    new one is: a column may be gone by then, or hold what the old one forbids, or not be there yet
    on the way back.

    :param up: where the upgrade starts from; ``down`` the downgrade.
    """
    found = list(steps)
    for drop in steps:
        make = next((s for s in found if _pair(drop, s, up, down)), None)
        if make is None:
            continue
        between = found[found.index(drop) + 1 : found.index(make)]
        if any(_in_the_way(step, drop, make, up) for step in between):
            continue
        found[found.index(make)] = Step(
            make.phase,
            swap(make.ops, drop.about[-1], up),
            swap(drop.undo, make.about[-1], down),
            make.about,
            make.rank,
        )
        found.remove(drop)
    return found


def _pair(drop: Step, make: Step, up: Situation, down: Situation) -> bool:
    if drop is make or drop.phase not in _DROPS or not (make.ops and drop.undo):
        return False
    kind = safe_kind(make.ops[0], up)
    # an index that becomes a UNIQUE is dropped as what it was
    if kind is None or kind != safe_kind(drop.undo[0], down):
        return False
    if drop.about != make.about and (kind != "primary key" or drop.about[:-1] != make.about[:-1]):
        return False
    # one that is as it was steps aside for what is done in between
    was, becomes = up.before.get(kind, *drop.about), down.before.get(kind, *make.about)
    return was is None or was != becomes


def safe_kind(op: ops.MigrateOperation, on: Situation) -> str | None:
    """What an operation makes, where that has a safe form."""
    for kind, made, form in _RECIPES:
        if isinstance(op, made):
            return kind if form(op, on) is not None else None
    return None


def _in_the_way(step: Step, drop: Step, make: Step, up: Situation) -> bool:
    """Whether the old one cannot be there while a step is done, or while it is taken back."""
    if any(isinstance(op, ReplaceEnumOp) for op in step.ops):
        return True
    old, new = drop.undo[0], make.ops[0]
    table = step.about[:2]
    parents = {
        up.key(op.referent_table, op.kw.get("referent_schema"))
        for op in (old, new)
        if isinstance(op, ops.CreateForeignKeyOp)
    }
    if step.phase is Phase.DROP_INDEX and table in parents:
        return True  # it may be the index that the old one stands on
    if table not in {drop.about[:2], *parents} or step.phase in _HARMLESS:
        return False
    if step.phase is Phase.BACKFILL:
        held = _columns(old)
        return not _is_new(step, up) and (held is None or step.about[-1] in held)
    if step.phase is Phase.ALTER_COLUMN:
        return not all(_stays(op, old) for op in (*step.ops, *step.undo))
    return True


def _is_new(step: Step, up: Situation) -> bool:
    """Whether a step is about a column that is made in the same change."""
    return up.before.get("column", *step.about) is None


def _columns(op: ops.MigrateOperation) -> Sequence[str] | None:
    """The columns whose values matter to it, where they are known."""
    if isinstance(op, ops.CreatePrimaryKeyOp):
        return [str(c) for c in op.columns]
    return None


def _stays(op: ops.MigrateOperation, old: ops.MigrateOperation) -> bool:
    """Whether a column is altered in a way that asks nothing of an index or constraint over it."""
    held = _columns(old)
    if isinstance(op, FillNullsOp):
        return held is not None and op.column not in held
    if isinstance(op, _NUMBERING):
        return True
    if not isinstance(op, ops.AlterColumnOp) or isinstance(op, ColumnTypeOp):
        return False
    if op.modify_type is not None or op.modify_name is not None:
        return False
    return not (op.modify_nullable and op.column_name in (held or ()))


def swap(
    make: Sequence[ops.MigrateOperation], old: str, on: Situation
) -> list[ops.MigrateOperation]:
    """The old one set aside, the new one made, the old one dropped; a primary key by one operation.

    :param make: what makes the new one, first of all; it has a safe form.
    :param old: the name of the old one.
    """
    first, *rest = make
    aside = _aside(old)
    if isinstance(first, ops.CreatePrimaryKeyOp):
        (form,) = primary_keys.recipe(first, on) or ()
        assert isinstance(form, PrimaryKeyOnlineOp)
        return [PrimaryKeyOnlineOp(form.plain, old), *rest]
    if isinstance(first, ops.CreateIndexOp):
        table, schema = first.table_name, first.schema
        gone: ops.MigrateOperation = ops.DropIndexOp(aside, table, schema=schema)
        return [SetIndexAsideOp(table, old, aside, schema), *make, gone]
    if isinstance(first, ops.CreateForeignKeyOp):
        table, schema = first.source_table, first.kw.get("source_schema")
    else:
        assert isinstance(first, (ops.CreateUniqueConstraintOp, ops.CreateCheckConstraintOp))
        table, schema = first.table_name, first.schema
    kind = next(kind for kind, made, _ in _RECIPES if isinstance(first, made))
    gone = ops.DropConstraintOp(aside, table, _DROPPED_AS[kind], schema=schema)
    op = SetIndexAsideOp if kind == "unique" else SetConstraintAsideOp
    return [op(table, old, aside, schema), *make, gone]


def _aside(name: str) -> str:
    cut = name.encode()[: _LONGEST - len(_MARK)].decode(errors="ignore")
    return f"{cut}{_MARK}"
