"""One planned revision made several: what Alembic is about to write, cut into sections."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations, ops
from sqlalchemy import Column, text

from assay.catalog import Snapshot
from assay.generate.plan.comparison import Request
from assay.generate.plan.step import Phase, Step
from assay.generate.recipes import has_safe_forms
from assay.generate.recipes.sections import Sides, bodies, sections, touches
from assay.generate.recipes.situation import Situation
from assay.generate.recipes.stated import resumed, stated
from assay.generate.recipes.swaps import swapped
from assay.project.compat.constructs import copy_column

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["part_id", "situation_of", "split", "steps_of"]


def part_id(first: str, part: int) -> str:
    """The id of a part of a change, from 0: known before any file is written."""
    if part == 0:
        return first
    return hashlib.sha256(f"{first}.{part}".encode()).hexdigest()[:12]


def split(
    context: MigrationContext, request: Request, directives: list[ops.MigrationScript]
) -> None:
    """Put several scripts in the place of the one planned, where one cannot hold it."""
    if request.online is None or len(directives) != 1 or not has_safe_forms(context.dialect.name):
        return
    (script,) = directives
    upgrade, downgrade = script.upgrade_ops, script.downgrade_ops
    assert upgrade is not None
    assert downgrade is not None
    sides = Sides(
        situation_of(context, request, request.old), situation_of(context, request, request.new)
    )
    steps = steps_of(upgrade)
    if request.forms:
        # such a server commits each statement anyway: one revision that can be run again, its
        # statements stated
        concerns = partial(touches, on=sides.up)
        steps = [
            Step(
                step.phase,
                stated(step.ops, request.forms, ("up", number), concerns),
                stated(step.undo, request.forms, ("down", number), concerns),
                step.about,
                step.rank,
            )
            for number, step in enumerate(steps)
        ]
    elif context.dialect.name == "postgresql":
        steps = swapped(steps, sides.up, sides.down)
    parts = sections(steps, sides)
    if not parts:
        return
    made: list[ops.MigrationScript] = []
    for number, part in enumerate(parts):
        up, down = bodies(part, sides)
        if context.dialect.name != "postgresql":
            up = resumed(up, partial(touches, on=sides.up))
            down = resumed(down, partial(touches, on=sides.down))
        message = script.message
        if len(parts) > 1:
            message = f"{message or 'change'}, part {number + 1} of {len(parts)}"
        made.append(
            ops.MigrationScript(
                rev_id=part_id(str(script.rev_id), number),
                message=message,
                upgrade_ops=ops.UpgradeOps(up, upgrade_token=upgrade.upgrade_token),
                downgrade_ops=ops.DowngradeOps(down, downgrade_token=downgrade.downgrade_token),
                imports=set(script.imports),
                head=made[-1].rev_id if made else script.head,
                splice=script.splice,
                branch_label=None if made else script.branch_label,
                version_path=script.version_path,
                depends_on=None if made else script.depends_on,
            )
        )
    directives[:] = made


def steps_of(upgrade: ops.UpgradeOps) -> list[Step]:
    """The steps of a plan, also of what another plugin found."""
    return [
        op if isinstance(op, Step) else Step(Phase.DROP_SCHEMA, [op], [op.reverse()], ())
        for op in upgrade.ops
    ]


def situation_of(context: MigrationContext, request: Request, before: Snapshot) -> Situation:
    """What recipes know of a database on a shadow at head."""
    dialect = context.dialect
    found = {o.key for o in request.old.of_kind("table")}
    found &= {o.key for o in request.new.of_kind("table")}
    online = request.online
    postgresql = dialect.name == "postgresql"
    return Situation(
        dialect=dialect.name,
        version=tuple(getattr(dialect, "server_version_info", None) or ()),
        before=before,
        tables=frozenset(key for key in found if online is not None and online(key)),
        default_schema=dialect.default_schema_name if postgresql else None,
        rewrites=lambda column: postgresql and _rewrites(context, column),
    )


_FILE = "SELECT pg_relation_filenode('assay_trial')"


def _rewrites(context: MigrationContext, column: Column[Any]) -> bool:
    """Whether adding a column copies its table: tried on a table that is gone again at once.

    What cannot be tried (its type is made in the same change) counts as not.
    """
    connection = context.connection
    if connection is None:
        return False
    savepoint = connection.begin_nested()
    try:
        connection.execute(text("CREATE TEMPORARY TABLE assay_trial (id int) ON COMMIT DROP"))
        before = connection.execute(text(_FILE)).scalar()
        trial = copy_column(column)
        trial.comment, trial.index, trial.unique = None, None, None
        with Operations.context(context) as operations, suppress(Exception):
            operations.invoke(ops.AddColumnOp("assay_trial", trial))
            return bool(connection.execute(text(_FILE)).scalar() != before)
        return False
    finally:
        savepoint.rollback()
