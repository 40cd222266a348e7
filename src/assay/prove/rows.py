"""Makes rows for a shadow, so that a revision is proven on tables that hold something."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.dialects import load
from assay.dialects.shapes import Refused, TableKey, TableShape
from assay.prove.filling import TableFiller
from assay.prove.references import Keys
from assay.prove.statements import Statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["RowsReport", "count_rows", "make_rows"]


@dataclass(frozen=True)
class RowsReport:
    """What :func:`make_rows` did, by table name (``schema.name`` outside the default schema).

    :param made: how many rows each table got.
    :param skipped: tables that stay empty, each with the reason, for people.
    :param incomplete: tables that got rows, but with something no row shows: a column NULL in all
        of them, fewer rows than wanted; each with the reason, for people.
    :param had_rows: tables left alone because they held rows already.
    """

    made: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    incomplete: Mapping[str, str] = field(default_factory=dict)
    had_rows: frozenset[str] = frozenset()


def make_rows(
    connection: Connection,
    *,
    per_table: int = 3,
    only: Collection[str] | None = None,
    skip: Collection[str] = ("alembic_version",),
) -> RowsReport:
    """Give every empty table a few rows, the same ones each time.

    The first row of a table has a value in every column, the second NULL wherever it may be, the
    third leaves columns with a default to the server. Parents come before children, and foreign
    keys point to rows that exist. A table that cannot be filled is reported, never raised, and the
    connection stays usable. Nothing is committed here, and nothing is left deferred.

    :param connection: open on a shadow; its transaction is the caller's.
    :param per_table: rows wanted in each table, at least 1.
    :param only: fill these tables only, named as in the report.
    :param skip: tables left out, by name with or without the schema.
    :raises assay.errors.UsageError: the engine is not known here.
    """
    engine = load(connection.dialect.name).rows
    tables = engine.read_tables(connection)
    statements = Statements(connection, engine)
    chosen = {
        key: table
        for key, table in tables.items()
        if not {table.label, key[1]} & set(skip) and (only is None or table.label in only)
    }
    held = statements.which_hold_rows(list(tables.values()))
    run = _Run(statements, tables, held, max(1, per_table))
    statements.on.check_at_once()
    try:
        run.fill([table for key, table in chosen.items() if key not in held])
    finally:
        statements.on.check_as_declared()
    return RowsReport(
        made=run.made,
        skipped=run.skipped,
        incomplete={label: "; ".join(notes) for label, notes in run.notes().items()},
        had_rows=frozenset(table.label for key, table in chosen.items() if key in held),
    )


def count_rows(connection: Connection, tables: Collection[str] | None = None) -> dict[str, int]:
    """How many rows the tables hold, named as in the report; all of them if None."""
    engine = load(connection.dialect.name).rows
    statements = Statements(connection, engine)
    return {
        table.label: statements.count(table)
        for table in engine.read_tables(connection).values()
        if tables is None or table.label in tables
    }


class _Run:
    """One call of :func:`make_rows`: which tables are filled, in which order."""

    def __init__(
        self,
        statements: Statements,
        tables: dict[TableKey, TableShape],
        held: set[TableKey],
        per_table: int,
    ) -> None:
        self._statements = statements
        self._tables = tables
        self._filled = set(held)
        self._per_table = per_table
        self._fillers: dict[TableKey, TableFiller] = {}
        self.made: dict[str, int] = {}
        self.skipped: dict[str, str] = {}

    def fill(self, wanted: Sequence[TableShape]) -> None:
        """Fill these tables, parents first; circles as one; then what a circle left NULL."""
        waiting = {table.key: table for table in wanted}
        while waiting:
            ready = [
                table
                for table in waiting.values()
                if not self._waits_for(table, waiting, hard=True)
            ]
            if not ready:
                self._fill_circle(_smallest_circle(waiting), waiting)
                continue
            whole = [table for table in ready if not self._waits_for(table, waiting, hard=False)]
            for table in whole or ready[:1]:
                del waiting[table.key]
                self._fill_one(table)
        for filler in self._fillers.values():
            filler.fill_late(self._filled)

    def notes(self) -> dict[str, list[str]]:
        """What the rows made do not show, by table."""
        found = {filler.table.label: filler.notes() for filler in self._fillers.values()}
        return {label: notes for label, notes in found.items() if notes}

    def _waits_for(
        self, table: TableShape, waiting: Mapping[TableKey, TableShape], *, hard: bool
    ) -> bool:
        return any(
            key.parent in waiting and key.parent != table.key and not (hard and key.optional)
            for key in table.foreign_keys
        )

    def _fill_one(self, table: TableShape) -> None:
        filler = TableFiller(self._statements, table, self._tables, self._per_table)
        try:
            filler.fill(self._filled)
        except Refused as refused:
            self.skipped[table.label] = self._with_cause(table, str(refused))
            return
        self._done(filler)

    def _done(self, filler: TableFiller) -> None:
        self._filled.add(filler.table.key)
        self._fillers[filler.table.key] = filler
        self.made[filler.table.label] = filler.count

    def _fill_circle(self, circle: list[TableShape], waiting: dict[TableKey, TableShape]) -> None:
        """Tables whose NOT NULL foreign keys go round: filled together, checked at the end."""
        for table in circle:
            del waiting[table.key]
        names = ", ".join(table.label for table in circle)
        keys: Keys = {table.key: {} for table in circle}
        fillers = [
            TableFiller(self._statements, table, self._tables, self._per_table, keys)
            for table in circle
        ]
        try:
            with self._statements.on.deferred(circle):
                for filler in fillers:
                    filler.fill(self._filled)
        except Refused as refused:
            for table in circle:
                self.skipped[table.label] = (
                    f"its NOT NULL foreign keys go in a circle ({names}), "
                    f"and filling them together failed: {refused}"
                )
            return
        for filler in fillers:
            self._done(filler)

    def _with_cause(self, table: TableShape, reason: str) -> str:
        missing = [
            key.parent
            for key in table.foreign_keys
            if not key.optional and key.parent not in self._filled and key.parent != table.key
        ]
        if not missing:
            return reason
        label = self._tables[missing[0]].label if missing[0] in self._tables else missing[0][1]
        return f"its foreign key needs a row of {label}, which has none"


def _smallest_circle(waiting: Mapping[TableKey, TableShape]) -> list[TableShape]:
    """Tables that need each other and nothing else that waits."""

    def parents(key: TableKey) -> set[TableKey]:
        keys = waiting[key].foreign_keys
        return {found.parent for found in keys if not found.optional and found.parent in waiting}

    def reached(key: TableKey) -> set[TableKey]:
        seen: set[TableKey] = set()
        todo = [key]
        while todo:
            new = parents(todo.pop()) - seen
            seen |= new
            todo += new
        return seen

    reach = {key: reached(key) for key in waiting}
    least = min(reach, key=lambda key: len(reach[key]))
    return [table for key, table in waiting.items() if key in reach[least]]
