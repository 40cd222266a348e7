"""MySQL and MariaDB: whether what is about to be made is there already, or what is dropped is gone.

Something else under that name is not taken for it: the server then says so itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.exc import NoSuchTableError

if TYPE_CHECKING:
    from alembic.ddl.impl import DefaultImpl
    from sqlalchemy import Constraint

__all__ = [
    "Place",
    "column_made",
    "constraint_made",
    "index_made",
    "named_in",
    "primary_key",
    "table_made",
]

Place = tuple[str, "str | None"]
"""A table and its schema."""


def named_in(impl: DefaultImpl, place: Place, what: str) -> dict[str, Any]:
    """What a table has, by name, as SQLAlchemy's inspector tells of it; nothing of no table.

    :param what: ``columns``, ``indexes``, ``foreign_keys``, ``check_constraints``.
    """
    look: Callable[..., list[Any]] = getattr(inspect(impl.connection), f"get_{what}")
    with suppress(NoSuchTableError):
        return {str(found["name"]): found for found in look(place[0], schema=place[1])}
    return {}


def table_made(impl: DefaultImpl, table: Table) -> bool:
    """Whether a table of that name has these columns and no others."""
    found = named_in(impl, (table.name, table.schema), "columns")
    return bool(found) and {*found} == {column.name for column in table.columns}


def column_made(impl: DefaultImpl, place: Place, column: Column[Any]) -> bool:
    """Whether a column of that name and type is there.

    Whether it may be NULL, and its default, are no matter: a later statement may have set them.
    """
    found = named_in(impl, place, "columns").get(str(column.name))
    return found is not None and not impl.compare_type(Column(column.name, found["type"]), column)


def index_made(impl: DefaultImpl, index: Index) -> bool:
    """Whether an index of that name is on these columns."""
    assert index.table is not None
    columns = [getattr(one, "name", None) for one in index.expressions]
    place = index.table.name, index.table.schema
    return _indexed(impl, place, index.name, columns, unique=bool(index.unique))


def _indexed(
    impl: DefaultImpl, place: Place, name: object, columns: list[Any], *, unique: bool
) -> bool:
    found = named_in(impl, place, "indexes").get(str(name))
    return (
        found is not None and found["column_names"] == columns and bool(found["unique"]) == unique
    )


def constraint_made(impl: DefaultImpl, constraint: Constraint) -> bool:
    """Whether a constraint is there; a CHECK is known by its name, for the server writes it anew."""
    assert constraint.table is not None
    place = constraint.table.name, constraint.table.schema
    if isinstance(constraint, PrimaryKeyConstraint):
        return primary_key(impl, place) == list(constraint.columns.keys())
    if isinstance(constraint, UniqueConstraint):
        columns = list(constraint.columns.keys())
        return _indexed(impl, place, constraint.name, columns, unique=True)
    if isinstance(constraint, ForeignKeyConstraint):
        return _key_made(
            named_in(impl, place, "foreign_keys").get(str(constraint.name)), constraint
        )
    checks = named_in(impl, place, "check_constraints")
    return isinstance(constraint, CheckConstraint) and str(constraint.name) in checks


def primary_key(impl: DefaultImpl, place: Place) -> list[str]:
    """The columns of a table's primary key; none where it has none, or there is no table."""
    with suppress(NoSuchTableError):
        found = inspect(impl.connection).get_pk_constraint(place[0], schema=place[1])
        return list(found["constrained_columns"])
    return []


def _key_made(found: Any, key: ForeignKeyConstraint) -> bool:
    if found is None:
        return False
    target = key.elements[0].column.table
    return bool(
        found["constrained_columns"] == list(key.column_keys)
        and found["referred_columns"] == [e.column.name for e in key.elements]
        # servers on case-insensitive file systems keep names of tables in lower case
        and found["referred_table"].casefold() == target.name.casefold()
    )
