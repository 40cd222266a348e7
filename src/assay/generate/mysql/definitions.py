"""Columns to write operations from: the models' own, or made from the old catalog."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Computed, TypeDecorator, text
from sqlalchemy.types import TypeEngine

from assay.catalog import CatalogObject, Snapshot
from assay.generate.mysql.column_types import is_json, type_of
from assay.generate.plan.comparison import Comparison
from assay.operations.statements import escaped
from assay.project.compat.constructs import variants_of, whole_copy

__all__ = ["catalog_column", "is_mariadb", "new_column", "old_column", "says_collation"]


def is_mariadb(c: Comparison) -> bool:
    """Whether the server is MariaDB; MySQL otherwise."""
    return bool(getattr(c.dialect, "is_mariadb", False))


def old_column(c: Comparison, found: CatalogObject) -> Column[Any]:
    """A column as it is; the type says its collation wherever the table's is about to change."""
    return catalog_column(c.old, found, say_collation=says_collation(c, found))


def says_collation(c: Comparison, found: CatalogObject) -> bool:
    """Whether a column as it is must say its collation: it comes back before its table's does."""
    before, after = (s.get("table", found.key[0]) for s in (c.old, c.new))
    said = found.get("collation")
    return any(table is not None and table.get("collation") != said for table in (before, after))


def new_column(c: Comparison, found: CatalogObject) -> Column[Any]:
    """A column as the models have it, what the server says of it made explicit."""
    table = c.models.get(found.key[:1])
    model = (
        next((m for m in table.columns if m.name == found.key[1]), None)
        if table is not None
        else None
    )
    if model is None:
        return catalog_column(c.new, found)
    column = whole_copy(model)
    # these make objects of their own, and so have steps of their own
    column.index = column.unique = None
    column.primary_key = False
    column.key = column.name
    column.nullable = found.get("not null") != "true"
    column.autoincrement = True if found.get("autoincrement") else "auto"
    column.type = _without_check(column.type, model, c, found)
    if not is_mariadb(c):
        # MySQL has no CHECK of a column: it makes one of the table, which has its own step
        column.constraints = {
            one for one in column.constraints if not isinstance(one, CheckConstraint)
        }
    return column


def _without_check(
    type_: TypeEngine[Any], model: Column[Any], c: Comparison, found: CatalogObject
) -> TypeEngine[Any]:
    """The type without the CHECK that Boolean and Enum make: it has its own step.

    SQLAlchemy's copy of an ENUM has lost its collation, and its variants (2.1.9).
    """
    said = getattr(type_, "collation", None) or getattr(model.type, "collation", None)
    if said is not None and getattr(type_, "collation", None) != said:
        return catalog_column(c.new, found).type
    variants = variants_of(type_)
    if any(getattr(each, "create_constraint", False) for each in (type_, *variants.values())):
        if variants:
            return catalog_column(c.new, found).type
        plain: Any = type_.copy()
        plain.create_constraint = False
        return plain  # type: ignore[no-any-return]
    if isinstance(type_, TypeDecorator) and getattr(type_.impl, "create_constraint", False):
        return catalog_column(c.new, found).type
    return type_


def catalog_column(
    snapshot: Snapshot, found: CatalogObject, *, say_collation: bool | None = None
) -> Column[Any]:
    """A column from its catalog object.

    :param say_collation: None says it where it is not the table's.
    """
    if say_collation is None:
        table = snapshot.get("table", found.key[0])
        say_collation = table is None or table.get("collation") != found.get("collation")
    parts: list[Any] = [found.key[1], type_of(found, say_collation=say_collation)]
    generated, check = found.get("generated"), found.get("check")
    if generated is not None:
        parts.append(Computed(escaped(generated), found.get("generated kind") == "stored"))
    if check is not None and not is_json(found):
        parts.append(CheckConstraint(text(escaped(check))))
    default = _default(found)
    return Column(
        *parts,
        nullable=found.get("not null") != "true",
        server_default=None if default is None else text(escaped(default)),
        comment=found.get("comment"),
        autoincrement=True if found.get("autoincrement") else "auto",
    )


def _default(found: CatalogObject) -> str | None:
    if found.get("generated") is not None:
        return None
    default, update = found.get("default"), found.get("on update")
    if update is None:
        return default
    # SQLAlchemy has no place of its own for it
    return f"{default or 'NULL'} ON UPDATE {update}"
