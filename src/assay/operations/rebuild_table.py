"""SQLite: a table made anew with another definition, its rows kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from alembic.util import CommandError
from sqlalchemy import CheckConstraint, Column
from sqlalchemy.schema import CreateTable

from assay.operations.rendering import IMPORT
from assay.operations.statements import named

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection, Table
    from sqlalchemy.schema import SchemaItem

__all__ = ["RebuildTableOp"]


@Operations.register_operation("rebuild_table")
class RebuildTableOp(ops.CreateTableOp):
    """Make a table anew, keep its rows, indexes, triggers, and what refers to it.

    The procedure of SQLite's documentation (lang_altertable, "Making Other Kinds Of Table Schema
    Changes"): another table is made, filled, and takes the name. Unlike Alembic's batch mode it
    keeps what it does not know, casts no value, and cascades into no child row.

    :param copy: per column what it gets, SQL over the old row; by default the column's old value.
    :param drop: columns that are meant to go; any other that the definition lacks is an error.
    """

    def __init__(
        self,
        table_name: str,
        columns: Sequence[SchemaItem],
        *,
        copy: Mapping[str, str] | None = None,
        drop: Sequence[str] = (),
        **kw: Any,
    ) -> None:
        kw.pop("_constraints_included", None)
        super().__init__(table_name, columns, _constraints_included=True, **kw)
        self.copy, self.drop = dict(copy or {}), list(drop)

    @classmethod
    def rebuild_table(
        cls,
        operations: Operations,
        table_name: str,
        *columns: SchemaItem,
        copy: Mapping[str, str] | None = None,
        drop: Sequence[str] = (),
        **kw: Any,
    ) -> None:
        """Give a table this definition; see :class:`RebuildTableOp`."""
        operations.invoke(cls(table_name, columns, copy=copy, drop=drop, **kw))

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("rebuild_table", self.schema, self.table_name)


@renderers.dispatch_for(RebuildTableOp)
def _render(context: AutogenContext, op: RebuildTableOp) -> str:
    plain = ops.CreateTableOp(op.table_name, op.columns, _constraints_included=True, **op.kw)
    text = str(renderers.dispatch(plain)(context, plain))
    context.imports.add(IMPORT)
    text = text.replace("create_table(", "rebuild_table(", 1)
    said = []
    if op.copy:
        pairs = "".join(f"    {name!r}: {sql!r},\n" for name, sql in sorted(op.copy.items()))
        said.append("copy={\n" + pairs + "}")
    if op.drop:
        said.append(f"drop={op.drop!r}")
    if not said:
        return text
    return ",\n".join([text.rstrip()[:-1].rstrip().rstrip(","), *said]) + "\n)"


@Operations.implementation_for(RebuildTableOp)
def _rebuild(operations: Operations, op: RebuildTableOp) -> None:
    context = operations.get_context()
    if context.as_sql or context.connection is None:
        raise CommandError(
            f"op.rebuild_table({op.table_name!r}) asks the database what it has; --sql cannot."
        )
    connection = context.connection
    name, temporary = op.table_name, _free_name(connection, op.table_name)
    table = _table(op, temporary, context)
    with _references_kept(connection, name), _whole(connection):
        beside = _rows(
            connection,
            "SELECT sql FROM sqlite_master WHERE lower(tbl_name) = lower(?)"
            " AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name",
            name,
        )
        sequence = _sequence(connection, name)
        operations.execute(CreateTable(table))
        old, new = named(operations, name), named(operations, temporary)
        columns, values = _copied(connection, operations, op, temporary)
        if columns:
            # ABORT: a clause ON CONFLICT IGNORE or REPLACE of the table would lose rows in silence
            _run(connection, f"INSERT OR ABORT INTO {new} ({columns}) SELECT {values} FROM {old}")
        _run(connection, f"DROP TABLE {old}")
        _run(connection, f"ALTER TABLE {new} RENAME TO {old}")
        if sequence is not None and op.kw.get("sqlite_autoincrement"):
            _set_sequence(connection, name, sequence)
        for (sql,) in beside:
            _run(connection, sql)


def _table(op: RebuildTableOp, temporary: str, context: MigrationContext) -> Table:
    """The table under another name, its constraints named as they will be under its own.

    A naming convention names what a type makes, and nothing else: other names are said.
    """

    made = ops.CreateTableOp(temporary, op.columns, _constraints_included=True, **op.kw)
    table = made.to_table()
    columns = [item for item in op.columns if isinstance(item, Column)]
    under_its_own = _made_by_types(ops.CreateTableOp(op.table_name, columns).to_table(context))
    for column, constraint in _made_by_types(table).items():
        constraint.name = under_its_own[column].name
    return table


def _made_by_types(table: Table) -> dict[str, CheckConstraint]:
    """CHECK constraints that the type of a column makes, by its name."""
    return {
        column.name: constraint
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint) and getattr(constraint, "_type_bound", False)
        for column in constraint.columns
    }


def _free_name(connection: Connection, name: str) -> str:
    taken = {str(row[0]).lower() for row in _rows(connection, "SELECT name FROM sqlite_master")}
    found = f"_rebuilt_{name}"
    while found.lower() in taken:
        found = f"_{found}"
    return found


def _copied(
    connection: Connection, operations: Operations, op: RebuildTableOp, temporary: str
) -> tuple[str, str]:
    """Columns to fill, and with what; generated ones are filled by the server."""
    quote = operations.get_context().dialect.identifier_preparer.quote
    there = {str(r[1]).lower(): str(r[1]) for r in _table_info(connection, op.table_name)}
    wanted = _table_info(connection, temporary)
    kept = {str(r[1]).lower() for r in wanted} | {name.lower() for name in op.drop}
    lost = [name for folded, name in there.items() if folded not in kept]
    if lost:
        raise CommandError(
            f"op.rebuild_table({op.table_name!r}) would lose {', '.join(lost)}, which it does not "
            "name in drop=."
        )
    columns, values = [], []
    for row in wanted:
        column, generated = str(row[1]), row[6] in (2, 3)
        if generated:
            continue
        if column in op.copy:
            columns.append(quote(column))
            values.append(op.copy[column])
        elif column.lower() in there:
            columns.append(quote(column))
            values.append(quote(there[column.lower()]))
    return ", ".join(columns), ", ".join(values)


def _table_info(connection: Connection, name: str) -> list[Any]:
    escaped = name.replace('"', '""')
    return _rows(connection, f'PRAGMA table_xinfo("{escaped}")')


def _sequence(connection: Connection, name: str) -> int | None:
    """The largest rowid an AUTOINCREMENT table ever had."""
    if not _rows(connection, "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
        return None
    found = _rows(connection, "SELECT seq FROM sqlite_sequence WHERE name = ?", name)
    return int(found[0][0]) if found and found[0][0] is not None else None


def _set_sequence(connection: Connection, name: str, value: int) -> None:
    _run(connection, "DELETE FROM sqlite_sequence WHERE name = ?", name)
    _run(connection, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", name, value)


@contextmanager
def _references_kept(connection: Connection, name: str) -> Iterator[None]:
    """Foreign keys that point to the table neither act on its rows nor follow its names.

    ``DROP TABLE`` deletes the rows first where foreign keys are enforced, so ON DELETE CASCADE would
    take child rows along. The pragma does nothing inside a transaction (SQLite docs), so what the
    revision did before is committed; a SQLite revision is not one transaction anyway.
    """
    enforced = bool(_rows(connection, "PRAGMA foreign_keys")[0][0])
    legacy = bool(_rows(connection, "PRAGMA legacy_alter_table")[0][0])
    driver: Any = connection.connection.dbapi_connection
    if enforced:
        if getattr(driver, "in_transaction", True):
            driver.commit()
        _run(connection, "PRAGMA foreign_keys = OFF")
    _run(connection, "PRAGMA legacy_alter_table = ON")
    try:
        yield
        if enforced:
            escaped = name.replace('"', '""')
            broken = _rows(connection, f'PRAGMA foreign_key_check("{escaped}")')
            if broken:
                raise CommandError(
                    f"{len(broken)} rows of {name} refer to rows that are not there, for example "
                    f"rowid {broken[0][1]} to {broken[0][2]}."
                )
    finally:
        if not legacy:
            _run(connection, "PRAGMA legacy_alter_table = OFF")
        if enforced:
            if getattr(driver, "in_transaction", False):
                driver.commit()
            _run(connection, "PRAGMA foreign_keys = ON")


@contextmanager
def _whole(connection: Connection) -> Iterator[None]:
    """All of it or nothing, inside a transaction or not."""
    _run(connection, "SAVEPOINT assay_rebuild")
    try:
        yield
    except BaseException:
        _run(connection, "ROLLBACK TO assay_rebuild")
        _run(connection, "RELEASE assay_rebuild")
        raise
    _run(connection, "RELEASE assay_rebuild")


def _run(connection: Connection, sql: str, *parameters: Any) -> None:
    connection.exec_driver_sql(sql, parameters or None)


def _rows(connection: Connection, sql: str, *parameters: Any) -> list[Any]:
    return list(connection.exec_driver_sql(sql, parameters or None))
