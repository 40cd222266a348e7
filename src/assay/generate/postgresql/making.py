"""The operations that make or drop one constraint or index, written from its catalog object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic.operations import ops
from alembic.operations.base import Operations  # noqa: F401  (registers PostgreSQL's operations)
from sqlalchemy import CheckConstraint, Index, UniqueConstraint, column, text
from sqlalchemy.sql.elements import conv

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison
from assay.generate.postgresql import definitions
from assay.generate.postgresql.tokens import Reader, source_of
from assay.generate.render.rendering import raw_sql
from assay.operations.comments import CommentOp
from assay.operations.constraints import AddDefinedConstraintOp, CheckOp, PrimaryKeyOp
from assay.operations.indexes import IndexOp, Sql
from assay.operations.statements import escaped
from assay.project.accepted import accepts, accepts_ondelete
from assay.project.compat.constructs import is_type_bound

__all__ = ["CONSTRAINTS", "check_source", "comment_of", "drop", "make", "with_comment"]

CONSTRAINTS = ("primary key", "unique", "check", "exclusion", "foreign key")
_TYPES = {"primary key": "primary", "foreign key": "foreignkey", "exclusion": None}

Made = ops.MigrateOperation


def make(c: Comparison, found: CatalogObject) -> list[Made]:
    """What makes a constraint or index, its comments too."""
    by_kind: dict[str, Callable[[Comparison, CatalogObject], Made | None]] = {
        "primary key": _primary_key,
        "unique": _unique,
        "check": _check,
        "exclusion": _exclusion,
        "foreign key": _foreign_key,
        "index": _index_op,
    }
    made = by_kind[found.kind](c, found)
    if made is None:
        made = _defined(c, found)
    return [made, *with_comment(c, found)]


def drop(c: Comparison, found: CatalogObject) -> list[Made]:
    """What drops it."""
    schema, table, name = c.schema_of(c.table_of(found)), found.key[1], found.key[2]
    if found.kind == "index":
        return [ops.DropIndexOp(conv(name), table, schema=schema)]
    kind = _TYPES.get(found.kind, found.kind)
    return [ops.DropConstraintOp(conv(name), table, kind, schema=schema)]


def comment_of(c: Comparison, found: CatalogObject, comment: str | None) -> Made:
    """What gives it that comment."""
    kind = "index" if found.kind == "index" else "constraint"
    return CommentOp(
        kind,
        found.key[2],
        comment,
        table_name=None if kind == "index" else found.key[1],
        schema=c.schema_of(c.table_of(found)),
    )


def with_comment(c: Comparison, found: CatalogObject) -> list[Made]:
    """What gives a new constraint or index the comment it has."""
    comment = found.get("comment")
    return [] if comment is None else [comment_of(c, found, comment)]


def _definition(found: CatalogObject) -> str:
    return found.get("definition") or ""


def _place(c: Comparison, found: CatalogObject) -> tuple[str, str, str | None]:
    """Name, table, schema."""
    return found.key[2], found.key[1], c.schema_of(c.table_of(found))


def _defined(c: Comparison, found: CatalogObject) -> Made:
    """By the server's own text, where no operation says it all."""
    name, table, schema = _place(c, found)
    if found.kind == "index":
        return ops.ExecuteSQLOp(escaped(source_of(_definition(found))))
    return AddDefinedConstraintOp(name, table, source_of(_definition(found)), schema)


def _primary_key(c: Comparison, found: CatalogObject) -> Made | None:
    key = definitions.key(_definition(found))
    name, table, schema = _place(c, found)
    if key is None or not key.plain:
        return None
    return PrimaryKeyOp(conv(name), table, list(key.columns), schema=schema)


def _unique(c: Comparison, found: CatalogObject) -> Made | None:
    key = definitions.key(_definition(found))
    name, table, schema = _place(c, found)
    if key is None or key.include:  # SQLAlchemy asks the table for INCLUDE's columns
        return None
    options: dict[str, Any] = {}
    if key.deferrable:
        options["deferrable"] = True
    if key.initially:
        options["initially"] = key.initially
    if key.nulls_not_distinct:
        if not accepts(c.dialect, UniqueConstraint, "nulls_not_distinct"):
            return None
        options["postgresql_nulls_not_distinct"] = True
    return ops.CreateUniqueConstraintOp(
        conv(name), table, list(key.columns), schema=schema, **options
    )


