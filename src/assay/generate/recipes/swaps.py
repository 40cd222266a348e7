"""A changed index or UNIQUE: the new one is built before the old one is dropped.

A plan drops what has changed and makes it anew; between two such statements, each committed by
itself, nothing finds the rows, and what was unique is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import ops

from assay.generate.plan.step import Phase, Step
from assay.generate.recipes import indexes, unique_constraints
from assay.generate.recipes.situation import Situation
from assay.operations.online.aside import SetIndexAsideOp

__all__ = ["KINDS", "recipe", "swapped"]

KINDS = (SetIndexAsideOp,)

_LONGEST = 63  # bytes of a name
_MARK = "_replaced"


def recipe(op: SetIndexAsideOp, _on: Situation) -> Sequence[ops.MigrateOperation]:
    """Its own safe form."""
    return [op]


def swapped(steps: Sequence[Step], up: Situation, down: Situation) -> list[Step]:
    """Steps in order, with one for each pair that drops and makes what has the same name.

    Only where nothing is done to the table between the two: a column may be gone by then, or not be
    there yet on the way back.

    :param up: where the upgrade starts from; ``down`` the downgrade.
    """
    found = list(steps)
    for drop in steps:
        make = next((s for s in found if s.about == drop.about and _pair(drop, s, up, down)), None)
        if make is None or drop.phase is not Phase.DROP_INDEX:
            continue
        between = found[found.index(drop) + 1 : found.index(make)]
        if any(_changes(step, drop.about[:-1]) for step in between):
            continue
        found[found.index(make)] = Step(
            make.phase, _swap(make.ops), _swap(drop.undo), make.about, make.rank
        )
        found.remove(drop)
    return found


def _pair(drop: Step, make: Step, up: Situation, down: Situation) -> bool:
    if drop is make or not (make.ops and drop.undo):
        return False
    new, old = make.ops[0], drop.undo[0]
    # an index that becomes a UNIQUE is dropped as what it was
    same = isinstance(new, ops.CreateIndexOp) is isinstance(old, ops.CreateIndexOp)
    return same and _online(new, up) and _online(old, down)


def _online(op: ops.MigrateOperation, on: Situation) -> bool:
    """Whether it makes an index or a UNIQUE that has a safe form."""
    if isinstance(op, ops.CreateIndexOp):
        return indexes.recipe(op, on) is not None
    return (
        isinstance(op, ops.CreateUniqueConstraintOp)
        and unique_constraints.recipe(op, on) is not None
    )


def _changes(step: Step, table: tuple[str, ...]) -> bool:
    """Whether a step, not one of an index or constraint, is about a table."""
    if step.phase in (Phase.DROP_INDEX, Phase.ADD_KEY, Phase.ADD_INDEX):
        return False
    return step.about[: len(table)] == table


def _swap(make: Sequence[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """The old one set aside, the new one made, the old one dropped."""
    first = make[0]
    if isinstance(first, ops.CreateIndexOp):
        name, table, schema = str(first.index_name), first.table_name, first.schema
        aside = _aside(name)
        drop: ops.MigrateOperation = ops.DropIndexOp(aside, table, schema=schema)
    else:
        assert isinstance(first, ops.CreateUniqueConstraintOp)
        name, table, schema = str(first.constraint_name), first.table_name, first.schema
        aside = _aside(name)
        drop = ops.DropConstraintOp(aside, table, "unique", schema=schema)
    return [SetIndexAsideOp(table, name, aside, schema), *make, drop]


def _aside(name: str) -> str:
    cut = name.encode()[: _LONGEST - len(_MARK)].decode(errors="ignore")
    return f"{cut}{_MARK}"
