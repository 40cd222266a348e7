"""The DDL of a type or a column alone: what must be the same before and after it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, MetaData, PrimaryKeyConstraint, Table
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.types import SchemaType, TypeDecorator, TypeEngine

from assay.project.compat.constructs import copy_column, set_variants_of, variants_of

if TYPE_CHECKING:
    from sqlalchemy import Dialect

__all__ = ["column_ddl", "makes_indexes", "type_ddl", "without_variants"]

DDL = tuple[str, ...]


def type_ddl(type_: TypeEngine[Any], dialect: Dialect) -> DDL | None:
    """What a type is in DDL, collation included, with all that ``create_all`` makes for it.

    None where the engine cannot have it.
    """
    try:
        if not _makes_more(type_):
            return (type_.compile(dialect=dialect),)
        return _create_all(type_, dialect)
    except Exception:
        return None


def makes_indexes(type_: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether tables get indexes by a type's own events, as GeoAlchemy's ``Geometry`` does it."""
    try:
        return any("INDEX" in statement.upper() for statement in _create_all(type_, dialect)[1:])
    except Exception:
        return False


def _makes_more(type_: Any) -> bool:
    """Whether ``create_all`` may make something beside the column: a CHECK, a CREATE TYPE."""
    if type(type_) is Boolean:
        return bool(type_.create_constraint)
    inner = [getattr(type_, "item_type", None), *variants_of(type_).values()]
    if isinstance(type_, TypeDecorator):
        inner.append(type_.impl)
    return isinstance(type_, SchemaType) or any(_makes_more(i) for i in inner if i is not None)


def _create_all(type_: TypeEngine[Any], dialect: Dialect) -> DDL:
    made: list[str] = []
    metadata = MetaData()
    Table("t", metadata, Column("c", _detached(type_)))
    mock: Any = MockConnection(
        dialect, lambda element, *_: made.append(str(element.compile(dialect=dialect)))
    )
    metadata.create_all(mock, checkfirst=False)
    return tuple(made)


def _detached(type_: Any) -> Any:
    """A copy that attaching to a table cannot tell the models' own type of."""
    found = _copied(type_)
    if isinstance(found, SchemaType):
        found.metadata = None
    for inner in ("item_type", "impl"):
        if isinstance(vars(found).get(inner), TypeEngine):
            setattr(found, inner, _detached(vars(found)[inner]))
    variants = variants_of(found)
    if variants:
        set_variants_of(found, {name: _detached(v) for name, v in variants.items()})
    return found


def _copied(type_: Any) -> Any:
    # as TypeDecorator.copy() does: copy.copy() asks its proxied attributes before they are there
    cls: Any = type(type_)
    found = cls.__new__(cls)
    found.__dict__.update(type_.__dict__)
    return found


def without_variants(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """A copy of a type as it was before ``with_variant``."""
    found: TypeEngine[Any] = _copied(type_)
    set_variants_of(found, {})
    return found


def column_ddl(column: Column[Any], dialect: Dialect, *, primary_key: bool = False) -> DDL | None:
    """A column's own DDL in a table with no other, its inline CHECKs after it.

    :param primary_key: make it the primary key, as a constraint of its own would.
    """
    try:
        found = copy_column(column)
        # these make objects of their own
        found.index = found.unique = None
        constraints = [PrimaryKeyConstraint(found.name)] if primary_key else []
        Table("t", MetaData(), found, *constraints)
        compiler = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
        return (
            compiler.get_column_specification(found),
            *sorted(compiler.process(constraint) for constraint in found.constraints),
        )
    except Exception:
        return None
