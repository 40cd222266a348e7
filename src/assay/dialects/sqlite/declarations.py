"""Values that say what a ``CREATE`` text of SQLite's schema table declares; see ``parse.py``."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Check", "Column", "ForeignKey", "Index", "Key", "Part", "Table"]


@dataclass
class Column:
    """A column as declared; texts are in canonical spelling."""

    name: str
    type: str = ""
    not_null: bool = False
    conflict: str | None = None
    default: str | None = None
    generated: str | None = None
    stored: str | None = None
    collation: str | None = None


@dataclass
class Part:
    """One part of a key or an index: a column's ``name``, or an expression's ``text``."""

    name: str | None
    text: str
    collation: str | None = None
    descending: bool = False


@dataclass
class Key:
    """PRIMARY KEY or UNIQUE."""

    name: str | None
    parts: list[Part]
    conflict: str | None = None
    column_descending: bool = False
    """``PRIMARY KEY DESC`` at the column: such an INTEGER is no alias of the rowid."""


@dataclass
class Check:
    """A CHECK constraint."""

    name: str | None
    text: str


@dataclass
class ForeignKey:
    """A FOREIGN KEY; no target columns means the primary key of the target."""

    name: str | None
    columns: list[str]
    target: str = ""
    target_columns: list[str] = field(default_factory=list)
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    match: str | None = None
    deferrable: str | None = None
    initially: str | None = None


@dataclass
class Table:
    """All that the text of one table declares."""

    columns: list[Column] = field(default_factory=list)
    primary_key: Key | None = None
    uniques: list[Key] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    strict: bool = False
    without_rowid: bool = False
    autoincrement: bool = False
    virtual: str | None = None
    """The module and its arguments, in their own spelling."""

    def column(self, name: str) -> Column | None:
        """The column of that name, in any case."""
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclass
class Index:
    """What the text of an index declares."""

    unique: bool
    parts: list[Part]
    where: str | None
