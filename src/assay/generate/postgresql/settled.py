"""Columns for operations: as the models declare them, or as a catalog has them.

Nothing in them makes an object of its own when the operation runs: enums and domains have steps of
their own, so have the CHECKs of Boolean and Enum, foreign keys, unique constraints, indexes.
"""

from __future__ import annotations

import copy
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import SchemaType, TypeDecorator, TypeEngine

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.postgresql.sequence_texts import identity_of
from assay.generate.postgresql.type_texts import type_of
from assay.operations.statements import escaped
from assay.project.compat.constructs import copy_column, variants_of

__all__ = ["catalog_column", "declared", "settled_column", "stated_column"]


def _settled_type(c: Comparison, type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type of the models that creates nothing by itself; most are returned as they are."""
    found: Any = type_
    if not _makes_something(c, found):
        return type_
    variant = variants_of(found).get("postgresql")
    if variant is not None:
        return _settled_type(c, variant)
    if isinstance(found, TypeDecorator):
        return _settled_type(c, found.load_dialect_impl(c.dialect))
    if isinstance(found, sa.ARRAY):
        array = copy.copy(found)
        array.item_type = _settled_type(c, found.item_type)
        return array
    if isinstance(found, pg.DOMAIN):
        base = _settled_type(c, found.data_type)
        return pg.DOMAIN(str(found.name), base, schema=_schema(c, found), create_type=False)
    if isinstance(found, sa.Enum):
        if found.native_enum:
            name, schema = str(found.name), _schema(c, found)
            return pg.ENUM(*found.enums, name=name, schema=schema, create_type=False)
        return sa.Enum(*found.enums, native_enum=False, name=found.name, length=found.length)
    return sa.Boolean()


def _schema(c: Comparison, type_: Any) -> str | None:
    schema = type_.schema
    return None if schema is None or schema == c.default_schema else str(schema)


def _makes_something(c: Comparison, type_: Any) -> bool:
    variant = variants_of(type_).get("postgresql")
    if variant is not None:
        return _makes_something(c, variant)
    if isinstance(type_, TypeDecorator):
        return _makes_something(c, type_.load_dialect_impl(c.dialect))
    if isinstance(type_, sa.ARRAY):
        return _makes_something(c, type_.item_type)
    if isinstance(type_, sa.Enum):
        return bool(type_.native_enum or type_.create_constraint)
    if isinstance(type_, sa.Boolean):
        return bool(type_.create_constraint)
    return isinstance(type_, pg.DOMAIN) or (
        isinstance(type_, SchemaType) and hasattr(type_, "create_type")
    )


def settled_column(c: Comparison, column: Column[Any]) -> Column[Any]:
    """A copy of a column of the models, without anything that is an object of its own."""
    found = copy_column(column)
    found.constraints.clear()
    found.unique = found.index = None
    found.type = _settled_type(c, column.type)
    return found


def declared(c: Comparison, key: tuple[str, ...]) -> Column[Any] | None:
    """The models' own column of that key: schema, table, name."""
    table = c.models.get(key[:2])
    if table is None:
        return None
    return next((column for column in table.columns if column.name == key[2]), None)


def catalog_column(c: Comparison, side: Snapshot, found: CatalogObject) -> Column[Any]:
    """A column as a catalog has it.

    :param side: the catalog, for the types that it uses.
    """
    items: list[Any] = []
    default = found.get("default")
    generated = found.get("generated")
    if generated is not None:
        stored = found.get("generated kind") != "virtual"
        items.append(sa.Computed(escaped(generated), persisted=stored))
    elif found.get("identity") is not None:
        items.append(identity_of(found))
    return Column(
        found.key[2],
        type_of(c, side, found.get("type") or "", found.get("collation")),
        *items,
        nullable=found.get("not null") != "true",
        server_default=None if default is None else sa.text(escaped(default)),
        comment=found.get("comment"),
        autoincrement=False if default is not None else "auto",
    )


def stated_column(c: Comparison, side: Snapshot, found: CatalogObject) -> Column[Any]:
    """A column of a catalog: the models' own construct where it is the new one and they have it."""
    column = declared(c, found.key) if side is c.new else None
    return catalog_column(c, side, found) if column is None else settled_column(c, column)
