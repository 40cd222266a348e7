"""Chooses what the foreign keys of one table's rows point to."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from assay.dialects.shapes import ForeignKeyShape, Refused, TableKey, TableShape
from assay.prove.statements import DEFAULT, Row, Statements
from assay.prove.values import value

__all__ = ["Keys", "References"]

Keys = dict[TableKey, dict[int, Row]]
"""For tables that are filled as one circle: values that rows made earlier already point to, by the
place of the row that shall have them."""

_PARENT_ROWS = 20


class References:
    """The foreign keys of one table that is being filled.

    :param tables: every table there is.
    :param circle: not empty for tables filled together.
    """

    def __init__(
        self,
        statements: Statements,
        table: TableShape,
        tables: dict[TableKey, TableShape],
        circle: Keys,
    ) -> None:
        self._statements = statements
        self._table = table
        self._tables = tables
        self._circle = circle
        self._parents: dict[ForeignKeyShape, list[tuple[Any, ...]]] = {}
        self._late: list[ForeignKeyShape] = []

    def find_parents(self, filled: set[TableKey]) -> None:
        """Read the rows that can be pointed to. Optional keys to tables not filled yet come late.

        :raises Refused: a key that must point somewhere has no row to point to.
        """
        for key in self._table.foreign_keys:
            to_itself = key.parent == self._table.key
            known = key.parent in filled or key.parent in self._circle
            rows: list[tuple[Any, ...]] = []
            if known and not to_itself and key.parent_columns:
                rows = self._rows_of(self._tables[key.parent], key.parent_columns)
            self._parents[key] = rows
            if rows or key.parent in self._circle:
                continue
            if key.optional:
                self._late.append(key)
            elif not to_itself:
                raise Refused(f"its foreign key needs a row of {key.parent[1]}, which has none")

    def choose(self, place: int, *, as_null: bool, random: Random | None) -> Row:
        """The values of the columns in foreign keys, for the row of that place.

        :param as_null: leave NULL what may be NULL.
        :param random: chooses among parents; None: they are taken in turn.
        :raises Refused: no parent fits all the keys a column is in.
        """
        fixed = dict(self._circle.get(self._table.key, {}).get(place, {}))
        for key in sorted(self._table.foreign_keys, key=lambda key: -len(key.columns)):
            self._choose_parent(key, fixed, place, as_null, random)
        return fixed

    def point_to_itself(self, row: Row) -> None:
        """Where a key must point into its own table, the row points to itself.

        :raises Refused: its own number cannot be known beforehand.
        """
        for key in self._table.foreign_keys:
            if key.parent == self._table.key and not key.optional:
                self._point_to_itself(key, row)

    def point_late(self, filled: set[TableKey], per_table: int) -> set[str]:
        """Point keys left NULL to rows that are there now, in all rows but the second.

        :returns: the columns that got values.
        """
        shown: set[str] = set()
        for key in self._late:
            if key.parent not in filled or not key.parent_columns:
                continue
            parents = self._rows_of(self._tables[key.parent], key.parent_columns)
            named = self._names_a_row(key)
            if not parents or not named:
                continue
            columns = [*named, *key.columns]
            for place, found in enumerate(self._statements.rows(self._table, columns, per_table)):
                if place != 1:
                    now = Row(zip(columns, found, strict=True))
                    shown |= self._point(key, parents, place, now, named)
        return shown

    def _rows_of(self, parent: TableShape, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        rows = self._statements.rows(parent, columns, _PARENT_ROWS)
        return [row for row in rows if None not in row]

    def _choose_parent(
        self, key: ForeignKeyShape, fixed: Row, place: int, as_null: bool, random: Random | None
    ) -> None:
        if key.parent == self._table.key and not key.optional:
            return
        if any(name in fixed and fixed[name] is None for name in key.columns):
            return
        nullable = [name for name in key.columns if (c := self._table.column(name)) and c.nullable]
        rows = self._parents[key]
        if (
            not rows
            and key.parent in self._circle
            and not (key.optional and key.parent == self._table.key)
        ):
            rows = [self._demand(key, place)]
        agreeing = [row for row in rows if _agrees(row, key.columns, fixed)]
        if key.optional and (as_null or not agreeing):
            free = [name for name in nullable if name not in fixed]
            if free or not agreeing:
                fixed.update(dict.fromkeys(free))
                return
        if not agreeing:
            raise Refused(f"no row of {key.parent[1]} fits all of its foreign keys at once")
        row = random.choice(agreeing) if random else agreeing[place % len(agreeing)]
        fixed.update(zip(key.columns, row, strict=True))

    def _demand(self, key: ForeignKeyShape, place: int) -> tuple[Any, ...]:
        """The key a row of a table further round the circle shall have."""
        parent = self._tables[key.parent]
        demanded = self._circle[key.parent].setdefault(place, {})
        own = self._statements.engine.value
        for name in key.parent_columns:
            column = parent.column(name)
            if name in demanded or column is None:
                continue
            number = self._statements.on.next_number(parent, column) if column.numbered else None
            shift = [found.name for found in parent.columns].index(name)
            made = value(column.type, place + 1, shift, own) if number is None else number[0]
            demanded[name] = made
        return tuple(demanded.get(name) for name in key.parent_columns)

    def _point_to_itself(self, key: ForeignKeyShape, row: Row) -> None:
        for name, own in zip(key.columns, key.parent_columns, strict=True):
            column = self._table.column(own)
            if row.get(own) is DEFAULT and column is not None and column.numbered:
                number = self._statements.on.next_number(self._table, column)
                if number is None:
                    raise Refused(f"its foreign key on {name} needs its own number beforehand")
                if column.numbered == "always":  # cannot be given: the next one is foreseen
                    row[name] = number[0] + number[1]
                    continue
                row[own] = number[0]
            row[name] = row.get(own)

    def _names_a_row(self, key: ForeignKeyShape) -> list[str]:
        """Columns by which a row is found again."""
        if self._table.primary_key:
            return list(self._table.primary_key)
        plain = ("smallint", "integer", "bigint", "text", "varchar", "uuid", "date")
        return [
            c.name
            for c in self._table.columns
            if c.type.name in plain and c.name not in key.columns
        ]

    def _point(
        self,
        key: ForeignKeyShape,
        parents: list[tuple[Any, ...]],
        place: int,
        now: Row,
        named: list[str],
    ) -> set[str]:
        """Change one row; the columns that got values."""
        held = {name: now[name] for name in key.columns if now[name] is not None}
        where = {name: now[name] for name in named if now[name] is not None}
        agreeing = [row for row in parents if _agrees(row, key.columns, held)]
        turn = place % len(agreeing) if agreeing else 0
        for row in agreeing[turn:] + agreeing[:turn]:
            chosen = dict(zip(key.columns, row, strict=True))
            values = {name: made for name, made in chosen.items() if name not in held}
            if not values or not where:
                break
            try:
                self._statements.update(self._table, values, where)
            except Refused:
                continue
            return set(values)
        return set()


def _agrees(row: Sequence[Any], names: Sequence[str], fixed: Row) -> bool:
    return all(
        str(fixed[name]) == str(made)
        for name, made in zip(names, row, strict=True)
        if name in fixed
    )
