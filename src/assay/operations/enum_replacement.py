"""One enum type put in the place of another, with everything that is made of it.

What depends on the type or its columns is read from ``pg_depend`` when the revision runs. Views,
generated columns, triggers and policies over such columns are for the revision to take aside:
the server names them when it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy import text

from assay.operations.statements import literal, named, run

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["replace"]

_OLD = "_assay_{}"

_TYPES = """
WITH RECURSIVE types AS (
    SELECT t.oid, 0 AS depth FROM pg_type t WHERE t.oid = CAST(:type AS regtype)
    UNION ALL
    SELECT d.oid, types.depth + 1 FROM types JOIN pg_type d ON d.typtype = 'd'
        AND d.typbasetype IN (types.oid, (SELECT typarray FROM pg_type WHERE oid = types.oid))
)
SELECT t.oid::int8, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS type,
    quote_ident(t.typname) AS name, t.typtype::text AS kind, types.depth,
    t.typarray::int8 AS array_oid,
    format_type(t.typbasetype, t.typtypmod) AS base, t.typnotnull AS not_null,
    pg_get_expr(t.typdefaultbin, 0) AS default_sql,
    obj_description(t.oid, 'pg_type') AS comment,
    (SELECT json_agg(json_build_array(quote_ident(k.conname), pg_get_constraintdef(k.oid))
        ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid)::text AS checks
FROM types JOIN pg_type t ON t.oid = types.oid JOIN pg_namespace n ON n.oid = t.typnamespace
ORDER BY types.depth"""

_COLUMNS = """
SELECT a.attrelid::int8 AS relation, a.attnum::int4 AS number, a.attrelid::regclass::text AS tbl,
    quote_ident(a.attname) AS col, a.atttypid::int8 AS type,
    pg_get_expr(d.adbin, d.adrelid) AS default_sql
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE a.atttypid = ANY(CAST(:types AS oid[])) AND c.relkind IN ('r', 'p', 'f') AND NOT a.attisdropped
    AND a.attinhcount = 0
ORDER BY tbl, a.attnum"""

# what mentions the types, or the columns that are of them
_DEPENDENT = """EXISTS (SELECT FROM pg_depend p WHERE p.classid = CAST('{}' AS regclass)
    AND p.objid = {} AND ((p.refclassid = CAST('pg_type' AS regclass)
        AND p.refobjid = ANY(CAST(:types AS oid[])))
    OR (p.refclassid = CAST('pg_class' AS regclass)
        AND (p.refobjid, p.refobjsubid) IN (SELECT a.attrelid, a.attnum FROM pg_attribute a
            WHERE a.atttypid = ANY(CAST(:types AS oid[]))))))"""

_CONSTRAINTS = f"""
SELECT k.conrelid::regclass::text AS tbl, quote_ident(k.conname) AS name,
    pg_get_constraintdef(k.oid) AS definition, k.contype::text AS kind,
    obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint k WHERE k.contype IN ('c', 'f', 'x') AND k.conrelid <> 0 AND k.coninhcount = 0
    AND k.conparentid = 0 AND ({_DEPENDENT.format("pg_constraint", "k.oid")}
        OR k.contype = 'x' AND {_DEPENDENT.format("pg_class", "k.conindid")})
ORDER BY tbl, name"""

_INDEXES = f"""
SELECT x.indexrelid::regclass::text AS name, pg_get_indexdef(x.indexrelid) AS definition,
    obj_description(x.indexrelid, 'pg_class') AS comment
FROM pg_index x WHERE (x.indexprs IS NOT NULL OR x.indpred IS NOT NULL)
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid)
    AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = x.indexrelid)
    AND {_DEPENDENT.format("pg_class", "x.indexrelid")}
