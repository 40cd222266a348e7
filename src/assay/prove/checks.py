"""Searches values of a row that its table's checks let pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, product
from math import prod

from assay.dialects.shapes import CheckShape, ColumnShape, TableShape, Value
from assay.prove.candidates import candidates
from assay.prove.statements import DEFAULT, Row, Statements

__all__ = ["CheckSearch"]

_COMBINATIONS = 400
_SEARCHES = 4
"""Vain searches for values that pass, after which some checks are left to luck."""


@dataclass(frozen=True)
class _Together:
    """Columns whose values must be chosen together, and the checks that say so."""

    columns: tuple[ColumnShape, ...]
    checks: tuple[CheckShape, ...]


class CheckSearch:
    """The checks of one table that is being filled; those of its columns' domains count.

    :param differs: whether a row may stand beside those made already.
    """

    def __init__(
        self, statements: Statements, table: TableShape, differs: Callable[[Row], bool]
    ) -> None:
        self._statements = statements
        self._table = table
        self._differs = differs
        self._places = {column.name: place for place, column in enumerate(table.columns)}
        self._groups = _together(table)
        self._searched: dict[_Together, int] = {}

    def satisfy(
        self,
        row: Row,
        numbers: Mapping[str, int],
        fixed: Row,
        *,
        nulls_first: bool,
        alone: bool,
    ) -> None:
        """Change the row's values until the checks pass; left as they are where nothing helps.

        :param numbers: which value of its type each column has.
        :param fixed: what foreign keys need; only NULL may take its place.
        :param nulls_first: NULL is tried before values, where it may be.
        :param alone: False inside an attempt that is given up as a whole.
        """
        for group in self._groups:
            columns = group.columns
            if any(row[column.name] is DEFAULT for column in columns):
                continue  # the server's value is not known here: it has the say
            if self._searched.get(group, 0) >= _SEARCHES:
                continue
            options = [
                self._options(column, group, row, numbers, fixed, nulls_first) for column in columns
            ]
            tried = self._combinations(row, [column.name for column in columns], options)
            found = self._statements.first_passing(
                self._table, columns, group.checks, tried, alone=alone
            )
            if found is None:
                self._searched[group] = self._searched.get(group, 0) + 1
            else:
                row.update(found)

    def _combinations(
        self, row: Row, names: list[str], options: list[list[Value | None]]
    ) -> Iterator[Row]:
        for chosen in chain([[row[name] for name in names]], _nearest_first(options)):
            tried = row | dict(zip(names, chosen, strict=True))
            if self._differs(tried):
                yield tried

    def _options(
        self,
        column: ColumnShape,
        group: _Together,
        row: Row,
        numbers: Mapping[str, int],
        fixed: Row,
        nulls_first: bool,
    ) -> list[Value | None]:
        texts = tuple(check.sql for check in group.checks) + column.type.checks
        found: list[Value | None] = [] if row[column.name] is None else [row[column.name]]
        if column.name not in fixed:
            made = candidates(
                column.type,
                texts,
                numbers[column.name],
                self._places[column.name],
                self._statements.engine.value,
            )
            found += [option for option in made if option not in found]
        if column.nullable:
            found.insert(0 if nulls_first else len(found), None)
        return found or [None]


def _together(table: TableShape) -> list[_Together]:
    """The checks of a table, those that share a column together; domains' checks count."""
    groups: list[tuple[set[str], list[CheckShape]]] = [
        ({column.name}, []) for column in table.columns if column.type.checks
    ]
    for check in table.checks:
        names = {name for name in check.columns if table.column(name)}
        if not names:
            continue
        merged: tuple[set[str], list[CheckShape]] = (set(names), [check])
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            merged = (merged[0] | group[0], group[1] + merged[1])
        groups.append(merged)
    return [
        _Together(tuple(c for c in table.columns if c.name in names), tuple(checks))
        for names, checks in groups
    ]


def _nearest_first(options: list[list[Value | None]]) -> Iterator[tuple[Value | None, ...]]:
    """Combinations, those of early options first; at most a few hundred."""
    options = [list(some) for some in options]
    while prod(len(some) for some in options) > 10 * _COMBINATIONS:
        longest = max(options, key=len)
        if len(longest) <= 2:
            break
        longest.pop(-2)  # the last may be NULL
    places = (
        sorted(product(*(range(len(some)) for some in options)), key=sum)
        if len(options) < 12
        else []
    )
    for chosen in places[:_COMBINATIONS]:
        yield tuple(some[place] for some, place in zip(options, chosen, strict=True))
