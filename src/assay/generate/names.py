"""Tables, columns and enum labels of a catalog by the names that people write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from assay.catalog import CatalogObject, Snapshot

__all__ = ["Key", "Names", "alike", "literals"]

Key = tuple[str, ...]
"""A catalog object's key; that of a table is ``(schema, table)`` on PostgreSQL, else ``(table,)``."""

_FAMILIES = (
    {"smallint", "integer", "bigint", "int", "tinyint", "mediumint", "int2", "int4", "int8"},
    {"numeric", "decimal", "real", "double", "double precision", "float", "money"},
    {
        *("character varying", "character", "varchar", "char", "text", "clob", "citext"),
        *("nvarchar", "nchar", "tinytext", "mediumtext", "longtext"),
    },
    {"timestamp", "datetime", "date"},
    {"boolean", "bool"},
    {"json", "jsonb"},
    {"bytea", "blob", "tinyblob", "mediumblob", "longblob", "binary", "varbinary"},
)
_MODIFIERS = re.compile(r"\([^)]*\)|\b(unsigned|zerofill|with(out)? time zone)\b|\[\]")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")


class Names:
    """One catalog, asked by name.

    :param default_schema: the schema that names leave out; None where keys have no schema.
    """

    def __init__(self, snapshot: Snapshot, default_schema: str | None) -> None:
        self.snapshot, self.default_schema = snapshot, default_schema

    @cached_property
    def tables(self) -> Mapping[str, Key]:
        """Tables by ``table`` and ``schema.table``."""
        return self._named("table")

    @cached_property
    def columns(self) -> Mapping[str, Key]:
        """Columns by ``table.column`` and ``schema.table.column``."""
        return self._named("column")

    def _named(self, kind: str) -> dict[str, Key]:
        found: dict[str, Key] = {}
        for one in self.snapshot.of_kind(kind):
            found[".".join(one.key)] = one.key
        for one in self.snapshot.of_kind(kind):
            found[self.text(one.key)] = one.key
        return found

    def text(self, key: Key) -> str:
        """A key as people write it: the default schema left out."""
        return ".".join(key[1:] if self.default_schema and key[0] == self.default_schema else key)

    def columns_of(self, table: Key) -> dict[str, CatalogObject]:
        """A table's columns by name."""
        return self._columns.get(table, {})

    @cached_property
    def _columns(self) -> dict[Key, dict[str, CatalogObject]]:
        found: dict[Key, dict[str, CatalogObject]] = {}
        for column in self.snapshot.of_kind("column"):
            found.setdefault(column.key[:-1], {})[column.key[-1]] = column
        return found

    def parts_of(self, table: Key) -> tuple[CatalogObject, ...]:
        """Constraints and indexes of a table."""
        return self._parts.get(table, ())

    @cached_property
    def _parts(self) -> dict[Key, tuple[CatalogObject, ...]]:
        kinds = ("primary key", "unique", "check", "foreign key", "exclusion", "index")
        found: dict[Key, tuple[CatalogObject, ...]] = {}
        for kind in kinds:
            for one in self.snapshot.of_kind(kind):
                found[one.key[:-1]] = (*found.get(one.key[:-1], ()), one)
        return found

    def enum_of(self, column: CatalogObject) -> CatalogObject | None:
        """What has the labels of a column of a native enum type: the type, on MariaDB the column."""
        kind = column.get("type") or ""
        if kind.lower().startswith("enum("):
            return column
        path = kind.replace("[]", "").replace('"', "")
        return self._enums.get(path)

    @cached_property
    def _enums(self) -> dict[str, CatalogObject]:
        found: dict[str, CatalogObject] = {}
        for enum in self.snapshot.of_kind("enum"):
            found[".".join(enum.key)] = enum
            found.setdefault(enum.key[-1], enum)
        return found

    def labels_of(self, column: CatalogObject) -> tuple[str, ...]:
        """The labels of a native enum column, in their order; empty for other columns."""
        enum = self.enum_of(column)
        return literals(enum.get("labels") or enum.get("type") or "") if enum is not None else ()

    def checked_values(self, column: CatalogObject) -> tuple[str, ...]:
        """The strings in the one CHECK that names a column; empty where none or several do."""
        mentioned = re.compile(rf"(?<!\w){re.escape(column.key[-1])}(?!\w)")
        found = [
            literals(text)
            for part in self.parts_of(column.key[:-1])
            if part.kind == "check"
            for text in [part.get("definition") or part.get("check") or ""]
            if mentioned.search(_LITERAL.sub("", text)) and literals(text)
        ]
        return found[0] if len(found) == 1 else ()


def literals(text: str) -> tuple[str, ...]:
    """The strings quoted in a text of the server, in order, each once."""
    found = (one.replace("''", "'") for one in _LITERAL.findall(text))
    return tuple(dict.fromkeys(found))


def alike(one: str | None, other: str | None) -> bool:
    """Whether a column of one type could be one of the other: the same type, or of its family."""
    first, second = _base(one), _base(other)
    return first == second or any(first in each and second in each for each in _FAMILIES)


def _base(kind: str | None) -> str:
    """``character varying`` of ``character varying(50)``."""
    return " ".join(_MODIFIERS.sub(" ", (kind or "").lower()).split())
