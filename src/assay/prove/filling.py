"""Fills one table: a row with everything, a row with every NULL, a row of the server's defaults."""

from __future__ import annotations

from random import Random
from typing import Any

from assay.dialects.shapes import ColumnShape, Refused, TableKey, TableShape, Value
from assay.prove.checks import CheckSearch
from assay.prove.references import Keys, References
from assay.prove.statements import DEFAULT, Row, Statements
from assay.prove.values import value

__all__ = ["TableFiller"]

_FULL, _NULLS, _DEFAULTS = "full", "nulls", "defaults"
_OTHERS = (_FULL, _FULL, _FULL, _DEFAULTS, _NULLS)
_PLANS = {
    0: _OTHERS,
    1: (_NULLS, _NULLS, _FULL, _FULL, _DEFAULTS),
    2: (_DEFAULTS, _DEFAULTS, _FULL, _FULL, _NULLS),
}
"""What a row shall be, by its place, and what it may be instead where the database refuses it."""

_VARIATIONS = 30


class TableFiller:
    """Fills one empty table, once.

    :param tables: every table there is, for what foreign keys point to.
    :param circle: set for tables filled together.
    """

    def __init__(
        self,
        statements: Statements,
        table: TableShape,
        tables: dict[TableKey, TableShape],
        per_table: int,
        circle: Keys | None = None,
    ) -> None:
        self.table = table
        self.count = 0
        self._statements = statements
        self._per_table = per_table
        self._places = {column.name: place for place, column in enumerate(table.columns)}
        self._guessed: dict[str, Value | None] = {}
        self._references = References(statements, table, tables, circle or {})
        self._checks = CheckSearch(statements, table, self._differs)
        self._rows: list[Row] = []
        self._alone = True
        self._shown: set[str] = set()
        self._fewer: str | None = None

    def fill(self, filled: set[TableKey]) -> None:
        """Make the rows. Foreign keys to tables outside ``filled`` stay NULL for now.

        :raises Refused: not one row could be made.
        """
        if self.table.unfillable:
            raise Refused(self.table.unfillable)
        self._references.find_parents(filled)
        if not self._fill_at_once():
            self._fill_row_by_row()
        for row in self._rows:
            self._shown |= {name for name, made in row.items() if made is not None}
        there = self._statements.count(self.table)
        if not there:
            raise Refused("the database took the rows but holds none: a trigger or rule drops them")
        self.count = min(there, len(self._rows))

    def fill_late(self, filled: set[TableKey]) -> None:
        """Point foreign keys left NULL to rows that are there now, in all rows but the second."""
        self._shown |= self._references.point_late(filled, self._per_table)

    def notes(self) -> list[str]:
        """What the rows do not show, for people."""
        found = []
        if self._fewer is not None:
            found.append(
                f"{self.count} of {self._per_table} rows, the next was refused: {self._fewer}"
            )
        never = [column.name for column in self.table.columns if column.name not in self._shown]
        if never:
            found.append(f"NULL in every row: {', '.join(never)}")
        return found

    def _fill_at_once(self) -> bool:
        """All rows as they should be, in one savepoint: right for most tables, and quicker."""
        if not self._statements.on.undoes_many:
            return False
        try:
            self._alone = False
            with self._statements.attempt():
                for place in range(self._per_table):
                    plan = _PLANS.get(place, _OTHERS)[0]
                    row, _ = self._distinct_row(place, plan, 0)
                    self._statements.insert(self.table, row, alone=self._alone)
                    self._rows.append(row)
        except Refused:
            self._rows.clear()
            return False
        finally:
            self._alone = True
        return True

    def _fill_row_by_row(self) -> None:
        for place in range(self._per_table):
            try:
                self._rows.append(self._make_row(place))
            except Refused as refused:
                if not self._rows:
                    raise
                self._fewer = str(refused)
                break

    # --- one row ---

    def _make_row(self, place: int) -> Row:
        first: Refused | None = None
        variation = 0
        for plan in _PLANS.get(place, _OTHERS):
            try:
                row, variation = self._distinct_row(place, plan, variation)
                self._statements.insert(self.table, row)
                return row
            except Refused as refused:
                first = first or refused
                variation += 1
        raise first or Refused("no row was tried")

    def _distinct_row(self, place: int, plan: str, variation: int) -> tuple[Row, int]:
        for step in range(variation, variation + _VARIATIONS):
            row = self._row(place, plan, step)
            if self._differs(row):
                return row, step
        raise Refused("no further row differs from the others in its unique columns")

    def _differs(self, row: Row) -> bool:
        """May the row stand beside the others, as far as unique columns go?"""
        for names in self.table.unique:
            mine = [row.get(name) for name in names]
            if any(made is None or made is DEFAULT for made in mine):
                continue  # NULLs differ, and the server's own numbers too
            texts = [str(made) for made in mine]
            if any([str(other.get(name)) for name in names] == texts for other in self._rows):
                return False
        return True

    def _row(self, place: int, plan: str, variation: int) -> Row:
        random = Random(f"{self.table.label}/{place}/{variation}") if variation else None
        numbers = {
            column.name: random.randint(1, 5_000) if random else place + 1
            for column in self.table.columns
        }
        row = {
            column.name: self._plain(column, numbers[column.name], plan)
            for column in self.table.columns
        }
        fixed = self._references.choose(place, as_null=plan == _NULLS, random=random)
        row |= {name: made for name, made in fixed.items() if name in row}
        self._references.point_to_itself(row)
        self._checks.satisfy(row, numbers, fixed, nulls_first=plan == _NULLS, alone=self._alone)
        return row

    def _plain(self, column: ColumnShape, number: int, plan: str) -> Any:
        if column.numbered:
            return DEFAULT
        if column.nullable and plan == _NULLS:
            return None
        if column.has_default and plan != _FULL:
            return DEFAULT
        made = value(column.type, number, self._places[column.name], self._statements.engine.value)
        if made is None:
            made = self._guess(column)
        if made is None and not column.nullable:
            if column.has_default:
                return DEFAULT
            raise Refused(
                f"no value is known for its column {column.name} of type {column.type.cast}"
            )
        return made

    def _guess(self, column: ColumnShape) -> Value | None:
        if column.name not in self._guessed:
            found = self._statements.first_passing(
                self.table,
                [column],
                (),
                ({column.name: text} for text in self._statements.engine.guesses),
            )
            self._guessed[column.name] = None if found is None else found[column.name]
        return self._guessed[column.name]
