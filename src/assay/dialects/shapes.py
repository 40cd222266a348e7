"""What is known of tables that rows are made in, and what an engine must answer to make them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

__all__ = [
    "CheckShape",
    "ColumnShape",
    "ColumnType",
    "ForeignKeyShape",
    "MakeValue",
    "Refused",
    "RowConnection",
    "RowDialect",
    "TableKey",
    "TableShape",
    "Value",
    "type_parameters",
]

TableKey = tuple[str | None, str]
"""Schema (None: the engine has none) and table name, unquoted."""

Value = bool | int | float | str | bytes | Decimal
"""What a column can be given. None is kept for NULL and stands outside."""


class Refused(Exception):
    """No row goes in, says the database or what is known of the table. The text is for people."""

    @classmethod
    def by_database(cls, error: Exception, words: object) -> Refused:
        """What the driver said, cut to its first line: the rest repeats the statement and values."""
        said = re.sub(r"^<class '[^']*'>: ", "", str(words).strip())  # asyncpg under SQLAlchemy
        first = said.splitlines()[0] if said else type(error).__name__
        return cls(f"the database refuses the row: {first}")


@dataclass(frozen=True)
class ColumnType:
    """A type as the catalog says it, a domain already followed to what it is made of.

    :param cast: the type's full text, to cast to; a domain's is the domain.
    :param name: the type's name as standard SQL has it, else the engine's first word for it; lower
        case, without its parameters.
    :param parameters: length, or precision and scale.
    :param kind: base, enum, array, range, multirange or composite.
    :param labels: an enum's, in order.
    :param element: an array's element, a range's subtype, a multirange's range.
    :param fields: a composite's.
    :param checks: SQL of a domain's check constraints.
    :param empty: an array's value without elements.
    """

    cast: str
    name: str
    parameters: tuple[int, ...] = ()
    kind: str = "base"
    labels: tuple[str, ...] = ()
    element: ColumnType | None = None
    fields: tuple[ColumnType, ...] = ()
    checks: tuple[str, ...] = ()
    empty: str | None = None


def type_parameters(typed: str) -> tuple[int, ...]:
    """The numbers in parentheses of a type's text: ``numeric(10,2)``."""
    found = re.search(r"\(([\d,\s-]+)\)", typed)
    return tuple(int(part) for part in found[1].split(",")) if found else ()


@dataclass(frozen=True)
class ColumnShape:
    """One column that can be given a value; generated columns are left out of a table.

    :param numbered: the server numbers it: "serial", "by default" or "always" (identity).
    """

    name: str
    type: ColumnType
    nullable: bool
    has_default: bool = False
    numbered: str | None = None


@dataclass(frozen=True)
class ForeignKeyShape:
    """A foreign key; ``parent_columns`` in the order of ``columns``.

    :param optional: leaving its nullable columns NULL satisfies it.
    """

    columns: tuple[str, ...]
    parent: TableKey
    parent_columns: tuple[str, ...]
    optional: bool


@dataclass(frozen=True)
class CheckShape:
    """A check constraint's expression and the columns it names."""

    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TableShape:
    """An ordinary or partitioned table.

    :param label: the name in reports: ``schema.name``, or ``name`` in the default schema.
    :param unfillable: why no row can be in it, if that is known beforehand.
    """

    key: TableKey
    label: str
    columns: tuple[ColumnShape, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKeyShape, ...] = ()
    checks: tuple[CheckShape, ...] = ()
    unfillable: str | None = None

    def column(self, name: str) -> ColumnShape | None:
        """The column of that name; None for a generated one."""
        return next((column for column in self.columns if column.name == name), None)

    def foreign_key(
        self,
        names: tuple[str, ...],
        parent: TableKey,
        parent_columns: tuple[str, ...],
        *,
        match_full: bool = False,
    ) -> ForeignKeyShape:
        """A foreign key on these columns of the table, which must be known already."""
        can_be_null = [bool((found := self.column(name)) and found.nullable) for name in names]
        optional = all(can_be_null) if match_full else any(can_be_null)
        return ForeignKeyShape(names, parent, parent_columns, optional)

    def check(self, sql: str, names: tuple[str, ...] | None = None) -> CheckShape:
        """A check constraint on the table.

        :param names: the columns it is on; None: those whose names stand in it. Too many does no harm.
        """
        if names is None:
            bare = re.sub(r"'(?:[^']|'')*'", "''", sql).casefold()
            names = tuple(
                column.name
                for column in self.columns
                if re.search(rf"(?<!\w){re.escape(column.name.casefold())}(?!\w)", bare)
            )
        return CheckShape(sql, names)


MakeValue = Callable[[ColumnType, int], Value | None]
"""The value of that number, counted from 1, of any type; None where nothing is known of it."""


class RowConnection(Protocol):
    """How one engine is given values, and how what failed is undone, on one open connection."""

    undoes_many: bool
    """A failed :meth:`attempt` undoes all that was done inside, not its last statement only."""

    def given(self, kind: ColumnType | None, made: Value | None) -> ColumnElement[Any]:
        """A value as SQL of that type; None: the type is not known."""
        ...

    def read(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """What to select for the column's values to come in the form :meth:`given` takes."""
        ...

    def attempt(self) -> AbstractContextManager[None]:
        """What is done inside is undone if it fails, and the connection goes on.

        :raises Refused: it failed, with the database's own words.
        """
        ...

    def deferred(self, tables: Sequence[TableShape]) -> AbstractContextManager[None]:
        """Foreign keys are checked when the block ends, where the database can put that off.

        :raises Refused: something inside did not work; these tables, empty before, are empty again.
        """
        ...

    def check_at_once(self) -> None:
        """Constraints that are deferred by themselves are checked with each statement from here."""
        ...

    def check_as_declared(self) -> None:
        """Undo :meth:`check_at_once`; no constraint has work pending."""
        ...

    def next_number(self, table: TableShape, column: ColumnShape) -> tuple[int, int] | None:
        """A number taken from the column's sequence, and the step to the next; None without one."""
        ...


class RowDialect(Protocol):
    """What one engine knows of making rows."""

    @property
    def guesses(self) -> tuple[str, ...]:
        """Texts of which one may be a value of a type that nothing is known of."""
        ...

    def read_tables(self, connection: Connection) -> dict[TableKey, TableShape]:
        """Every table rows can be made for: no views, foreign tables, partitions or extensions' tables."""
        ...

    def value(self, kind: ColumnType, number: int, make: MakeValue) -> Value | None:
        """A value of a type that only this engine has; None for others.

        :param make: gives the values of what the type is made of.
        """
        ...

    def rows_on(self, connection: Connection) -> RowConnection:
        """The engine's part of the statements on this connection."""
        ...
