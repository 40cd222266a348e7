"""Renames by effect: one statement took a name away and gave another to the same thing."""

from __future__ import annotations

from collections.abc import Iterator

from assay.catalog import CatalogObject, Change, Difference
from assay.review.rule import Identity, RuleContext
from assay.review.seen import statement_by_statement
from assay.trace.effects import OperationEffect

__all__ = ["renames"]


def renames(
    operations: tuple[OperationEffect, ...], context: RuleContext, kind: str
) -> Iterator[tuple[OperationEffect, CatalogObject, CatalogObject]]:
    """Tables or columns of before the revision whose old name is gone after it: the operation, the
    object as it was, as it is. Those of an operation, and those of any SQL.
    """
    gone = {
        found.identity
        for found in context.before.of_kind(kind)
        if found.identity not in context.after.by_identity
    }
    said: set[Identity] = set()
    for operation in operations:
        seen = {
            d.identity: context.renamed[d.identity]
            for d in operation.differences
            if d.change is Change.REMOVED and d.identity in context.renamed
        }
        for _statement, differences in statement_by_statement(operation):
            for old, new in _by_effect(differences, kind):
                seen.setdefault(old.identity, new)
        for identity, new in seen.items():
            if identity[0] == kind and identity in gone and identity not in said:
                said.add(identity)
                yield operation, context.before.by_identity[identity], new


def _by_effect(
    differences: tuple[Difference, ...], kind: str
) -> Iterator[tuple[CatalogObject, CatalogObject]]:
    removed = [
        d.object for d in differences if d.change is Change.REMOVED and d.object.kind == kind
    ]
    added = [d.object for d in differences if d.change is Change.ADDED and d.object.kind == kind]
    if len(removed) != 1 or len(added) != 1:
        return
    old, new = removed[0], added[0]
    if kind == "column":
        if old.key[:-1] == new.key[:-1] and old.attributes == new.attributes:
            yield old, new
        return
    if _columns(differences, old, Change.REMOVED) == _columns(differences, new, Change.ADDED):
        yield old, new


def _columns(
    differences: tuple[Difference, ...], table: CatalogObject, change: Change
) -> set[tuple[str, str | None]]:
    return {
        (d.object.key[-1], d.object.get("type"))
        for d in differences
        if d.change is change and d.object.kind == "column" and d.object.key[:-1] == table.key
    }
