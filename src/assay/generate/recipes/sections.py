"""A plan cut into sections, one revision each: in a transaction, outside of one, or data alone.

Cut between steps only, in their order, so what is between two revisions is a clean part of the
change, and each is reversed by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from alembic.operations import ops

from assay.generate.plan.step import Phase, Step
from assay.generate.recipes import quick_form, safe_form
from assay.generate.recipes.situation import Situation
from assay.generate.slots import BackfillOp
from assay.operations.check_deferred import CheckDeferredOp
from assay.operations.online.waiting import BRIEF, AutocommitOp, OwnTransactionOp

__all__ = ["Kind", "Section", "Sides", "bodies", "joined", "sections", "touches"]

Ops = Sequence[ops.MigrateOperation]


class Kind(Enum):
    """How one direction of a step runs."""

    EMPTY = "empty"
    QUICK = "quick"
    """Either way."""
    PLAIN = "plain"
    """In a transaction."""
    ONLINE = "online"
    """Outside of a transaction."""
    DATA = "data"
    """In a transaction that has no lock of a table to hold."""


@dataclass
class Section:
    """Steps that make one revision."""

    up: Kind = Kind.EMPTY
    down: Kind = Kind.EMPTY
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Sides:
    """Where each direction starts from."""

    up: Situation
    down: Situation


def sections(steps: Sequence[Step], sides: Sides) -> list[Section]:
    """Cut steps that stand in order into as few sections as their kinds allow."""
    found: list[Section] = []
    for step in _grouped([_reversible(step) for step in steps], sides):
        up, down = kind_of(step.ops, sides.up), kind_of(step.undo, sides.down)
        last = found[-1] if found else None
        if last is not None:
            both = joined(last.up, up), joined(last.down, down)
            if both[0] is not None and both[1] is not None:
                last.up, last.down = both[0], both[1]
                last.steps.append(step)
                continue
        found.append(Section(up, down, [step]))
    return found


def _reversible(step: Step) -> Step:
    """A step that is taken back by itself, also where a later undo would take all of it away.

    A new column that becomes NOT NULL is dropped by the undo that added it: in one revision that is
    enough.
    """
    if step.undo or not step.ops:
        return step
    undo = [
        ops.AlterColumnOp(op.table_name, op.column_name, schema=op.schema, modify_nullable=True)
        for op in step.ops
        if isinstance(op, ops.AlterColumnOp) and op.modify_nullable is False
    ]
    return Step(step.phase, step.ops, undo, step.about, step.rank)


def _grouped(steps: Sequence[Step], sides: Sides) -> list[Step]:
    """What is plain before what is not, where nothing else says an order."""

    def online(step: Step) -> bool:
        return Kind.ONLINE in (kind_of(step.ops, sides.up), kind_of(step.undo, sides.down))

    found = list(steps)
    at = 0
    while at < len(found):
        end = at
        while end < len(found) and _place(found[end]) == _place(found[at]):
            end += 1
        found[at:end] = sorted(found[at:end], key=online)
        at = end
    return found


def _place(step: Step) -> tuple[Phase, int]:
    return step.phase, step.rank


def kind_of(operations: Ops, on: Situation) -> Kind:
    """How these operations run."""
    if all(isinstance(op, CheckDeferredOp) for op in operations):
        return Kind.EMPTY  # it goes with whatever it stands beside
    if on.dialect != "postgresql":
        # each statement commits, and what is written can be run again: nothing is gained by another
        return Kind.PLAIN
    if all(isinstance(op, BackfillOp) and on.in_use(op.table, op.schema) for op in operations):
        return Kind.DATA
    forms = [safe_form(op, on) for op in operations]
    if not all(
        form is not None or quick_form(op) is not None
        for op, form in zip(operations, forms, strict=True)
    ):
        return Kind.PLAIN
    return Kind.QUICK if all(form is None for form in forms) else Kind.ONLINE


def joined(one: Kind, other: Kind) -> Kind | None:
    """The kind of both in one; None where they cannot be."""
    if one is other or other is Kind.EMPTY:
        return one
    if one is Kind.EMPTY:
        return other
    if Kind.DATA in (one, other):
        return None
    if one is Kind.QUICK:
        return other
    return one if other is Kind.QUICK else None


def body(operations: Ops, kind: Kind, on: Situation) -> list[ops.MigrateOperation]:
    """What one direction of a section runs."""
    if kind is Kind.ONLINE:
        inside: list[ops.MigrateOperation] = []
        for op in operations:
            form = safe_form(op, on)
            inside += form if form is not None else quick_form(op) or []
        return [AutocommitOp(inside)]
    if kind is Kind.DATA:
        slots = [
            BackfillOp(op.table, op.column, op.schema, alone=op is operations[-1])
            if isinstance(op, BackfillOp)
            else op
            for op in operations
        ]
        return [OwnTransactionOp(), *slots]
    locking = kind in (Kind.PLAIN, Kind.QUICK) and any(touches(op, on) for op in operations)
    if locking and on.dialect == "postgresql":
        return [ops.ExecuteSQLOp(f"SET LOCAL lock_timeout = '{BRIEF}'"), *operations]
    return list(operations)


def touches(op: ops.MigrateOperation, on: Situation) -> bool:
    """Whether an operation takes a lock of a table in use."""
    if isinstance(op, ops.OpContainer) and not isinstance(op, ops.CreateTableOp):
        return any(touches(one, on) for one in op.ops)
    if isinstance(op, ops.CreateForeignKeyOp):
        schemas = op.kw.get("source_schema"), op.kw.get("referent_schema")
        return on.in_use(op.source_table, schemas[0]) or on.in_use(op.referent_table, schemas[1])
    if isinstance(op, ops.CreateTableOp):
        table = op.to_table()
        return any(_refers(fk.target_fullname, on) for fk in table.foreign_keys)
    return on.in_use(getattr(op, "table_name", None), getattr(op, "schema", None))


def _refers(target: str, on: Situation) -> bool:
    *path, _column = target.split(".")
    return on.in_use(path[-1], path[0] if len(path) > 1 else None)


def bodies(
    section: Section, sides: Sides
) -> tuple[list[ops.MigrateOperation], list[ops.MigrateOperation]]:
    """``upgrade()`` and ``downgrade()`` of a section."""
    up = [op for step in section.steps for op in step.ops]
    down = [op for step in reversed(section.steps) for op in step.undo]
    return body(up, section.up, sides.up), body(down, section.down, sides.down)
