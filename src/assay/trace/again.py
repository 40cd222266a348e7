"""A second run of a revision, for what the first cannot show: does it repeat itself, what is lost.

On a shadow of its own, since it changes what is looked at: each statement that changed rows is run
once more, in a savepoint; and the rows are looked at before the upgrade and after the downgrade.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.catalog import Change, Difference, Snapshot
from assay.dialects import Address, load
from assay.errors import AssayError
from assay.project.project import Project, query_on
from assay.shadow.reading import connection_of
from assay.trace.calling import Call
from assay.trace.contents import Contents, losses, read_contents
from assay.trace.effects import StatementEffect, Trace
from assay.trace.filled import Fill, filled
from assay.trace.lines import line_on_stack

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["look_again", "worth_a_second_look"]

TableKey = tuple[str, ...]


_WITHIN = (
    "SAVEPOINT assay_again",
    ("ROLLBACK TO SAVEPOINT assay_again", "RELEASE SAVEPOINT assay_again"),
)
_ALONE = ("BEGIN", ("ROLLBACK",))
"""In a transaction, and in autocommit: what makes a run be as if it had not been."""


def worth_a_second_look(trace: Trace) -> bool:
    """Whether a second run can show more than the first did."""
    if trace.failure is not None:
        return False
    return any(_changed_rows(s) for s in trace.statements) or bool(_at_risk(trace))


def look_again(
    project: Project, at: Address, revision: Script, fill: Fill | None, trace: Trace
) -> Trace:
    """The trace, with what a second run on another shadow shows.

    :param at: a shadow as that of the first run was.
    :param fill: as of the first run; it makes the same rows.
    """
    found: list[_Second] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        filled(context, fill)
        second = _Second(context, revision, trace)
        second.run()
        found.append(second)
        return []

    # what the first run did not raise on is no verdict here either
    with suppress(AssayError):
        project.run(work, to=at, per_migration=True, dont_mutate=True)
    return found[0].trace if found else trace


class _Second:
    """The second run on one connection."""

    def __init__(self, context: MigrationContext, revision: Script, trace: Trace) -> None:
        self.context, self.revision, self.trace = context, revision, trace
        self.connection = connection_of(context)
        self.query = query_on(self.connection)
        self.dialect = load(self.connection.dialect.name)
        self.file = trace.file
        self.repeating: set[tuple[int | None, str]] = set()
        self.risen = {(s.line, s.sql): s for s in trace.statements if _changed_rows(s)}

    def run(self) -> None:
        """Up with each change of rows made twice, down, and the rows compared."""
        tables = _at_risk(self.trace)
        before = self._contents(self.trace.before, tables)
        with suppress(Exception):
            self._call("upgrade", again=True)
            statements = tuple(
                replace(s, repeats=(s.line, s.sql) in self.repeating) for s in self.trace.statements
            )
            self.trace = replace(self.trace, statements=statements)
        down = self.trace.downgrade
        if down is None or not tables:
            return
        with suppress(Exception):
            self._call("downgrade")
            after = self._contents(down.after, tables)
            self.trace = replace(self.trace, downgrade=replace(down, lost=losses(before, after)))

    def _call(self, direction: str, *, again: bool = False) -> None:
        from sqlalchemy import event

        call = Call(self.context, self.revision, direction)
        self.file = call.file
        if again:
            event.listen(self.connection, "after_cursor_execute", self._once_more)
        try:
            with call.transaction():
                call()
        finally:
            if again:
                event.remove(self.connection, "after_cursor_execute", self._once_more)

    def _once_more(
        self, connection: Any, _cursor: Any, sql: str, given: Any, _context: Any, many: bool
    ) -> None:
        seen = (line_on_stack(self.file), sql)
        statement = self.risen.get(seen)
        if statement is None:
            return
        alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        begin, end = _ALONE if alone else _WITHIN
        names = set(statement.observed.rows)
        catalog = self.dialect.read_catalog(self.query).snapshot
        tables = {o.key for o in catalog.of_kind("table") if o.name in names}
        before = self._contents(catalog, tables)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(begin)
            try:
                (cursor.executemany if many else cursor.execute)(sql, given)
                after = self._contents(catalog, tables)
                changed = any(after[key].whole != before[key].whole for key in before)
            except Exception:
                changed = True  # it cannot run twice
            for statement_of_end in end:
                cursor.execute(statement_of_end)
        finally:
            cursor.close()
        if changed:
            self.repeating.add(seen)

    def _contents(self, catalog: Snapshot, tables: set[TableKey]) -> Mapping[TableKey, Contents]:
        return read_contents(self.query, self.connection.dialect, catalog, tables)


def _changed_rows(statement: StatementEffect) -> bool:
    # a batch of an operation of ours goes on where it is run again, and changes no row twice
    return (
        not statement.changed_catalog
        and not statement.by_operation
        and not statement.elsewhere
        and any(change.any for change in statement.observed.rows.values())
    )


def _at_risk(trace: Trace) -> set[TableKey]:
    """Tables whose rows or values the upgrade may take away, and that the downgrade has again."""
    if trace.downgrade is None or trace.downgrade.failure is not None:
        return set()
    again = {o.key for o in trace.downgrade.after.of_kind("table")}
    found: set[TableKey] = set()
    for difference in trace.differences:
        key = difference.object.key
        if difference.object.kind == "table" and difference.change is Change.REMOVED:
            found.add(key)
        elif difference.object.kind == "column" and _takes_values(difference):
            found.add(key[:-1])
    deleted = {
        name
        for statement in trace.statements
        for name, change in statement.observed.rows.items()
        if change.deleted or change.updated
    }
    deleted.update(name for s in trace.statements for name in s.observed.emptied)
    found.update(o.key for o in trace.before.of_kind("table") if o.name in deleted)
    return found & again


def _takes_values(difference: Difference) -> bool:
    """Whether a difference of a column may take values away."""
    return difference.change is Change.REMOVED or any(
        name == "type" for name, _, _ in difference.altered
    )
