"""Views of the models (SQLAlchemy 2.1 ``CreateView``)."""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.operations.views import CreateViewOp, DropViewOp

__all__ = ["steps"]


def steps(c: Comparison) -> Iterator[Step]:
    """Views that the models have; others are made by hand, and are none of their business."""
    declared = {key for key, table in c.models.items() if getattr(table, "is_view", False)}
    for difference in c.changed("view"):
        found = difference.object
        if difference.change is not Change.REMOVED and found.key not in declared:
            continue
        if difference.change is Change.REMOVED and not declared:
            continue
        old, new = difference.before, difference.after
        if old is not None:
            yield Step(Phase.DROP_VIEW, [_drop(old)], [_create(old)], old.key)
        if new is not None:
            yield Step(Phase.CREATE_VIEW, [_create(new)], [_drop(new)], new.key)


def _create(found: CatalogObject) -> CreateViewOp:
    columns, query = _at_as(found.get("definition") or "")
    return CreateViewOp(found.key[0], query, options=columns or None)


def _drop(found: CatalogObject) -> DropViewOp:
    return DropViewOp(found.key[0])


def _at_as(text: str) -> tuple[str, str]:
    """``(column, …) AS query``, what follows a view's name, around its first AS.

    The names of the columns may be left out; a quoted one may hold anything.
    """
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif text[at : at + 3].upper() == "AS " and (at == 0 or text[at - 1] == " "):
            return text[:at].strip(), text[at + 3 :]
    return "", text
