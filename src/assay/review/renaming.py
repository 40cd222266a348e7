"""Renames, and the operation that took the old name away."""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change
from assay.review.rule import Identity, RuleContext
from assay.trace.effects import OperationEffect

__all__ = ["renames"]


def renames(
    operations: tuple[OperationEffect, ...], context: RuleContext, kind: str
) -> Iterator[tuple[OperationEffect, CatalogObject, CatalogObject]]:
    """Tables or columns of before the revision whose old name is gone after it: the operation, the
    object as it was, as it is.
    """
    said: set[Identity] = set()
    for operation in operations:
        for difference in operation.differences:
            identity = difference.identity
            if difference.change is not Change.REMOVED or identity[0] != kind or identity in said:
                continue
            old, new = context.before.by_identity.get(identity), context.renamed.get(identity)
            if old is not None and new is not None and identity not in context.after.by_identity:
                said.add(identity)
                yield operation, old, new
