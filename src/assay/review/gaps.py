"""Where a revision drops what it makes anew later, and others can write in between.

In one transaction nobody sees the table without: what drops it keeps its lock until the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from assay.catalog import CatalogObject, Change, Difference, Snapshot
from assay.review.parts import columns_of
from assay.review.rule import RuleContext
from assay.review.seen import relation_of, statement_by_statement
from assay.trace.effects import OperationEffect, StatementEffect

__all__ = ["Alike", "Gap", "gaps", "same_beginning"]

Alike = Callable[[CatalogObject, CatalogObject, Snapshot], bool]
"""Whether one does the work of another of its table; with a catalog that has the columns of both."""


@dataclass(frozen=True)
class Gap:
    """What a table was without for a while.

    :param line: where it is dropped.
    :param gone: what was dropped.
    :param made: what takes its place.
    :param direction: ``upgrade`` or ``downgrade``.
    """

    line: int | None
    gone: CatalogObject
    made: CatalogObject
    direction: str

    @property
    def table(self) -> str:
        """The table, as observations name it."""
        return relation_of(self.gone)

    @property
    def name(self) -> str:
        """What is missing, as people name it: ``users.ix``."""
        return f"{self.table}.{self.gone.key[-1]}"

    @property
    def told(self) -> str:
        """The beginning of a sentence: ``ix is dropped before ix2 is there``."""
        gone, made = self.gone.key[-1], self.made.key[-1]
        return f"{gone} is dropped before {'the new one' if gone == made else made} is there"

    @property
    def made_first(self) -> str:
        """What to do instead, behind "make": ``ix2 first``."""
        made = self.made.key[-1]
        return (
            "the new one first, under another name"
            if made == self.gone.key[-1]
            else f"{made} first"
        )


@dataclass(frozen=True)
class _Away:
    line: int | None
    statement: StatementEffect
    gone: CatalogObject


def gaps(
    operations: Iterable[OperationEffect],
    context: RuleContext,
    kinds: Collection[str],
    alike: Alike,
) -> Iterator[Gap]:
    """Every gap of an upgrade, then those of its downgrade.

    :param kinds: of catalog objects.
    :param alike: asked of two of one table.
    """
    yield from _found(operations, context.before, kinds, alike, "upgrade")
    down = context.upgrade.downgrade if context.upgrade is not None else None
    if down is not None:
        effects = down.operations(lambda _line: None)
        yield from _found(effects, down.before, kinds, alike, "downgrade")


def same_beginning(one: CatalogObject, other: CatalogObject, _catalog: Snapshot) -> bool:
    """Whether two are over the same columns, or one over more that begin with the other's."""
    first, second = columns_of(one), columns_of(other)
    shorter = min(len(first), len(second))
    return shorter > 0 and first[:shorter] == second[:shorter]


def _found(
    operations: Iterable[OperationEffect],
    before: Snapshot,
    kinds: Collection[str],
    alike: Alike,
    direction: str,
) -> Iterator[Gap]:
    away: list[_Away] = []
    for operation in operations:
        for statement, differences in statement_by_statement(operation):
            for difference in differences:
                found = difference.object
                if found.kind not in kinds or _goes_on(difference, differences):
                    continue
                if difference.change is Change.ADDED:
                    for one in [a for a in away if _ends(a, statement, found, before, alike)]:
                        away.remove(one)
                        yield Gap(one.line, one.gone, found, direction)
                elif found.identity in before.by_identity and not (
                    difference.change is Change.ALTERED
                    or _stands(found, statement.after, kinds, alike)
                ):
                    away.append(_Away(operation.line, statement, found))


def _goes_on(difference: Difference, beside: Iterable[Difference]) -> bool:
    """Whether it is only renamed by the statement, or goes with its table or a column of that."""
    found, change = difference.object, difference.change
    for other in beside:
        of_table = other.object.key[:-1] == found.key[:-1]
        if other.change is Change.REMOVED is change:
            if other.object.kind == "table" and other.object.key == found.key[:-1]:
                return True
            if other.object.kind == "column" and of_table:
                return True
        elif other.object.kind == found.kind and of_table and {other.change, change} == _RENAMED:
            columns = columns_of(found)
            if other.object.attributes == found.attributes or (
                columns and columns == columns_of(other.object)
            ):
                return True
    return False


_RENAMED = {Change.ADDED, Change.REMOVED}


def _stands(
    gone: CatalogObject, after: Snapshot | None, kinds: Collection[str], alike: Alike
) -> bool:
    """Whether another that does the same is there when one is dropped."""
    return after is not None and any(
        other.key[:-1] == gone.key[:-1] and alike(gone, other, after)
        for kind in kinds
        for other in after.of_kind(kind)
    )


def _ends(
    away: _Away, statement: StatementEffect, made: CatalogObject, before: Snapshot, alike: Alike
) -> bool:
    """Whether something made takes the place of what was dropped, and others saw the table without."""
    gone = away.gone
    if gone.key[:-1] != made.key[:-1] or not alike(gone, made, before):
        return False
    first, second = away.statement.observed.transaction, statement.observed.transaction
    # outside of any transaction each statement is committed
    return statement is not away.statement and (first is None or first != second)