ORDER BY name"""

_DEFAULTS = f"""
SELECT d.adrelid::regclass::text AS tbl, quote_ident(a.attname) AS col,
    pg_get_expr(d.adbin, d.adrelid) AS default_sql
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE a.attgenerated = '' AND NOT a.atttypid = ANY(CAST(:types AS oid[]))
    AND {_DEPENDENT.format("pg_attrdef", "d.oid")}"""


@dataclass
class _Before:
    """What there is before the type is replaced, as SQL."""

    types: list[Any]
    columns: list[Any]
    defaults: list[tuple[str, str, str]]
    constraints: list[Any]
    indexes: list[Any]
    array_of: dict[int, int] = field(default_factory=dict)


def replace(
    operations: Operations,
    name: str,
    schema: str | None,
    labels: Sequence[str],
    values: Mapping[str, str | None],
) -> None:
    """Put an enum type with these labels in the place of the one of that name.

    :raises CommandError: offline (``--sql``), where nothing can be read.
    """
    context = operations.get_context()
    if context.as_sql or context.connection is None:
        raise CommandError("replace_enum reads the database's catalog: it needs a connection.")
    before = _read(operations, named(operations, name, schema))
    for statement in _statements(before, labels, values):
        run(operations, statement)


def _read(operations: Operations, type_: str) -> _Before:
    def rows(sql: str, **parameters: Any) -> list[Any]:
        return list(operations.get_bind().execute(text(sql), parameters))

    types = rows(_TYPES, type=type_)
    oids = [t.oid for t in types] + [t.array_oid for t in types if t.array_oid]
    columns = rows(_COLUMNS, types=oids)
    defaults = [(c.tbl, c.col, c.default_sql) for c in columns if c.default_sql is not None]
    defaults += [(d.tbl, d.col, d.default_sql) for d in rows(_DEFAULTS, types=oids)]
    return _Before(
        types,
        columns,
        defaults,
        rows(_CONSTRAINTS, types=oids),
        rows(_INDEXES, types=oids),
        {t.array_oid: t.oid for t in types if t.array_oid},
    )


def _statements(
    before: _Before, labels: Sequence[str], values: Mapping[str, str | None]
) -> list[str]:
    enum = before.types[0]
    made = ", ".join(literal(label) for label in labels)
    yours = [c for c in before.constraints if c.kind == "f"]
    others = [c for c in before.constraints if c.kind != "f"]
    statements = [f"DROP INDEX {index.name}" for index in before.indexes]
    statements += [f"ALTER TABLE {c.tbl} DROP CONSTRAINT {c.name}" for c in (*yours, *others)]
    statements += [f"ALTER TABLE {t} ALTER COLUMN {c} DROP DEFAULT" for t, c, _ in before.defaults]
    statements += [f"ALTER TYPE {t.type} RENAME TO {_aside(t)}" for t in before.types]
    statements.append(f"CREATE TYPE {enum.type} AS ENUM ({made})")
    for domain in before.types[1:]:
        statements += _domain(domain)
    for column in before.columns:
        statements.append(_change(before, column, values))
    statements += [
        f"ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT {_mapped(sql, values)}"
        for t, c, sql in before.defaults
    ]
    for found in (*others, *yours):
        statements.append(f"ALTER TABLE {found.tbl} ADD CONSTRAINT {found.name} {found.definition}")
        if found.comment is not None:
            on = f"{found.name} ON {found.tbl}"
            statements.append(f"COMMENT ON CONSTRAINT {on} IS {literal(found.comment)}")
    for index in before.indexes:
        statements.append(index.definition)
        if index.comment is not None:
            statements.append(f"COMMENT ON INDEX {index.name} IS {literal(index.comment)}")
    for found in before.types:
        if found.comment is not None:
            statements.append(f"COMMENT ON TYPE {found.type} IS {literal(found.comment)}")
    # the innermost depends on nothing any more only when what is made of it is gone
    return [*statements, *(f"DROP TYPE {_old(t)}" for t in reversed(before.types))]


def _aside(found: Any) -> str:
    plain = found.name[1:-1].replace('""', '"') if found.name.startswith('"') else found.name
    quoted = _OLD.format(plain)[:63].replace('"', '""')
    return f'"{quoted}"'


def _old(found: Any) -> str:
    return f"{found.type.removesuffix(found.name)}{_aside(found)}"


def _domain(domain: Any) -> list[str]:
    """A domain made of the enum, again; its texts name the type, which is the new one by now."""
    import json

    said = f"CREATE DOMAIN {domain.type} AS {domain.base}"
    if domain.default_sql is not None:
        said += f" DEFAULT {domain.default_sql}"
    if domain.not_null:
        said += " NOT NULL"
    checks = json.loads(domain.checks) if domain.checks else []
    return [said + "".join(f" CONSTRAINT {name} {check}" for name, check in checks)]


def _change(before: _Before, column: Any, values: Mapping[str, str | None]) -> str:
    array = column.type in before.array_of
    found = next(t for t in before.types if t.oid == before.array_of.get(column.type, column.type))
    new, inner = found.type, f"{before.types[0].type}"
    held = f"{column.col}::text"
    array = array or (found.kind == "d" and found.base.endswith("[]"))
    if array:
        held = f"{column.col}::text[]"
        # by words that no label is: one replacement must not see what another made
        steps = [(old, f"\x01{n}", new_) for n, (old, new_) in enumerate(values.items())]
        for old, between, _ in steps:
            held = f"array_replace({held}, {literal(old)}, {literal(between)})"
        for _, between, label in steps:
            said = "NULL" if label is None else literal(label)
            held = f"array_replace({held}, {literal(between)}, {said})"
        inner += "[]"
        if column.type in before.array_of:
            new += "[]"
    elif values:
        cases = " ".join(
            f"WHEN {literal(old)} THEN {'NULL' if label is None else literal(label)}"
            for old, label in values.items()
        )
        held = f"CASE {held} {cases} ELSE {held} END"
    using = f"({held})::{inner}" if new == inner else f"({held})::{inner}::{new}"
    return f"ALTER TABLE {column.tbl} ALTER COLUMN {column.col} TYPE {new} USING {using}"


def _mapped(default: str, values: Mapping[str, str | None]) -> str:
    """A default that is nothing but a label becomes what rows with that label become."""
    for old, new in values.items():
        if default.startswith(f"{literal(old)}::") and new is not None:
            return literal(new) + default[len(literal(old)) :]
    return default
