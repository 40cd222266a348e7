"""From the catalog's objects of one table to the constructs that make it again, exactly."""

from __future__ import annotations

import re
from typing import Any

from alembic.operations import ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy import __version__ as sqlalchemy_version
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import TypeEngine

from assay.catalog import CatalogObject, Snapshot
from assay.errors import ProcedureStop, UsageError
from assay.generate.plan.comparison import Comparison
from assay.generate.sqlite.texts import parts, plain_name, unquoted
from assay.operations.statements import escaped
from assay.operations.verbatim import Verbatim
from assay.project.accepted import accepts

__all__ = ["catalog_column", "created_index", "definition", "index_objects", "options"]

# what SQLite takes behind DEFAULT without parentheses: literals and three keywords (lang_createtable)
_BARE_DEFAULT = re.compile(
    r"[+-]?\s*[\d.][\w.+-]*|'(?:[^']|'')*'|[xX]'[0-9a-fA-F]*'|NULL|TRUE|FALSE"
    r"|CURRENT_(?:TIME|DATE|TIMESTAMP)",
    re.IGNORECASE,
)


def definition(c: Comparison, side: Snapshot, table: str) -> list[SchemaItem]:
    """Columns and constraints of a table as a catalog has it."""
    columns = {o.key[1]: o for o in side.of_kind("column") if o.key[0] == table}
    ordered = [n for n in _reflected(c, table) if n in columns]
    ordered += [n for n in columns if n not in ordered]
    items: list[SchemaItem] = [catalog_column(c, columns[n], side) for n in ordered]
    for kind in ("primary key", "unique", "check", "foreign key"):
        items += [_constraint(o) for o in side.of_kind(kind) if o.key[0] == table]
    return items


def options(side: Snapshot, table: str) -> dict[str, Any]:
    """Options of a table as ``op.create_table`` takes them.

    :raises UsageError: the table is STRICT, and the installed SQLAlchemy has no word for it.
    """
    found = side.get("table", table)
    said = {
        "sqlite_autoincrement": found is not None and found.get("autoincrement") == "yes",
        "sqlite_strict": found is not None and found.get("strict") == "yes",
    }
    if said["sqlite_strict"] and not accepts(sqlite.dialect(), Table, "strict"):
        raise UsageError(
            f"Table {table} is STRICT, which SQLAlchemy {sqlalchemy_version} cannot write.",
            next_step="Install SQLAlchemy 2.0.37 or newer.",
        )
    chosen: dict[str, Any] = {name: True for name, on in said.items() if on}
    if found is not None and found.get("without rowid") == "yes":
        chosen["sqlite_with_rowid"] = False
    return chosen


def catalog_column(c: Comparison, found: CatalogObject, side: Snapshot) -> Column[Any]:
    """A column as a catalog has it."""
    arguments: list[Any] = []
    keywords: dict[str, Any] = {"nullable": found.get("not null") != "true"}
    if found.get("not null conflict"):
        keywords["sqlite_on_conflict_not_null"] = found.get("not null conflict")
    generated, default = found.get("generated"), found.get("default")
    if generated is not None:
        stored = (found.get("generated kind") or "").lower() == "stored"
        arguments.append(Computed(escaped(generated), persisted=stored))
    if default is not None:
        bare = default if _BARE_DEFAULT.fullmatch(default) else f"({default})"
        keywords["server_default"] = text(escaped(bare))
    autoincrement = (side.get("table", found.key[0]) or found).get("autoincrement") == "yes"
    if autoincrement and _is_key(side, found):
        keywords["autoincrement"] = True
    return Column(found.key[1], _type(c, found), *arguments, **keywords)


def _is_key(side: Snapshot, column: CatalogObject) -> bool:
    return any(
        key.key[0] == column.key[0] and parts(key.get("columns")) in ([column.key[1]],)
        for key in side.of_kind("primary key")
    )


def _reflected(c: Comparison, table: str) -> dict[str, TypeEngine[Any]]:
    """Types as SQLAlchemy reflects them, in the order of the columns; the inspector reads once."""
    try:
        return {str(each["name"]): each["type"] for each in c.inspector.get_columns(table)}
    except NoSuchTableError:
        return {}


def _type(c: Comparison, found: CatalogObject) -> TypeEngine[Any]:
    """SQLAlchemy's type where it says the catalog's text, else the text itself."""
    wanted, collation = found.get("type") or "", found.get("collation")
    reflected = _reflected(c, found.key[0]).get(found.key[1])
    if reflected is not None and collation is None:
        try:
            made = reflected.compile(dialect=c.dialect)
        except Exception:
            made = ""
        if _folded(made) == _folded(wanted) and wanted:
            return reflected
    if collation is not None:
        return Verbatim(f'{wanted} COLLATE "{collation}"'.strip())
    return Verbatim(wanted)


def _folded(type_text: str) -> str:
    return "".join(type_text.upper().split())


def _name(found: CatalogObject) -> conv | None:
    name = found.get("name")
    return conv(name) if name is not None else None


def _columns(found: CatalogObject) -> list[str]:
    names = [plain_name(part) for part in parts(found.get("columns"))]
    if any(name is None for name in names):
        raise ProcedureStop(
            f"The {found.label} has a part that is more than a column: {found.get('columns')}.",
            next_step="Such a key cannot be written as an operation; change the table by hand.",
        )
    return [name for name in names if name is not None]


def _constraint(found: CatalogObject) -> SchemaItem:
    name = _name(found)
    if found.kind == "check":
        return CheckConstraint(escaped(found.get("check") or ""), name=name)
    columns = _columns(found)
    if found.kind == "foreign key":
        return _reference(found, columns)
    kind = PrimaryKeyConstraint if found.kind == "primary key" else UniqueConstraint
    keywords: dict[str, Any] = {}
    if found.get("conflict"):
        keywords["sqlite_on_conflict"] = found.get("conflict")
    return kind(*columns, name=name, **keywords)


def _reference(found: CatalogObject, columns: list[str]) -> ForeignKeyConstraint:
    target = unquoted(found.get("target") or "")
    theirs = [unquoted(part) for part in parts(found.get("target columns"))]
    deferrable = found.get("deferrable")

    def action(event: str) -> str | None:
        said = found.get(event)
        return None if said in (None, "NO ACTION") else said

    return ForeignKeyConstraint(
        columns,
        [f"{target}.{column}" for column in theirs],
        name=_name(found),
        onupdate=action("on update"),
        ondelete=action("on delete"),
        deferrable=None if deferrable is None else deferrable.upper() == "DEFERRABLE",
        initially=found.get("initially"),
        match=found.get("match"),
    )


def index_objects(side: Snapshot, table: str) -> list[CatalogObject]:
    """A table's indexes that ``CREATE INDEX`` made."""
    return [o for o in side.of_kind("index") if o.key[0] == table]


def created_index(found: CatalogObject) -> ops.CreateIndexOp:
    """The operation that makes an index as a catalog has it."""
    columns: list[Any] = []
    for part in parts(found.get("columns")):
        name = plain_name(part)
        columns.append(name if name is not None else text(escaped(part)))
    keywords: dict[str, Any] = {}
    if found.get("where") is not None:
        keywords["sqlite_where"] = text(escaped(found.get("where") or ""))
    return ops.CreateIndexOp(
        conv(found.key[1]),
        found.key[0],
        columns,
        unique=found.get("unique") == "true",
        **keywords,
    )
