"""MySQL and MariaDB: what each operation of a plan costs, tried on a shadow, and said in the revision.

The server itself says which form it accepts; the cheapest is stated, so that a server that would copy
the table refuses. What can only be done by a copy stays plain: no form of it is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations, ops
from sqlalchemy import event

from assay.dialects import Address, load
from assay.generate.plan.step import Step
from assay.generate.recipes.foreign_keys import unchecked
from assay.generate.slots import BackfillOp
from assay.operations.online.resuming import RESUMED, ResumingOp
from assay.operations.online.stated import StatedOp, altering
from assay.project.compat.alembic import end_external_transaction
from assay.project.project import Project, execute_on, query_on
from assay.shadow.reading import connection_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from assay.dialects import OnlineForm

__all__ = ["Form", "Forms", "resumed", "stated", "tried"]

Place = tuple[str, int, int]
"""``up`` or ``down``, the step, the operation in it."""


@dataclass(frozen=True)
class Form:
    """The cheapest form that the server accepted for all statements of an operation."""

    algorithm: str
    lock: str | None = None


Forms = Mapping[Place, Form]
_CHEAPEST = (Form("INSTANT"), Form("INPLACE", "NONE"), Form("INPLACE", "SHARED"))


def stated(
    operations: Sequence[ops.MigrateOperation],
    forms: Forms,
    place: tuple[str, int],
    concerns: Callable[[ops.MigrateOperation], bool],
) -> list[ops.MigrateOperation]:
    """Operations of a step, each in its form.

    :param concerns: whether an operation is on a table in use.
    """
    made: list[ops.MigrateOperation] = []
    for number, op in enumerate(operations):
        form = forms.get((*place, number))
        if form is None or not concerns(op):
            made.append(op)
        elif made and isinstance(made[-1], StatedOp) and _of(made[-1]) == form:
            made[-1].ops.append(unchecked(op))
        else:
            made.append(StatedOp([unchecked(op)], form.algorithm, form.lock))
    return made


def resumed(
    operations: Sequence[ops.MigrateOperation], concerns: Callable[[ops.MigrateOperation], bool]
) -> list[ops.MigrateOperation]:
    """Operations of one function, so that it can be run again after a failure in its middle.

    Those that state their form leave what is done as it is; the others that would fail on it are put
    into ``op.resuming``. One alone is not: its failure leaves nothing.

    :param concerns: whether an operation is on a table in use; where none is, all stay as they are.
    """
    count = sum(len(op.ops) if isinstance(op, StatedOp) else 1 for op in operations)
    if count < 2 or not any(map(concerns, operations)):
        return list(operations)
    made: list[ops.MigrateOperation] = []
    for op in operations:
        one = ResumingOp([op]) if isinstance(op, RESUMED) else op
        last = made[-1] if made else None
        if isinstance(last, _BLOCKS) and one.to_diff_tuple() == last.to_diff_tuple():
            assert isinstance(one, _BLOCKS)
            last.ops.extend(one.ops)
        else:
            made.append(one)
    return made


_BLOCKS = (ResumingOp, StatedOp)


def _of(op: StatedOp) -> Form:
    return Form(op.algorithm, op.lock)


@dataclass
class _Watch:
    """Tries the forms of each statement in place of running it."""

    connection: Connection
    at: Address
    found: list[OnlineForm | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        query, execute = query_on(self.connection), execute_on(self.connection)
        self.observer = load(self.at.dialect).observer(query, execute, self.at)

    def before(
        self, _c: Any, _cursor: Any, sql: str, given: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        asked = altering(sql)
        sent = self.observer.before(asked, autocommit=False)
        if sent != asked:
            self.found.append(self.observer.after(asked, None).form)
        return sent, given


def tried(project: Project, at: Address, steps: Sequence[Step], done: int = 0) -> Forms:
    """Run the steps, and their undos, on a shadow of ours; what each was accepted as.

    What fails there ends the trial: the rest has no form.

    :param done: so many of the steps the shadow has behind it; they take a moment (renames).
    """
    found: dict[Place, Form] = {}

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        end_external_transaction(context)
        connection = connection_of(context)
        watch = _Watch(connection, at)
        event.listen(connection, "before_cursor_execute", watch.before, retval=True)
        try:
            with Operations.context(context) as operations:
                for place, op in _in_turn(steps, done):
                    watch.found.clear()
                    if isinstance(op, BackfillOp):
                        continue  # there are no rows
                    operations.invoke(unchecked(op))
                    form = _worst(watch.found)
                    if form is not None:
                        found[place] = form
        except Exception:
            connection.rollback()  # whoever runs the revision says what is wrong with it
        finally:
            event.remove(connection, "before_cursor_execute", watch.before)
            watch.observer.close()
        return []

    project.run(work, to=at, per_migration=True, dont_mutate=True)
    return found


def _in_turn(steps: Sequence[Step], done: int) -> list[tuple[Place, ops.MigrateOperation]]:
    left = list(enumerate(steps))[done:]
    up = [(("up", n, k), op) for n, step in left for k, op in enumerate(step.ops)]
    down = [(("down", n, k), op) for n, step in reversed(left) for k, op in enumerate(step.undo)]
    return [*up, *down]


def _worst(found: Sequence[OnlineForm | None]) -> Form | None:
    """The form that all statements of an operation take; None where one takes no cheap one."""
    forms = [Form(f.algorithm, f.lock) if f is not None and f.algorithm else None for f in found]
    if not forms or any(form not in _CHEAPEST for form in forms):
        return None
    return max((form for form in forms if form is not None), key=_CHEAPEST.index)
