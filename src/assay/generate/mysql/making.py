"""The operations that make or drop one key, index or constraint, from its catalog object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy.sql.elements import conv

from assay.catalog import CatalogObject
from assay.generate.mysql.text import key_parts, names
from assay.operations.constraints import AddDefinedConstraintOp, CheckOp, plain_call
from assay.operations.indexes import IndexOp, Sql

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["drop", "make"]

_TYPES = {"primary key": "primary", "foreign key": "foreignkey", "check": "check"}


def make(found: CatalogObject) -> ops.MigrateOperation:
    """What makes it."""
    made: ops.MigrateOperation = {
        "primary key": _primary_key,
        "unique": _unique,
        "index": _index,
        "check": _check,
        "foreign key": _foreign_key,
    }[found.kind](found)
    return made


def drop(found: CatalogObject) -> ops.MigrateOperation:
    """What drops it."""
    table, name = found.key
    if found.kind == "index" or (found.kind == "unique" and not _plain(found)):
        return ops.DropIndexOp(conv(name), table)
    return ops.DropConstraintOp(conv(name), table, _TYPES.get(found.kind, found.kind))


class _PrimaryKeyOp(ops.CreatePrimaryKeyOp):
    """Alembic's own, which it does not render (1.20.1); a primary key has no name here."""


@renderers.dispatch_for(_PrimaryKeyOp)
def _render_primary_key(context: AutogenContext, op: _PrimaryKeyOp) -> str:
    columns = [str(column) for column in op.columns]
    return plain_call(
        context, "create_primary_key", ["None", repr(op.table_name), repr(columns)], {}
    )


def _primary_key(found: CatalogObject) -> ops.MigrateOperation:
    parts = key_parts(found.get("columns"))
    if not all(part.plain for part in parts):
        definition = ", ".join(part.text for part in parts)
        return AddDefinedConstraintOp("pk", found.key[0], f"PRIMARY KEY ({definition})")
    return _PrimaryKeyOp(None, found.key[0], [str(part.column) for part in parts])


def _plain(found: CatalogObject) -> bool:
    parts = key_parts(found.get("columns"))
    return all(part.plain for part in parts) and not found.get("comment")


def _unique(found: CatalogObject) -> ops.MigrateOperation:
    if not _plain(found):
        return _index(found)
    table, name = found.key
    columns = [str(part.column) for part in key_parts(found.get("columns"))]
    return ops.CreateUniqueConstraintOp(conv(name), table, columns)


def _index(found: CatalogObject) -> ops.MigrateOperation:
    table, name = found.key
    elements = [
        str(part.column) if part.plain else Sql(part.text)
        for part in key_parts(found.get("columns"))
    ]
    options: dict[str, Any] = {}
    typed = found.get("type")
    if typed in ("FULLTEXT", "SPATIAL"):
        options |= {"mysql_prefix": typed, "mariadb_prefix": typed}
    elif typed == "HASH" and found.kind == "index":
        options |= {"mysql_using": "hash", "mariadb_using": "hash"}
    if parser := found.get("parser"):
        options |= {"mysql_with_parser": parser, "mariadb_with_parser": parser}
    return IndexOp(name, table, elements, unique=found.kind == "unique", options=options)


def _check(found: CatalogObject) -> ops.MigrateOperation:
    table, name = found.key
    expression = found.get("check") or ""
    if found.get("enforced") == "no":
        return AddDefinedConstraintOp(name, table, f"CHECK ({expression}) NOT ENFORCED")
    return CheckOp(name, table, expression)


def _foreign_key(found: CatalogObject) -> ops.MigrateOperation:
    table, name = found.key
    *schema, target = names(found.get("target"))
    return ops.CreateForeignKeyOp(
        conv(name),
        table,
        target,
        list(names(found.get("columns"))),
        list(names(found.get("target columns"))),
        referent_schema=schema[0] if schema else None,
        onupdate=found.get("on update"),
        ondelete=found.get("on delete"),
    )
