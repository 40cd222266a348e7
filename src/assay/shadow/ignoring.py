"""What a project leaves alone: patterns of its settings, and the filters it gives to Alembic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assay.catalog import CatalogObject

if TYPE_CHECKING:
    from sqlalchemy import Table

__all__ = ["ignored_by"]

Ignore = Callable[[CatalogObject], bool]

_TYPES = {
    "column": "column",
    "index": "index",
    "unique": "unique_constraint",
    "foreign key": "foreign_key_constraint",
    "check": "check_constraint",
}
"""Kinds of our catalogs that Alembic's filters are asked about beside tables, with its names."""


def ignored_by(
    patterns: Iterable[str],
    options: Mapping[str, Any] | None = None,
    default_schema: str = "public",
) -> Ignore:
    """Whether an object is left alone.

    :param patterns: ``kind:name`` or ``name``, with ``*``: ``view:reporting.*``. What belongs to a
        table that is left out is left out too.
    :param options: those of ``context.configure()``. Its ``include_name`` and ``include_object`` are
        asked as Alembic asks them: about an object that the models have with ``reflected`` False,
        about another with ``reflected`` True and nothing to compare it to.
    :param default_schema: what models without a schema are made in, where keys have a schema.
    """
    split = [(kind or "*", name) for kind, _, name in (_pattern(text) for text in patterns)]
    filters = _Filters(options or {}, default_schema)

    def ignore(found: CatalogObject) -> bool:
        for kind, name in split:
            if fnmatchcase(found.kind, kind) and fnmatchcase(found.name, name):
                return True
            if kind in ("*", "table") and any(fnmatchcase(owner, name) for owner in _owners(found)):
                return True
        return filters.exclude(found)

    return ignore


def _pattern(text: str) -> tuple[str, str, str]:
    kind, separator, name = text.partition(":")
    return (kind.strip(), separator, name.strip()) if separator else ("*", "", kind.strip())


def _owners(found: CatalogObject) -> list[str]:
    """Dotted names of what holds the object."""
    key = found.key[1:] if len(found.key) > 1 and found.key[0] == "public" else found.key
    return [".".join(key[:n]) for n in range(1, len(key))]


class _Filters:
    """The project's own ``include_name`` and ``include_object``."""

    def __init__(self, options: Mapping[str, Any], default_schema: str) -> None:
        self.default_schema = default_schema
        self.include_name = options.get("include_name")
        self.include_object = options.get("include_object")
        given = options.get("target_metadata")
        metadatas = given if isinstance(given, (list, tuple)) else [given] if given else []
        self.models: dict[tuple[str | None, str], Table] = {
            (t.schema, str(t.name)): t for m in metadatas for t in getattr(m, "tables", {}).values()
        }
        self.table_excluded = lru_cache(maxsize=None)(self._table_excluded)

    def exclude(self, found: CatalogObject) -> bool:
        """Whether they keep Alembic from looking at the object or its table."""
        if self.include_name is None and self.include_object is None:
            return False
        schema, table = _table_of(found)
        if table is None:
            return False
        if schema == self.default_schema:
            schema = None
        return self.table_excluded(schema, table) or self._part_excluded(found, schema, table)

    def _table_excluded(self, schema: str | None, table: str) -> bool:
        model = self.models.get((schema, table))
        if self.include_name is not None:
            parents = {"schema_name": schema, "schema_qualified_table_name": _dotted(schema, table)}
            if not self.include_name(table, "table", parents):
                return True
        if self.include_object is None:
            return False
        if model is not None:
            return not self.include_object(model, table, "table", False, None)
        return not self.include_object(_bare(schema, table), table, "table", True, None)

    def _part_excluded(self, found: CatalogObject, schema: str | None, table: str) -> bool:
        type_, name = _TYPES.get(found.kind), found.key[-1]
        if type_ is None or name.startswith("unnamed"):
            return False
        parents = {
            "schema_name": schema,
            "table_name": table,
            "schema_qualified_table_name": _dotted(schema, table),
        }
        model = _part(self.models.get((schema, table)), type_, name)
        if self.include_name is not None and not self.include_name(name, type_, parents):
            return True
        if self.include_object is None:
            return False
        if model is not None:
            return not self.include_object(model, name, type_, False, None)
        return not self.include_object(
            _bare_part(schema, table, type_, name), name, type_, True, None
        )


def _dotted(schema: str | None, table: str) -> str:
    return f"{schema}.{table}" if schema else table


def _part(model: Table | None, type_: str, name: str) -> Any:
    """The model's column, index or constraint of that name."""
    if model is None:
        return None
    if type_ == "column":
        return next((c for c in model.columns if c.name == name), None)
    parts: Iterable[Any] = model.indexes if type_ == "index" else model.constraints
    return next((p for p in parts if p.name == name), None)


def _bare(schema: str | None, table: str) -> Table:
    from sqlalchemy import MetaData, Table

    return Table(table, MetaData(), schema=schema)


def _bare_part(schema: str | None, table: str, type_: str, name: str) -> Any:
    """What stands for an object that the models do not have: its name and its table."""
    from sqlalchemy import (
        CheckConstraint,
        Column,
        ForeignKeyConstraint,
        Index,
        Integer,
        UniqueConstraint,
    )

    owner, column = _bare(schema, table), Column(name if type_ == "column" else "id", Integer)
    owner.append_column(column)
    if type_ == "column":
        return column
    if type_ == "index":
        return Index(name, column)
    made: Any
    if type_ == "unique_constraint":
        made = UniqueConstraint(column, name=name)
    elif type_ == "foreign_key_constraint":
        made = ForeignKeyConstraint([column], [column], name=name)
    else:
        made = CheckConstraint("true", name=name)
    owner.append_constraint(made)
    return made


def _table_of(found: CatalogObject) -> tuple[str | None, str | None]:
    """Schema and table that an object is or belongs to; the schema None where keys have none."""
    key = found.key
    if found.kind == "table":
        return (None, key[0]) if len(key) == 1 else (key[0], key[1])
    if len(key) == 3:
        return key[0], key[1]
    if len(key) == 2 and found.kind in (*_TYPES, "primary key", "trigger"):
        return None, key[0]
    return None, None
