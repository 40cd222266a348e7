"""What ``assay review --fix`` makes of a revision: planned on shadows, nothing written yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from assay.dialects import Address
from assay.errors import ProcedureStop
from assay.generate.plan.comparison import Request
from assay.generate.plan.step import Phase, Step
from assay.generate.recipes.added_columns import apart
from assay.generate.recipes.files import File, files_of
from assay.generate.recipes.happened import Ran, named_operations_of
from assay.generate.recipes.parts import cut
from assay.generate.recipes.rewriting import (
    Item,
    Rendered,
    Unclear,
    item_of,
    items_of,
)
from assay.generate.recipes.scripts import situation_of
from assay.generate.recipes.source import function_of
from assay.generate.recipes.stated import Form, tried
from assay.generate.recipes.swapped_items import swap_items
from assay.generate.render import exact_expressions, rendering_of
from assay.operations.constraints import renderable
from assay.project.compat.alembic import render_operations
from assay.project.failures import short
from assay.project.project import Project

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["Rewritten", "forms_of", "rewritten"]

Forms = Sequence[Form | None]


@dataclass(frozen=True)
class Rewritten:
    """The files that a revision becomes.

    :param fixed: statements that gave way to their safe form, by function.
    :param kept: the others.
    """

    files: tuple[File, ...]
    fixed: tuple[tuple[str, Item], ...]
    kept: tuple[tuple[str, Item], ...]


def rewritten(
    revision: Script,
    text: str,
    online: Callable[[tuple[str, ...]], bool] | None,
    forms: tuple[Sequence[Forms], Sequence[Forms]] | None = None,
) -> Callable[[MigrationContext, Ran], Rewritten]:
    """What is told what a revision made, and answers with its safe form.

    :param online: which tables are large enough; None: all.
    :param forms: of the operations of both functions, see :func:`forms_of`.
    :raises ProcedureStop: a statement cannot be put where it belongs without guessing.
    """
    path = Path(revision.path)

    def work(context: MigrationContext, ran: Ran) -> Rewritten:
        functions = [function_of(text, name) for name in ("upgrade", "downgrade")]
        up, down = functions
        if up is None or down is None:
            raise ProcedureStop(
                "upgrade() and downgrade() are not two plain functions of the file.",
                where=short(str(path)),
                next_step="Write them as `def upgrade():` and `def downgrade():`, a statement a line.",
            )
        wanted = online or (lambda _table: True)
        request = Request(ran.before, ran.after, online=wanted)
        sides = (
            situation_of(context, request, ran.before),
            situation_of(context, request, ran.after),
        )
        render = _renderer(context)
        ups = items_of(up, ran.up, sides[0], render, forms and forms[0])
        downs = items_of(down, ran.down, sides[1], render, forms and forms[1])
        if context.dialect.name == "postgresql":
            swap_items(ups, downs, sides, render)
        try:
            parts = cut(ups, downs, lambda op: item_of(op, sides[1], render))
            files = files_of(text, path.name, revision.revision, (up, down), parts, sides, render)
        except Unclear as unclear:
            raise ProcedureStop(
                f"The safe form needs several revisions, and {unclear.why}.",
                where=f"{short(str(path))}:{unclear.line}",
                next_step="Let each statement of downgrade() take back one of upgrade(), in the "
                "opposite order; or write that part as a revision of its own.",
            ) from unclear
        all_items = [("upgrade", i) for i in ups] + [("downgrade", i) for i in downs]
        return Rewritten(
            tuple(files),
            tuple((d, i) for d, i in all_items if i.rewritable),
            tuple((d, i) for d, i in all_items if not i.rewritable),
        )

    return work


def forms_of(project: Project, at: Address, ran: Ran) -> tuple[Sequence[Forms], Sequence[Forms]]:
    """MySQL and MariaDB: the cheapest form that a shadow accepts for each operation of both functions.

    Of one that makes several things in several statements, of each of them.

    :param at: a shadow of ours that stands before the revision.
    """
    ups, downs = (
        [apart(op) for op in named_operations_of(happened)] for happened in (ran.up, ran.down)
    )
    steps = [Step(Phase.CREATE_SCHEMA, ones, [], ()) for ones in ups]
    steps += [Step(Phase.CREATE_SCHEMA, [], ones, ()) for ones in reversed(downs)]
    found = tried(project, at, steps)
    count = len(steps)
    return (
        [[found.get(("up", n, k)) for k in range(len(ones))] for n, ones in enumerate(ups)],
        [
            [found.get(("down", count - 1 - n, k)) for k in range(len(ones))]
            for n, ones in enumerate(downs)
        ],
    )


def _renderer(context: MigrationContext) -> Callable[[Sequence[ops.MigrateOperation]], Rendered]:
    """Alembic's renderer, as generation has it."""
    from alembic.autogenerate.api import AutogenContext

    exact_expressions(context)
    options: dict[str, Any] = {
        **context.opts,
        "alembic_module_prefix": "op.",
        "render_as_batch": False,
    }
    options["render_item"] = rendering_of(options.get("render_item"))
    prefix = options.get("sqlalchemy_module_prefix") or "sa."

    def render(operations: Sequence[ops.MigrateOperation]) -> Rendered:
        autogen = AutogenContext(context, opts=options, autogenerate=False)
        text = render_operations(ops.UpgradeOps([renderable(op) for op in operations]), autogen)
        lines = [one for one in text.splitlines() if not one.startswith("# ###") and one.strip()]
        imports = set(autogen.imports)
        if prefix == "sa." and "sa." in text:
            imports.add("import sqlalchemy as sa")
        return Rendered(tuple(line for line in lines if line != "pass"), frozenset(imports))

    return render
