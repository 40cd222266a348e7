"""A schema as a value: tables and their parts know each other by number, so that renaming is renaming.

A schema prints itself as the Python source of its ``metadata``, knows the rows that its tables hold,
and, beside a schema that came from it by edits, what a person would answer (renames, values). Every
column's values are of a *family* (small numbers, words, days …) that all its types can hold.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from assay.generate.answers import Answers

__all__ = ["ROWS", "Check", "Column", "Enum", "Foreign", "Index", "Schema", "Table", "Unique"]

ROWS = 4
"""Rows in each table of the old schema."""
NULL_ROW = 3
"""The row in which nullable columns hold NULL."""
QUOTES = {"mysql": "`"}
TEXTS = ("String", "Text", "Unicode", "VARCHAR")
DEFAULTS = {
    "int": ("7", "8"),
    "dec": ("1.25", "2.5"),
    "str": ("x", "it's 100%"),
    "bool": ("1", "0"),
    "day": ("2024-02-02", "2024-03-03"),
    "enum": ("first", "last"),
}
"""What a server default of a family may be, in the words that :func:`default_source` renders."""


@dataclass(frozen=True)
class Column:
    """A column; ``seed`` tells its values from those of other columns, 0 being the row's number."""

    uid: int
    name: str
    family: str
    type: str
    nullable: bool = True
    seed: int = 0
    default: str | None = None
    comment: str | None = None
    computed: str | None = None
    """A template over ``{0}``, the column that :attr:`source` names."""
    source: int | None = None
    enum: int | None = None
    identity: bool = False

    @property
    def textual(self) -> bool:
        """The type is one of characters."""
        return self.type.startswith(TEXTS)

    @property
    def numeric(self) -> bool:
        """The type is one of numbers."""
        return self.family in ("int", "dec") and not self.textual


@dataclass(frozen=True)
class Unique:
    uid: int
    name: str | None
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Check:
    """A condition over one column, a template over ``{0}``."""

    uid: int
    name: str | None
    column: int
    condition: str


@dataclass(frozen=True)
class Index:
    uid: int
    name: str
    columns: tuple[int, ...]
    unique: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """Keyword to a source template over ``{t}``, the table's variable, and ``{id}``."""
    lower: bool = False
    """The first column stands in ``lower(…)``."""


@dataclass(frozen=True)
class Foreign:
    """A foreign key from columns holding row numbers to the ``id`` of a table."""

    uid: int
    name: str | None
    column: int
    table: int
    ondelete: str | None = None
    deferrable: bool = False


@dataclass(frozen=True)
class Table:
    uid: int
    name: str
    columns: tuple[Column, ...]
    key: tuple[int, ...]
    schema: str | None = None
    key_name: str | None = None
    comment: str | None = None
    uniques: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    foreigns: tuple[Foreign, ...] = ()

    def column(self, uid: int) -> Column | None:
        return next((c for c in self.columns if c.uid == uid), None)

    def with_column(self, changed: Column) -> Table:
        return replace(
            self, columns=tuple(changed if c.uid == changed.uid else c for c in self.columns)
        )

    def without(self, uid: int) -> Table:
        """The table without a column and everything over it."""
        gone = {uid, *(c.uid for c in self.columns if c.source == uid)}
        return replace(
            self,
            columns=tuple(c for c in self.columns if c.uid not in gone),
            uniques=tuple(u for u in self.uniques if not gone & set(u.columns)),
            checks=tuple(c for c in self.checks if c.column not in gone),
            indexes=tuple(i for i in self.indexes if not gone & set(i.columns)),
            foreigns=tuple(f for f in self.foreigns if f.column not in gone),
        )

    @property
    def full(self) -> str:
        """``schema.table``, or the table alone."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def distinct(self) -> set[int]:
        """Columns that keys are over: their values must differ from row to row."""
        over = [*(u.columns for u in self.uniques), *(i.columns for i in self.indexes if i.unique)]
        return {*self.key, *(uid for columns in over for uid in columns)}

    def used(self) -> set[int]:
        """Columns that something but a plain index is over."""
        return {
            *self.distinct(),
            *(c.column for c in self.checks),
            *(f.column for f in self.foreigns),
            *(c.source for c in self.columns if c.source is not None),
        }


@dataclass(frozen=True)
class Enum:
    uid: int
    name: str
    labels: tuple[str, ...]
    """Rows hold the first two."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Labels as they were to labels as they are."""


