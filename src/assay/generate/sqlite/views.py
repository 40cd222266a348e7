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
    text = found.get("definition") or ""
    head, _, query = _at_as(text)
    return CreateViewOp(found.key[0], query or head)


def _drop(found: CatalogObject) -> DropViewOp:
    return DropViewOp(found.key[0])


def _at_as(text: str) -> tuple[str, str, str]:
    """``CREATE VIEW name AS query`` around its first AS that stands outside of quotes."""
    depth_quote = ""
    for at in range(len(text) - 3):
        character = text[at]
        if depth_quote:
            depth_quote = "" if character == depth_quote else depth_quote
        elif character in "'\"`":
            depth_quote = character
        elif text[at : at + 4].upper() == " AS ":
            return text[:at], " AS ", text[at + 4 :]
    return text, "", ""
