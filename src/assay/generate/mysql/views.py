"""Views of the models (SQLAlchemy 2.1 ``CreateView``).

A view that the models do not have is dropped only where the models have views at all: else views are
made by hand, and are none of the models' business.
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from assay.catalog import CatalogObject, Snapshot
from assay.generate.mysql.text import mentions
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.views import CreateViewOp, DropViewOp

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """Dropped before everything, made after everything; those that others read come first."""
    managed = any(_declared(c, view) for view in c.new.of_kind("view"))
    for d in c.changed("view"):
        if d.before is not None and (d.after is not None or managed):
            rank = -_rank(c.old, d.before)
            yield Step(Phase.DROP_VIEW, _drop(d.before), _make(d.before), d.object.key, rank)
        if d.after is not None and (d.before is not None or _declared(c, d.after)):
            rank = _rank(c.new, d.after)
            yield Step(Phase.CREATE_VIEW, _make(d.after), _drop(d.after), d.object.key, rank)


def _declared(c: Comparison, view: CatalogObject) -> bool:
    """Whether the models have it; before SQLAlchemy 2.1 no table is a view."""
    table = c.models.get(view.key)
    return table is not None and bool(getattr(table, "is_view", False))


def _rank(snapshot: Snapshot, view: CatalogObject) -> int:
    """How many views it stands on at most."""
    others = [
        other
        for other in snapshot.of_kind("view")
        if other != view and mentions(view.get("definition"), other.key[0])
    ]
    return 1 + max((_rank(snapshot, other) for other in others), default=0)


def _make(view: CatalogObject) -> list[ops.MigrateOperation]:
    definition = view.get("definition") or ""
    if view.get("check option"):
        definition += f" WITH {view.get('check option')} CHECK OPTION"
    return [CreateViewOp(view.key[0], definition)]


def _drop(view: CatalogObject) -> list[ops.MigrateOperation]:
    return [DropViewOp(view.key[0])]