@dataclass(frozen=True)
class Schema:
    """A whole schema on one engine."""

    engine: str
    tables: tuple[Table, ...]
    enums: tuple[Enum, ...] = ()
    convention: bool = False
    """The metadata has a naming convention."""

    def table(self, uid: int) -> Table | None:
        return next((t for t in self.tables if t.uid == uid), None)

    def enum(self, uid: int | None) -> Enum:
        return next(e for e in self.enums if e.uid == uid)

    def with_table(self, changed: Table) -> Schema:
        return replace(
            self, tables=tuple(changed if t.uid == changed.uid else t for t in self.tables)
        )

    # --- as source

    def quoted(self, name: str) -> str:
        quote = QUOTES.get(self.engine, '"')
        return f"{quote}{name}{quote}"

    @property
    def source(self) -> str:
        """Python that makes ``metadata``, on top of the names of ``pairs.PRELUDE``."""
        lines = ["metadata = MetaData()"]
        if self.convention:
            lines = [
                "metadata = MetaData(naming_convention={",
                '    "ix": "ix_%(column_0_N_label)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",',
                '    "ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s",',
                '    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",',
                "})",
            ]
        for enum in self.enums:
            labels = ", ".join(map(repr, enum.labels))
            lines.append(f"e{enum.uid} = Enum({labels}, name={enum.name!r}, metadata=metadata)")
        for table in self.tables:
            lines += self._table(table)
        return "\n".join(lines) + "\n"

    def _table(self, table: Table) -> Iterator[str]:
        parts = [repr(table.name), "metadata", *(self._column(table, c) for c in table.columns)]
        names = {c.uid: c.name for c in table.columns}
        if table.key_name:
            keys = ", ".join(repr(names[uid]) for uid in table.key)
            parts.append(f"PrimaryKeyConstraint({keys}, name={table.key_name!r})")
        for unique in table.uniques:
            over = ", ".join(repr(names[uid]) for uid in unique.columns)
            parts.append(f"UniqueConstraint({over}{_named(unique.name)})")
        for check in table.checks:
            sql = check.condition.format(self.quoted(names[check.column]))
            parts.append(f"CheckConstraint(text({sql!r}){_named(check.name)})")
        for foreign in table.foreigns:
            parts.append(self._foreign(foreign, names))
        if table.schema:
            parts.append(f"schema={table.schema!r}")
        if table.comment:
            parts.append(f"comment={table.comment!r}")
        yield f"t{table.uid} = Table("
        yield from (f"    {part}," for part in parts)
        yield ")"
        for index in table.indexes:
            yield self._index(table, index, names)

    def _column(self, table: Table, column: Column) -> str:
        kind = f"e{column.enum}" if column.enum is not None else column.type
        parts = [repr(column.name), kind]
        if column.computed is not None and column.source is not None:
            over = table.column(column.source)
            assert over is not None
            parts.append(
                f"Computed({column.computed.format(self.quoted(over.name))!r}, persisted=True)"
            )
        if column.identity:
            parts.append("Identity()")
        if column.uid in table.key:
            if not table.key_name:
                parts.append("primary_key=True")
            # one integer key alone would count up by itself, and become SERIAL or AUTO_INCREMENT
            if len(table.key) > 1 or column.family != "int" or column.uid != 0:
                parts.append("autoincrement=False")
        elif not column.nullable:
            parts.append("nullable=False")
        if column.default is not None:
            parts.append(f"server_default={self.default_source(column)}")
        if column.comment:
            parts.append(f"comment={column.comment!r}")
        return f"Column({', '.join(parts)})"

    def default_source(self, column: Column) -> str:
        """``server_default=`` as the models say it."""
        value = str(column.default)
        if column.family == "bool" and column.type == "Boolean":
            return "true()" if value == "1" else "false()"
        if column.family == "enum":
            labels = self.enum(column.enum).labels
            return repr(labels[0] if value == "first" else labels[-1])
        if column.family == "day" and value == "2024-03-03" and column.type != "Date":
            return "func.now()"
        if column.numeric or column.family == "bool":
            return f"text({value!r})"
        return repr(value)

    def _foreign(self, foreign: Foreign, names: Mapping[int, str]) -> str:
        target = self.table(foreign.table)
        assert target is not None
        options = f", ondelete={foreign.ondelete!r}" if foreign.ondelete else ""
        options += ", deferrable=True, initially='DEFERRED'" if foreign.deferrable else ""
        return (
            f"ForeignKeyConstraint([{names[foreign.column]!r}], "
            f"[{target.full + '.id'!r}]{_named(foreign.name)}{options})"
        )

    def _index(self, table: Table, index: Index, names: Mapping[int, str]) -> str:
        variable = f"t{table.uid}"
        over = [f"{variable}.c[{names[uid]!r}]" for uid in index.columns]
        if index.lower:
            over[0] = f"func.lower({over[0]})"
        options = "".join(
            f", {name}={template.format(t=variable, first=names[index.columns[0]])}"
            for name, template in index.options.items()
        )
        unique = ", unique=True" if index.unique else ""
        return f"Index({index.name!r}, {', '.join(over)}{unique}{options})"

    # --- rows

    def fill(self, metadata: sa.MetaData, connection: sa.Connection) -> None:
        """Put the rows in; keys of cycles are filled in afterwards."""
        later: list[tuple[Any, dict[str, Any], int]] = []
        done: set[int] = set()
        for table in self.tables:
            made = metadata.tables[table.full]
            waiting = {
                f.column for f in table.foreigns if f.table not in done and f.table != table.uid
            }
            for row in range(1, ROWS + 1):
                values = {
                    c.name: value
                    for c in table.columns
                    if c.computed is None and (value := self.value(table, c, row)) is not _NOTHING
                }
                late = {c.name: values.pop(c.name) for c in table.columns if c.uid in waiting}
                connection.execute(made.insert().values(values))
                if late:
                    later.append((made, late, row))
            done.add(table.uid)
        for made, late, row in later:
            connection.execute(made.update().where(made.c["id"] == row).values(late))

    def value(self, table: Table, column: Column, row: int) -> Any:
        """What a column holds in a row."""
        if column.nullable and row == NULL_ROW and column.uid not in table.key:
            return None
        number = row + 10 * column.seed
        if column.family == "int":
            return str(number) if column.textual else number
        if column.family == "dec":
            found = Decimal(number) + Decimal("0.25")
            return str(found) if column.textual else found
        if column.family == "enum":
            return self.enum(column.enum).labels[row % 2]
        return _VALUES[column.family](number, column.type)

    # --- what a person would say

    def answers_from(self, old: Schema) -> Answers:
        """The answers beside this schema, which came from ``old`` by edits."""
        backfill: dict[str, str] = {}
        tables: dict[str, str] = {}
        columns: dict[str, str] = {}
        values: dict[str, dict[str, str | None]] = {}
        for table in self.tables:
            before = old.table(table.uid)
            if before is None:
                continue
            if before.full != table.full:
                tables[before.full] = table.full
            for column in table.columns:
                was = before.column(column.uid)
                if was is not None and was.name != column.name:
                    columns[f"{before.full}.{was.name}"] = column.name
                if was is not None and column.enum is not None and self.enum(column.enum).renamed:
                    values[f"{before.full}.{was.name}"] = dict(self.enum(column.enum).renamed)
                bare = column.default is None and not column.computed and not column.identity
                if (was is None and not column.nullable and bare) or (
                    was is not None and was.nullable and not column.nullable
                ):
                    # a type that changes does so after the rows have their values
                    backfill[f"{table.full}.{column.name}"] = self.expression(was or column, table)
            for was in before.columns:
                bare = was.default is None and not was.computed and not was.identity
                if table.column(was.uid) is None and not was.nullable and bare:
                    backfill[f"{table.full}.{was.name}"] = old.expression(was, before)
        return Answers(backfill=backfill, tables=tables, columns=columns, values=values)

    def expression(self, column: Column, table: Table) -> str:
        """SQL over the row that gives a column values like those of rows, distinct ones."""
        number = self.quoted("id")
        if column.uid not in {f.column for f in table.foreigns}:
            number = f"{number} + 50"
        if column.family in ("int", "dec") and not column.textual:
            return number
        if column.family in ("int", "dec", "str"):
            return f"CAST({number} AS {'CHAR(10)' if self.engine == 'mysql' else 'VARCHAR(10)'})"
        if column.family == "enum":
            return "'" + self.enum(column.enum).labels[0] + "'"
        if column.family == "bool" and column.type == "Boolean" and self.engine == "postgresql":
            return "true"
        return _LITERALS[column.family]


