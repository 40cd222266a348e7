"""What hangs on columns whose type changes and makes PostgreSQL refuse: it steps aside meanwhile.

Views, triggers, policies and rules, generated columns, and what is on those. ``pg_depend`` of the
old database says what hangs on what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alembic.operations import ops
from sqlalchemy import text

from assay.catalog import CatalogObject
from assay.generate.plan.comparison import Comparison, TableKey
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.altered_columns import remaking
from assay.generate.postgresql.expected import Expected
from assay.generate.postgresql.generated import is_remade, mentioned_columns
from assay.generate.postgresql.making import CONSTRAINTS, drop, make
from assay.generate.postgresql.matching import inherited
from assay.operations.statements import escaped

__all__ = ["steps", "views_aside"]

Made = ops.MigrateOperation
Key = tuple[str, ...]

_QUERY = """
WITH RECURSIVE touched AS (
    SELECT 'pg_class'::regclass::oid AS class, a.attrelid AS id, a.attnum::int4 AS sub
    FROM json_array_elements(CAST(:columns AS json)) k
    JOIN pg_namespace n ON n.nspname = k->>0
    JOIN pg_class r ON r.relnamespace = n.oid AND r.relname = k->>1
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = k->>2
    UNION ALL
    SELECT 'pg_type'::regclass::oid, x.id, 0 FROM json_array_elements(CAST(:types AS json)) k
    JOIN pg_namespace n ON n.nspname = k->>0
    JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = k->>1
    CROSS JOIN LATERAL (VALUES (t.oid), (t.typarray)) x(id)
), found AS (
    SELECT d.classid, d.objid FROM touched
    JOIN pg_depend d ON d.refclassid = touched.class AND d.refobjid = touched.id
        AND (d.refobjsubid = touched.sub OR touched.class = 'pg_type'::regclass)
    UNION
    SELECT d.classid, d.objid FROM found
    JOIN pg_rewrite w ON found.classid = 'pg_rewrite'::regclass AND w.oid = found.objid
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = w.ev_class
)
SELECT CASE r.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'rule' END,
    json_build_array(n.nspname, r.relname)::text
        , CASE WHEN r.relkind IN ('v', 'm') THEN NULL ELSE w.rulename::text END
