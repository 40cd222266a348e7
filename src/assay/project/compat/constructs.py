"""SQLAlchemy's columns, types and constraints, and what a dialect makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column, Constraint, Dialect
    from sqlalchemy.types import TypeEngine

__all__ = [
    "copy_column",
    "doubles_percents",
    "indexes_in_transaction",
    "is_type_bound",
    "set_variants_of",
    "variants_of",
    "whole_copy",
]


def copy_column(column: Column[Any]) -> Column[Any]:
    """A copy of a column that belongs to no table, as Alembic makes one.

    A Boolean or an Enum has lost its variants in it (SQLAlchemy 2.1.9): see :func:`whole_copy`.
    """
    return column._copy()


def whole_copy(column: Column[Any]) -> Column[Any]:
    """A copy of a column that belongs to no table, its type as it was."""
    copied = copy_column(column)
    if variants_of(column.type) and not variants_of(copied.type):
        set_variants_of(copied.type, variants_of(column.type))
    return copied


def variants_of(type_: TypeEngine[Any]) -> Mapping[str, TypeEngine[Any]]:
    """The types that ``with_variant`` gave, by dialect."""
    return type_._variant_mapping


def set_variants_of(type_: TypeEngine[Any], variants: Mapping[str, TypeEngine[Any]]) -> None:
    """Give a copied type other variants in place."""
    from sqlalchemy.util import immutabledict

    type_._variant_mapping = immutabledict(variants)


def is_type_bound(constraint: Constraint) -> bool:
    """Whether a type made the constraint: Boolean and Enum with ``create_constraint``."""
    return bool(constraint._type_bound)


def doubles_percents(dialect: Dialect) -> bool:
    """Whether what a dialect compiles has ``%%`` for ``%``, because its driver formats with it."""
    return bool(dialect.identifier_preparer._double_percents)


@contextmanager
def indexes_in_transaction(dialect: Dialect) -> Iterator[None]:
    """Leave out ``CONCURRENTLY``, which models may say of an index: no transaction can run it."""
    name = "_supports_create_index_concurrently"
    supports = getattr(dialect, name, False)
    setattr(dialect, name, False)
    try:
        yield
    finally:
        setattr(dialect, name, supports)