_NOTHING = object()
_DAY = datetime.date(2024, 1, 1)
_LITERALS = {
    "bool": "1",
    "day": "'2024-05-05'",
    "time": "'10:00:00'",
    "bin": "'x'",
    "json": "'{}'",
    "uuid": "'12345678123456781234567812345678'",
    "array": "'{1}'",
    "inet": "'10.0.0.1'",
    "span": "'1 day'",
}


def _day(number: int, kind: str) -> Any:
    day = _DAY + datetime.timedelta(days=number)
    if kind == "Date":
        return day
    zone = datetime.timezone.utc if "timezone=True" in kind else None
    return datetime.datetime.combine(day, datetime.time(), zone)


_VALUES = {
    "str": lambda number, _kind: f"word {number}",
    "bool": lambda number, kind: bool(number % 2) if kind == "Boolean" else number % 2,
    "day": _day,
    "time": lambda number, _kind: datetime.time(number % 24, 30),
    "bin": lambda number, _kind: bytes([number % 100]),
    "json": lambda number, _kind: {"a": number, "b": ["it's", None]},
    "uuid": lambda number, _kind: uuid.UUID(int=number),
    "array": lambda number, _kind: [number, number + 1],
    "inet": lambda number, _kind: f"10.0.0.{number % 200}",
    "span": lambda number, _kind: datetime.timedelta(days=number),
}


def _named(name: str | None) -> str:
    return f", name={name!r}" if name else ""
