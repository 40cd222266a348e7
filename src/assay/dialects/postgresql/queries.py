"""The SQL that reads a PostgreSQL catalog: one statement for everything, or for some relations.

Every part gives rows of ``owner, kind, key, attributes``: ``owner`` is the oid of the relation that
the object belongs to, or one of :data:`GROUPS`; ``key`` is a JSON array and ``attributes`` a JSON
object, both as text, so that every driver hands over the same strings.
"""

from __future__ import annotations

from collections.abc import Collection

from assay.dialects.postgresql.group_parts import GROUPS, group_parts
from assay.dialects.postgresql.relation_parts import relation_parts
from assay.dialects.postgresql.rendering import USER_SCHEMA, not_of_extension, settled

__all__ = ["LINKED", "READ", "catalog_query"]

READ = "assay: read"
"""The kind of a row that only says which relation was read."""
LINKED = "assay: linked"
"""The kind of a row that says which group has objects whose text names a relation that was read."""


def _all_relations() -> str:
    """The relations of the user, as the common table ``r``."""
    return f"""r AS MATERIALIZED (
        SELECT n.nspname, c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND {USER_SCHEMA}
        AND {not_of_extension("pg_class", "c.oid")})"""


def _some_relations(given: str) -> str:
    """As above, for some relations and those whose texts may name them.

    One step is enough: a text names only what its object depends on directly.

    :param given: SQL of an array of their oids.
    """
    mapped = " UNION ".join(
        f"SELECT o.{relation} FROM linked k JOIN {catalog} o ON o.oid = k.objid"
        f" WHERE k.classid = '{catalog}'::regclass AND o.{relation} <> 0"
        for catalog, relation in (
            ("pg_constraint", "conrelid"),
            ("pg_rewrite", "ev_class"),
            ("pg_trigger", "tgrelid"),
            ("pg_policy", "polrelid"),
            ("pg_attrdef", "adrelid"),
            ("pg_statistic_ext", "stxrelid"),
        )
    )
    return f"""named AS MATERIALIZED (
        SELECT 'pg_class'::regclass AS classid, c.oid FROM pg_class c WHERE c.oid = ANY ({given})
        UNION SELECT 'pg_type'::regclass, c.reltype FROM pg_class c WHERE c.oid = ANY ({given})
        UNION SELECT 'pg_type'::regclass, t.typarray FROM pg_class c
            JOIN pg_type t ON t.oid = c.reltype WHERE c.oid = ANY ({given})),
    linked AS MATERIALIZED (
        SELECT DISTINCT d.classid, d.objid FROM named JOIN pg_depend d
            ON d.refclassid = named.classid AND d.refobjid = named.oid),
    touched AS MATERIALIZED (
        SELECT named.oid FROM named WHERE named.classid = 'pg_class'::regclass
        UNION SELECT d.refobjid FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
            AND d.objid = ANY ({given}) AND d.refclassid = 'pg_class'::regclass
        UNION SELECT coalesce(x.indrelid, k.objid) FROM linked k
            LEFT JOIN pg_index x ON x.indexrelid = k.objid WHERE k.classid = 'pg_class'::regclass
        UNION {mapped}),
    r AS MATERIALIZED (
        SELECT n.nspname, c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid IN (SELECT t.oid FROM touched t)
        AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND {USER_SCHEMA}
        AND {not_of_extension("pg_class", "c.oid")})"""


def _array(oids: Collection[int]) -> str:
    return "'{" + ", ".join(map(str, sorted(oids))) + "}'::oid[]"


def catalog_query(
    version: int,
    *,
    relations: Collection[int] | str | None = None,
    groups: Collection[str] = tuple(GROUPS),
    extra: Collection[str] = (),
) -> str:
    """One statement that reads the catalog.

    :param version: ``server_version_num``.
    :param relations: oids of the relations to read, with those whose texts may name them, or the
        SQL of an array of oids; ``None`` for all. A :data:`READ` row then names each one read, a
        :data:`LINKED` row each group that may name one.
    :param groups: which of :data:`GROUPS` to read.
    :param extra: further parts of the same four columns.
    """
    tables: list[str] = []
    parts = list(extra)
    if relations is None:
        tables.append(_all_relations())
        parts += relation_parts(version)
    elif relations:
        given = relations if isinstance(relations, str) else _array(relations)
        tables.append(_some_relations(given))
        parts += relation_parts(version)
        parts.append(f"SELECT t.oid::int8, '{READ}', NULL, NULL FROM touched t")
        parts.append(
            f"SELECT DISTINCT 0::int8, '{LINKED}', CASE k.classid WHEN 'pg_proc'::regclass"
            " THEN 'functions' WHEN 'pg_type'::regclass THEN 'types'"
            " WHEN 'pg_constraint'::regclass THEN 'types' ELSE 'publications' END, NULL"
            " FROM linked k LEFT JOIN pg_type ty ON k.classid = 'pg_type'::regclass"
            " AND ty.oid = k.objid LEFT JOIN pg_constraint co"
            " ON k.classid = 'pg_constraint'::regclass AND co.oid = k.objid"
            " WHERE k.classid IN ('pg_proc'::regclass, 'pg_publication_rel'::regclass)"
            " OR (ty.typrelid = 0 AND ty.typtype IN ('d', 'r')) OR co.contypid <> 0"
        )
    for group in groups:
        parts += group_parts(version, group)
    return settled(parts, tables)