def _check(c: Comparison, found: CatalogObject) -> Made | None:
    check = definitions.check(_definition(found))
    name, table, schema = _place(c, found)
    if check is None or check.no_inherit or check.not_valid:
        return None
    return CheckOp(name, table, check_source(c, found, check), schema)


def check_source(c: Comparison, found: CatalogObject, check: definitions.Check) -> str:
    """The condition as the models write it, else one that the server renders as its own."""
    if c.new.by_identity.get(found.identity) == found:
        declared = _declared_check(c, found)
        if declared is not None:
            return declared
    return source_of(check.expression)


def _declared_check(c: Comparison, found: CatalogObject) -> str | None:
    table = c.models.get(c.table_of(found))
    if table is None:
        return None
    constraints = [*table.constraints, *(k for column in table.columns for k in column.constraints)]
    for constraint in constraints:
        if not isinstance(constraint, CheckConstraint) or is_type_bound(constraint):
            continue
        if constraint.name is None:
            continue
        written = c.dialect.identifier_preparer.format_constraint(constraint)
        if written is not None and Reader(written).only_identifier() == found.key[2]:
            return raw_sql(c.context.migration_context, constraint.sqltext)
    return None


def _exclusion(c: Comparison, found: CatalogObject) -> Made | None:
    from alembic.ddl.postgresql import CreateExcludeConstraintOp

    exclusion = definitions.exclusion(_definition(found))
    name, table, schema = _place(c, found)
    names = [Reader(e).only_identifier() for e, _ in exclusion.elements] if exclusion else [None]
    if exclusion is None or None in names:
        return None
    options: dict[str, Any] = {"using": exclusion.method}
    if exclusion.deferrable:
        options["deferrable"] = True
    if exclusion.initially:
        options["initially"] = exclusion.initially
    if exclusion.where is not None:
        if "%" in exclusion.where or ":" in exclusion.where.replace("::", ""):
            return None
        options["where"] = text(source_of(exclusion.where))
    elements: Any = [
        (column(str(n)), operator)
        for n, (_, operator) in zip(names, exclusion.elements, strict=True)
    ]
    return CreateExcludeConstraintOp(conv(name), table, elements, schema=schema, **options)


def _foreign_key(c: Comparison, found: CatalogObject) -> Made | None:
    key = definitions.reference(_definition(found))
    name, table, schema = _place(c, found)
    if key is None or key.not_valid or not accepts_ondelete(c.dialect, key.ondelete):
        return None
    return ops.CreateForeignKeyOp(
        conv(name),
        table,
        key.table[-1],
        list(key.columns),
        list(key.referred),
        source_schema=schema,
        referent_schema=c.schema_of(key.table),
        **reference_options(key),
    )


def reference_options(key: definitions.Reference) -> dict[str, Any]:
    """What a foreign key has beside columns, as SQLAlchemy's keywords."""
    options = {
        "match": key.match,
        "onupdate": key.onupdate,
        "ondelete": key.ondelete,
        "deferrable": key.deferrable or None,
        "initially": key.initially,
    }
    return {name: value for name, value in options.items() if value is not None}


def _index_op(c: Comparison, found: CatalogObject) -> Made | None:
    """What makes an index, without its comment."""
    index = definitions.index(_definition(found))
    name, table, schema = _place(c, found)
    if index is None:
        return None
    options: dict[str, Any] = {}
    if index.method != "btree":
        options["postgresql_using"] = index.method
    if index.include:
        options["postgresql_include"] = list(index.include)
    if index.nulls_not_distinct:
        if not accepts(c.dialect, Index, "nulls_not_distinct"):
            return None
        options["postgresql_nulls_not_distinct"] = True
    if index.options:
        options["postgresql_with"] = dict(index.options)
    if found.get("tablespace"):
        options["postgresql_tablespace"] = found.get("tablespace")
    if index.where is not None:
        options["postgresql_where"] = Sql(source_of(index.where))
    elements = [Reader(e).only_identifier() or Sql(source_of(e)) for e in index.elements]
    return IndexOp(name, table, elements, schema=schema, unique=index.unique, options=options)