FROM found JOIN pg_rewrite w ON found.classid = 'pg_rewrite'::regclass AND w.oid = found.objid
JOIN pg_class r ON r.oid = w.ev_class JOIN pg_namespace n ON n.oid = r.relnamespace
UNION
SELECT 'trigger', json_build_array(n.nspname, r.relname)::text, g.tgname::text
FROM found JOIN pg_trigger g ON found.classid = 'pg_trigger'::regclass AND g.oid = found.objid
JOIN pg_class r ON r.oid = g.tgrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE NOT g.tgisinternal
UNION
SELECT 'policy', json_build_array(n.nspname, r.relname)::text, p.polname::text
FROM found JOIN pg_policy p ON found.classid = 'pg_policy'::regclass AND p.oid = found.objid
JOIN pg_class r ON r.oid = p.polrelid JOIN pg_namespace n ON n.oid = r.relnamespace
UNION
SELECT 'column', json_build_array(n.nspname, r.relname)::text, a.attname::text
FROM found JOIN pg_attrdef f ON found.classid = 'pg_attrdef'::regclass AND f.oid = found.objid
JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum AND a.attgenerated <> ''
JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
"""


@dataclass(frozen=True)
class _Dependents:
    views: frozenset[TableKey]
    columns: frozenset[Key]
    others: tuple[CatalogObject, ...]


def _dependents(c: Comparison, expected: Expected) -> _Dependents:
    import json

    connection = c.context.connection
    assert connection is not None
    columns = [list(key) for key in _touched(c, expected)]
    types = [list(key) for key in (*expected.changes.replaced, *expected.remade)]
    if not columns and not types:
        return _Dependents(frozenset(), frozenset(), ())
    rows = connection.execute(
        text(_QUERY.replace("::", "\\:\\:")),
        {"columns": json.dumps(columns), "types": json.dumps(types)},
    )
    views, generated, others = set(), set(), []
    for kind, relation, name in rows:
        table = tuple(json.loads(relation))
        if kind.endswith("view"):
            views.add(table)
        elif kind == "column":
            generated.add((*table, name))
        elif (found := c.old.get(kind, *table, name)) is not None:
            others.append(found)
    return _Dependents(frozenset(views), frozenset(generated), tuple(others))


def _touched(c: Comparison, expected: Expected) -> set[Key]:
    """Columns of the old catalog that PostgreSQL alters or makes anew."""
    found = set()
    for column in c.old.of_kind("column"):
        new = c.new.get("column", *column.key)
        if expected.is_rewritten(c.old, column) or (
            new is not None
            and (
                expected.moves(column, new)
                or is_remade(column, new)
                or (column.get("generated") is None) != (new.get("generated") is None)
            )
        ):
            found.add(column.key)
    return found


def views_aside(c: Comparison) -> frozenset[TableKey]:
    """Views that must be dropped while columns change; those of both catalogs are made again."""
    return _dependents(c, Expected.of(c)).views


def steps(c: Comparison) -> Iterator[Step]:
    """What is in both catalogs, or in the old one only because the models cannot say it."""
    from assay.generate.postgresql.views import (
        KINDS,
        drop_view,
        dropped_views,
        make_view,
        view_ranks,
    )

    expected = Expected.of(c)
    found = _dependents(c, expected)
    old = {o.key: o for kind in KINDS for o in c.old.of_kind(kind)}
    ranks = view_ranks(old)
    for key in found.views - dropped_views(c):
        if key in old and not any(c.new.get(kind, *key) for kind in KINDS):
            away, again = drop_view(c, old[key]), make_view(c, c.old, old[key])
            yield Step(Phase.DROP_VIEW, away, again, key, -ranks[key])
            yield Step(Phase.CREATE_VIEW, again, away, key, ranks[key])
    for other in found.others:
        if other.key[:2] not in found.views and c.in_both(other.key[:2]):
            yield from _aside(c, other)
    yield from _generated(c, found)


def _aside(c: Comparison, found: CatalogObject) -> Iterator[Step]:
    from assay.generate.postgresql.table_making import beside

    quote = c.dialect.identifier_preparer.quote
    table = ".".join(quote(part) for part in found.key[:2])
    sql = f"DROP {found.kind.upper()} {quote(found.key[2])} ON {table}"
    away: list[Made] = [ops.ExecuteSQLOp(escaped(sql))]
    again: list[Made] = list(beside(c, [found]))
    yield Step(Phase.DROP_VIEW, away, again, found.key, 1)
    yield Step(Phase.CREATE_VIEW, again, away, found.key, -1)


def _generated(c: Comparison, found: _Dependents) -> Iterator[Step]:
    """Generated columns over columns that change, and indexes and constraints on all that is remade."""
    lost: set[Key] = set()
    for column in c.old.of_kind("column"):
        new = c.new.get("column", *column.key)
        if new is None or not c.in_both(column.key[:2]) or inherited(column):
            continue
        was, becomes = column.get("generated") is not None, new.get("generated") is not None
        if column.key in found.columns and was and becomes and not is_remade(column, new):
            yield from remaking(c, column, new)
            lost.add(column.key)
        elif is_remade(column, new) or was != becomes:
            lost.add(column.key)
    changed = {d.identity for d in c.differences}
    for other in c.old.objects:
        if (
            other.identity in changed
            or inherited(other)
            or other.kind not in (*CONSTRAINTS, "index")
        ):
            continue
        names = mentioned_columns(other.get("definition") or "")
        if any(key[:2] == other.key[:2] and key[2] in names for key in lost):
            key = other.kind in ("primary key", "unique")
            foreign = other.kind == "foreign key"
            away = Phase.DROP_FOREIGN_KEY if foreign else Phase.DROP_INDEX
            again = Phase.ADD_KEY if key else Phase.ADD_INDEX
            again = Phase.ADD_FOREIGN_KEY if foreign else again
            yield Step(away, drop(c, other), make(c, other), other.key)
            yield Step(again, make(c, other), drop(c, other), other.key)
