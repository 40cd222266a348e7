"""The Alembic plugin: catalogs compared in place of reflected metadata.

It stands in for Alembic's own comparators where both are switched on. In a run of Assay the request
comes with it; under plain ``alembic revision --autogenerate`` and ``alembic check`` it is made from
the connected database and a shadow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from assay.generate.plan.comparison import Comparison, Request
from assay.generate.plan.step import Step, in_order
from assay.generate.render import exact_expressions, rendering_of

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops

__all__ = [
    "NAME",
    "REQUEST",
    "Cause",
    "compare_catalogs",
    "engine",
    "planned",
    "register",
    "without_ours",
]

NAME = "assay"
"""The plugin's name in ``autogenerate_plugins``."""
REQUEST = "assay_request"
"""Where a run of Assay puts its :class:`Request` among Alembic's options."""

Cause = Callable[[Comparison], Iterator[Step]]
"""Plans the steps for one kind of difference; each engine's package lists its own as ``CAUSES``."""

_CORE = "alembic.autogenerate.*"
"""Alembic's default for ``autogenerate_plugins``."""
_ENGINES = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


def compare_catalogs(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> Any:
    """Replace what Alembic's own comparators found by the steps from catalog to catalog.

    Operations of other plugins (functions, triggers) stay, after ours.
    """
    from alembic.util import PriorityDispatchResult

    request = context.opts.get(REQUEST)
    if request is None:
        from assay.generate.standalone import request_of

        request = request_of(context)
        context.opts["render_item"] = rendering_of(context.opts.get("render_item"))
        exact_expressions(context.migration_context)
    assert isinstance(request, Request)
    others = [op for op in upgrade_ops.ops if type(op).__module__.partition(".")[0] != "alembic"]
    comparison = Comparison(context, request)
    upgrade_ops.ops[:] = [*in_order([*request.renames, *planned(comparison)]), *others]
    _let_describe(upgrade_ops)
    # under several names at once, once is enough
    return PriorityDispatchResult.STOP


def without_ours(plugins: Sequence[str] | None) -> list[str]:
    """``autogenerate_plugins`` with Alembic's own comparators where ours stand in for them."""
    if plugins is None:
        return [_CORE]
    others = [name for name in plugins if name != NAME and not name.startswith(f"{NAME}.")]
    left = others if any(not name.startswith("~") for name in others) else [*others, _CORE]
    return [*left, f"~{NAME}", f"~{NAME}.*"]


def _let_describe(operations: Any) -> None:
    """Let ``alembic check`` print every operation of a container.

    Alembic's own have no words for a table that is renamed, nor for a constraint that is dropped
    without what made it.
    """
    for op in operations.ops:
        if hasattr(op, "ops"):
            _let_describe(op)
        else:
            vars(op)["to_diff_tuple"] = partial(_described, op, op.to_diff_tuple)


def _described(op: ops.MigrateOperation, own: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    try:
        return own()
    except (ValueError, NotImplementedError):
        names = ("schema", "table_name", "constraint_name", "new_table_name")
        found = [getattr(op, name, None) for name in names]
        return (type(op).__name__, *(one for one in found if one is not None))


def planned(comparison: Comparison) -> Iterator[Step]:
    """The steps that lead from the old catalog to the new."""
    causes: tuple[Cause, ...] = import_module(engine(comparison.dialect.name)).CAUSES
    return (step for cause in causes for step in cause(comparison))


def engine(dialect: str) -> str:
    """The package that plans for a dialect."""
    return f"assay.generate.{_ENGINES[dialect]}"


def register() -> None:
    """Make Alembic know the plugin, whether or not its entry point was found."""
    from contextlib import suppress

    from alembic.runtime.plugins import Plugin

    from assay import alembic_plugin

    # Alembic refuses a second plugin of one name, and has no public question for the first
    with suppress(ValueError):
        Plugin.setup_plugin_from_module(alembic_plugin, NAME)
