"""Catalog objects out of parsed texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from assay.catalog import CatalogObject, Value
from assay.dialects.sqlite.declarations import ForeignKey, Index, Key, Part, Table
from assay.dialects.sqlite.parse import parse_definition, parse_index, parse_table
from assay.dialects.sqlite.tokens import SqlTextError, identifier, render, tokenize

__all__ = ["foreign_key_objects", "table_objects", "text_object", "try_parse_table"]

Draft = tuple[str | None, str, Mapping[str, Value]]
"""Name, content that stands for a missing name, attributes."""


def try_parse_table(sql: str) -> Table | None:
    """The parsed table, ``None`` for a text that is not understood (``PRAGMA writable_schema``)."""
    try:
        return parse_table(sql)
    except SqlTextError:
        return None


def table_objects(name: str, sql: str, indexes: Iterable[tuple[str, str]]) -> list[CatalogObject]:
    """A table with all that belongs to it, but foreign keys and triggers.

    :param indexes: name and text of each index made by CREATE INDEX.
    """
    table = try_parse_table(sql)
    if table is None:
        # Compared as a whole: what is not understood never counts as equal.
        found = [CatalogObject.make("table", (name,), {"definition": _folded(sql)})]
        return found + [text_object("index", (name, i), text) for i, text in indexes]
    attributes = {
        "autoincrement": "yes" if table.autoincrement else None,
        "strict": "yes" if table.strict else None,
        "without rowid": "yes" if table.without_rowid else None,
        "virtual": table.virtual,
    }
    found = [CatalogObject.make("table", (name,), attributes)]
    found += _columns(name, table)
    key = table.primary_key
    if key is not None:
        draft = _key(table, key)
        draft[2]["rowid alias"] = "yes" if _is_rowid_alias(table, key) else None
        found += _numbered("primary key", name, [draft])
    found += _numbered("unique", name, [_key(table, k) for k in table.uniques])
    checks: list[Draft] = [
        (c.name, c.text, {"name": c.name, "check": c.text}) for c in table.checks
    ]
    found += _numbered("check", name, checks)
    for index, text in indexes:
        try:
            found.append(_index(name, index, table, parse_index(text)))
        except SqlTextError:
            found.append(text_object("index", (name, index), text))
    return found


def foreign_key_objects(
    name: str, table: Table, target: Callable[[str], tuple[str, Table] | None]
) -> list[CatalogObject]:
    """The foreign keys of a table.

    :param target: stored name and declaration of the table of that name in any case.
    """
    return _numbered(
        "foreign key", name, [_foreign_key(table, f, target) for f in table.foreign_keys]
    )


def text_object(kind: str, key: tuple[str, ...], sql: str) -> CatalogObject:
    """A view or a trigger, or what could not be understood better: its text."""
    try:
        text = parse_definition(sql)
    except SqlTextError:
        text = _folded(sql)
    return CatalogObject.make(kind, key, {"definition": text})


def _folded(sql: str) -> str:
    try:
        return render(tokenize(sql))
    except SqlTextError:
        return sql


def _columns(name: str, table: Table) -> list[CatalogObject]:
    keyed: set[str] = set()
    if table.primary_key is not None and (
        table.without_rowid or (table.strict and not _is_rowid_alias(table, table.primary_key))
    ):
        # Here SQLite keeps NULL out of the key itself; elsewhere it allows it, an old fault.
        keyed = {(p.name or "").lower() for p in table.primary_key.parts}
    found = []
    for column in table.columns:
        not_null = column.not_null or column.name.lower() in keyed
        attributes = {
            "type": column.type,
            "not null": "true" if not_null else "false",
            "not null conflict": column.conflict,
            "default": column.default,
            "generated": column.generated,
            "generated kind": column.stored,
            "collation": column.collation,
        }
        found.append(CatalogObject.make("column", (name, column.name), attributes))
    return found


def _is_rowid_alias(table: Table, key: Key) -> bool:
    """A single INTEGER column, unless it says ``PRIMARY KEY DESC`` (at the column only)."""
    if table.without_rowid or len(key.parts) != 1 or key.column_descending:
        return False
    column = table.column(key.parts[0].name or "")
    return column is not None and column.type == "INTEGER"


def _key(table: Table, key: Key) -> tuple[str | None, str, dict[str, Value]]:
    columns = ", ".join(_part(table, p) for p in key.parts)
    return key.name, columns, {"name": key.name, "columns": columns, "conflict": key.conflict}


def _part(table: Table, part: Part) -> str:
    """A part as it acts: the collation is told where it is not the column's own."""
    text, own = part.text, "BINARY"
    if part.name is not None:
        column = table.column(part.name)
        text = identifier(column.name if column else part.name)
        own = (column.collation if column else None) or "BINARY"
    if part.collation is not None and part.collation != own:
        text += f" COLLATE {identifier(part.collation)}"
    return text + (" DESC" if part.descending else "")


def _index(name: str, index: str, table: Table, parsed: Index) -> CatalogObject:
    attributes = {
        "unique": "true" if parsed.unique else "false",
        "columns": ", ".join(_part(table, p) for p in parsed.parts),
        "where": parsed.where,
    }
    return CatalogObject.make("index", (name, index), attributes)


def _foreign_key(
    table: Table, foreign: ForeignKey, target: Callable[[str], tuple[str, Table] | None]
) -> Draft:
    found = target(foreign.target)
    aim, names = foreign.target, foreign.target_columns
    if found is not None:
        aim, other = found
        if not names and other.primary_key is not None:
            names = [p.name or p.text for p in other.primary_key.parts]
        names = _as_declared(other, names)
    columns = ", ".join(identifier(c) for c in _as_declared(table, foreign.columns))
    return (
        foreign.name,
        columns,
        {
            "name": foreign.name,
            "columns": columns,
            "target": identifier(aim),
            "target columns": ", ".join(identifier(c) for c in names) or None,
            "on update": foreign.on_update,
            "on delete": foreign.on_delete,
            "match": foreign.match,
            "deferrable": foreign.deferrable,
            "initially": foreign.initially,
        },
    )


def _as_declared(table: Table, names: Iterable[str]) -> list[str]:
    """Column names in the case in which they were declared."""
    columns = {c.name.lower(): c.name for c in table.columns}
    return [columns.get(n.lower(), n) for n in names]


def _numbered(kind: str, table: str, drafts: Iterable[Draft]) -> list[CatalogObject]:
    """Constraints by their names, unnamed ones by their content; equal ones are counted.

    SQLite allows constraints of one name and constraints that are alike. They are counted in the
    order of their attributes, which does not depend on where they stand in the text.
    """
    ordered = sorted(
        drafts,
        key=lambda d: (d[0] is None, d[0] or d[1], [v or "" for _, v in sorted(d[2].items())]),
    )
    taken: set[str] = set()
    found = []
    for name, content, attributes in ordered:
        label = base = name if name is not None else f"unnamed: {content}"
        count = 1
        while label in taken:
            count += 1
            label = f"{base} ({count})"
        taken.add(label)
        found.append(CatalogObject.make(kind, (table, label), attributes))
    return found
