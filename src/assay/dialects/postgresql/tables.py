"""PostgreSQL's tables as one who must fill them sees them.

Straight from pg_catalog: SQLAlchemy's reflection says nothing of partitions and their bounds, of
composites and unknown types, nor how a type is written to be cast to.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.dialects.shapes import (
    ColumnShape,
    ColumnType,
    TableKey,
    TableShape,
    type_parameters,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["read_tables"]

_OURS = """
    c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND left(n.nspname, 8) <> 'pg_toast'
    AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
                    AND e.objid = c.oid AND e.deptype = 'e')
"""

_COLUMNS = f"""
SELECT n.nspname::text, c.relname::text, n.nspname = current_schema(), a.attname::text,
       a.atttypid::int8, format_type(a.atttypid, a.atttypmod)::text, a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid)::text, a.attidentity::text, a.attgenerated::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE {_OURS} ORDER BY n.nspname, c.relname, a.attnum
"""

_CONSTRAINTS = f"""
SELECT n.nspname::text, c.relname::text, o.contype::text,
       array_to_json(ARRAY(SELECT a.attname FROM unnest(o.conkey) WITH ORDINALITY k(n, i)
             JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.n ORDER BY k.i))::text,
       pn.nspname::text, p.relname::text,
       array_to_json(ARRAY(SELECT a.attname FROM unnest(o.confkey) WITH ORDINALITY k(n, i)
             JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.n
             ORDER BY k.i))::text,
       o.confmatchtype::text, pg_get_expr(o.conbin, o.conrelid)::text
FROM pg_constraint o
JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class p ON p.oid = o.confrelid LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE o.contype IN ('f', 'c') AND {_OURS} ORDER BY n.nspname, c.relname, o.conname
"""

_UNIQUE = f"""
SELECT n.nspname::text, c.relname::text, i.indisprimary,
       array_to_json(ARRAY(SELECT a.attname FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(n, i)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n
             WHERE k.i <= i.indnkeyatts ORDER BY k.i))::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND {_OURS}
ORDER BY n.nspname, c.relname, i.indexrelid
"""

_TYPES = """
SELECT t.oid::int8, format_type(t.oid, NULL)::text, t.typtype::text, t.typcategory::text,
       t.typname::text,
       t.typelem::int8, t.typbasetype::int8, format_type(t.typbasetype, t.typtypmod)::text,
       coalesce((SELECT r.rngsubtype::int8 FROM pg_range r WHERE r.rngtypid = t.oid), 0),
       array_to_json(ARRAY(SELECT json_build_array(a.atttypid::int8,
                                                   format_type(a.atttypid, a.atttypmod))
                           FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid
                           AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum))::text,
       array_to_json(ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid
                           ORDER BY e.enumsortorder))::text,
       array_to_json(ARRAY(SELECT pg_get_expr(o.conbin, 0) FROM pg_constraint o
                           WHERE o.contypid = t.oid AND o.contype = 'c'))::text
FROM pg_type t
"""

_MULTIRANGES = "SELECT r.rngmultitypid::int8, r.rngtypid::int8 FROM pg_range r"

_PARTITIONED = f"""
SELECT n.nspname::text, c.relname::text,
       array_to_json(ARRAY(SELECT coalesce(pg_get_partition_constraintdef(l.oid), 'true')
             FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
             WHERE t.isleaf AND l.relkind <> 'p' ORDER BY l.oid))::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'p' AND {_OURS} ORDER BY n.nspname, c.relname
