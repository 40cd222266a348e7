"""One planned change: the operations that make it, those that take it back, and when its turn is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import ops

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["Phase", "Step", "in_order"]


class Phase(IntEnum):
    """When a step runs in ``upgrade()``; ``downgrade()`` runs the undos in the opposite order.

    So whatever a phase needs was made by one before it, and whatever needs it is gone by one before.
    """

    CREATE_SCHEMA = 10
    RENAME = 20
    """Tables and columns that a person said are renamed."""
    DROP_VIEW = 30
    DROP_FOREIGN_KEY = 40
    DROP_INDEX = 50
    """Indexes and CHECK, UNIQUE, EXCLUDE, PRIMARY KEY constraints."""
    RENAME_CONSTRAINT = 60
    """Constraints and indexes that have another name only."""
    CREATE_TYPE = 70
    """Enums, domains, sequences."""
    CREATE_TABLE = 80
    ADD_COLUMN = 90
    BACKFILL = 100
    ALTER_COLUMN = 110
    DROP_COLUMN = 120
    ADD_KEY = 130
    """PRIMARY KEY and UNIQUE: foreign keys need them."""
    ADD_INDEX = 140
    """Indexes and CHECK, EXCLUDE constraints."""
    ADD_FOREIGN_KEY = 150
    ALTER_TABLE = 160
    """Options, comments."""
    DROP_TABLE = 170
    DROP_TYPE = 180
    CREATE_VIEW = 190
    DROP_SCHEMA = 200


class Step(ops.OpContainer):
    """Operations that belong together, with their undo.

    An operation container, so that Alembic's rendering, ``as_diffs`` and Rewriters see the
    operations inside; its :meth:`reverse` is what ``UpgradeOps.reverse_into`` asks for.

    :param do: what ``upgrade()`` runs, in this order.
    :param undo: what ``downgrade()`` runs, in this order.
    :param about: names that sort steps of one phase, outermost first: ``("users", "email")``.
    :param rank: sorts before the names; for what must stand in an order of its own inside a phase
        (parents before children).
    """

    def __init__(
        self,
        phase: Phase,
        do: Sequence[ops.MigrateOperation],
        undo: Sequence[ops.MigrateOperation],
        about: Iterable[str],
        rank: int = 0,
    ) -> None:
        super().__init__(list(do))
        self.phase, self.undo, self.about, self.rank = phase, list(undo), tuple(about), rank

    def reverse(self) -> Step:
        """The step backwards."""
        return Step(self.phase, self.undo, list(self.ops), self.about, self.rank)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("assay_step", *self.about)


@renderers.dispatch_for(Step)
def _render(context: AutogenContext, step: Step) -> list[str]:
    return [line for op in step.ops for line in render_op(context, op)]


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Steps as ``upgrade()`` runs them: the same for the same change, whatever made them first."""
    return sorted(steps, key=lambda s: (s.phase, s.rank, s.about))