"""


def read_tables(connection: Connection) -> dict[TableKey, TableShape]:
    """Every table rows can be made for: no views, foreign tables, partitions or extensions' tables."""
    columns = _rows(connection, _COLUMNS)
    if not columns:
        return {}
    types = _Types(
        {row[0]: row for row in _rows(connection, _TYPES)},
        # multiranges came with PostgreSQL 14
        dict(map(tuple, _rows(connection, _MULTIRANGES)))
        if (connection.dialect.server_version_info or (0,)) >= (14,)
        else {},
    )
    tables: dict[TableKey, TableShape] = {}
    for (
        schema,
        name,
        is_default,
        column,
        oid,
        typed,
        not_null,
        default,
        identity,
        generated,
    ) in columns:
        table = tables.setdefault(
            (schema, name), TableShape((schema, name), name if is_default else f"{schema}.{name}")
        )
        if column is None or generated:
            continue
        numbered = {"a": "always", "d": "by default"}.get(identity)
        if numbered is None and (default or "").startswith("nextval("):
            numbered = "serial"
        tables[table.key] = replace(
            table,
            columns=(
                *table.columns,
                ColumnShape(
                    column, types.resolve(oid, typed), not not_null, default is not None, numbered
                ),
            ),
        )
    for schema, name, is_primary, keyed in _rows(connection, _UNIQUE):
        table = tables[schema, name]
        names = tuple(json.loads(keyed))
        tables[table.key] = replace(
            table,
            unique=(*table.unique, names),
            primary_key=names if is_primary else table.primary_key,
        )
    for schema, name, kind, keyed, *parent, referred, match, sql in _rows(connection, _CONSTRAINTS):
        table, names = tables[schema, name], tuple(json.loads(keyed))
        if kind == "c":
            tables[table.key] = replace(table, checks=(*table.checks, table.check(sql, names)))
        else:
            made = table.foreign_key(
                names,
                (parent[0], parent[1]),
                tuple(json.loads(referred)),
                match_full=match == "f",
            )
            tables[table.key] = replace(table, foreign_keys=(*table.foreign_keys, made))
    for schema, name, bounds in _rows(connection, _PARTITIONED):
        table, leaves = tables[schema, name], json.loads(bounds)
        if not leaves:
            tables[table.key] = replace(table, unfillable="it is partitioned and has no partition")
            continue
        sql = " OR ".join(f"({leaf})" for leaf in leaves)
        tables[table.key] = replace(table, checks=(*table.checks, table.check(sql)))
    return tables


def _rows(connection: Connection, sql: str) -> list[Any]:
    return list(connection.exec_driver_sql(sql))


class _Types:
    def __init__(self, rows: dict[int, Any], ranges_of: dict[int, int]) -> None:
        self._rows = rows
        self._ranges_of = ranges_of

    def resolve(self, oid: int, typed: str) -> ColumnType:
        """The type of that oid, written ``typed`` with its parameters."""
        row = self._rows[oid]
        _, _, kind, category, name, element, base, base_typed, subtype, fields, labels, checks = row
        if kind == "d":
            inner = self.resolve(base, base_typed)
            return replace(inner, cast=typed, checks=(*inner.checks, *json.loads(checks)))
        if kind == "e":
            return ColumnType(typed, name, kind="enum", labels=tuple(json.loads(labels)))
        if kind == "c":
            made = tuple(self.resolve(field, written) for field, written in json.loads(fields))
            return ColumnType(typed, name, kind="composite", fields=made)
        if kind == "r":
            return ColumnType(typed, name, kind="range", element=self._plain(subtype))
        if kind == "m":
            return ColumnType(
                typed, name, kind="multirange", element=self._plain(self._ranges_of[oid])
            )
        if category == "A" and element:
            # the array's text carries the element's parameters: numeric(10,2)[]
            return ColumnType(
                typed,
                name,
                kind="array",
                element=self.resolve(element, typed.removesuffix("[]")),
                empty="{}",
            )
        return ColumnType(typed, _ALIASES.get(name, name), type_parameters(typed))

    def _plain(self, oid: int) -> ColumnType:
        return self.resolve(oid, self._rows[oid][1])


_ALIASES = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double",
    "bool": "boolean", "timestamptz": "timestamp", "timetz": "time", "char": '"char"',
    "bytea": "blob",
}  # fmt: skip
