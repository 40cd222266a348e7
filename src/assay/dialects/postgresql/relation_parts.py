"""The SQL that renders relations and what belongs to them."""

from __future__ import annotations

from assay.dialects.postgresql.relation_attributes import (
    CONSTRAINT,
    CONSTRAINT_KIND,
    INDEX,
    SEQUENCE,
    TABLE,
    VIEW,
    Attributes,
    column_attributes,
    column_joins,
)
from assay.dialects.postgresql.rendering import COMMENT, comment_join

__all__ = ["relation_parts"]


def _json_object(attributes: Attributes, *more: str) -> str:
    """SQL of attributes as one JSON text.

    :param more: further pairs, as ``json_build_object`` takes them.
    """
    pairs = [f"'{name}', {sql}" for name, sql in attributes.items()]
    return f"json_build_object({', '.join([*pairs, *more])})::text"


def relation_parts(version: int) -> list[str]:
    """Parts that read from the relations ``r``.

    :param version: ``server_version_num``.
    """
    return [
        # Tables, partitioned and foreign ones too.
        f"""
        SELECT r.oid::int8, CASE r.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END,
            json_build_array(r.nspname, r.relname)::text,
            {_json_object(TABLE, COMMENT)}
        FROM r {comment_join("d", "pg_class", "r.oid")}
        WHERE r.relkind IN ('r', 'p', 'f')""",
        # Columns. The sequence behind an identity column is part of the column.
        f"""
        SELECT r.oid::int8, CASE WHEN r.relkind IN ('v', 'm') THEN 'view column' ELSE 'column' END,
            json_build_array(r.nspname, r.relname, a.attname)::text,
            {_json_object(column_attributes(version), COMMENT)}
        FROM r {column_joins(version)}
        {comment_join("d", "pg_class", "r.oid", "a.attnum")}
        WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm')""",
        # Constraints, without the rows that a foreign key to a partitioned table adds for each one.
        f"""
        SELECT r.oid::int8, {CONSTRAINT_KIND},
            json_build_array(r.nspname, r.relname, k.conname)::text,
            {_json_object(CONSTRAINT, "'index comment', di.description", COMMENT)}
        FROM r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('p', 'u', 'c', 'f', 'x')
        LEFT JOIN pg_index x ON k.contype IN ('p', 'u', 'x') AND x.indexrelid = k.conindid
        LEFT JOIN pg_class ic ON ic.oid = x.indexrelid
        {comment_join("di", "pg_class", "ic.oid")}
        {comment_join("d", "pg_constraint", "k.oid")}
        WHERE r.relkind IN ('r', 'p', 'f') AND NOT (k.contype = 'f' AND k.conparentid <> 0
            AND EXISTS (SELECT FROM pg_constraint up WHERE up.oid = k.conparentid
                AND up.conrelid = k.conrelid))""",
        # Indexes that are not a constraint's.
        f"""
        SELECT r.oid::int8, 'index', json_build_array(r.nspname, r.relname, ic.relname)::text,
            {_json_object(INDEX, COMMENT)}
        FROM r JOIN pg_index x ON x.indrelid = r.oid JOIN pg_class ic ON ic.oid = x.indexrelid
        {comment_join("d", "pg_class", "ic.oid")}
        WHERE r.relkind IN ('r', 'p', 'm') AND NOT EXISTS (SELECT FROM pg_constraint k
            WHERE k.conrelid = r.oid AND k.conindid = ic.oid AND k.contype IN ('p', 'u', 'x'))""",
        # Sequences, except those behind identity columns.
        f"""
        SELECT r.oid::int8, 'sequence', json_build_array(r.nspname, r.relname)::text,
            {_json_object(SEQUENCE, COMMENT)}
        FROM r JOIN pg_sequence s ON s.seqrelid = r.oid {comment_join("d", "pg_class", "r.oid")}
        WHERE r.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend od
            WHERE od.classid = 'pg_class'::regclass AND od.objid = r.oid
            AND od.refclassid = 'pg_class'::regclass AND od.refobjsubid > 0
            AND od.deptype = 'i')""",
        # Views.
        f"""
        SELECT r.oid::int8, CASE r.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END,
            json_build_array(r.nspname, r.relname)::text, {_json_object(VIEW, COMMENT)}
        FROM r {comment_join("d", "pg_class", "r.oid")} WHERE r.relkind IN ('v', 'm')""",
        # Composite types: the order of their attributes counts.
        f"""
        SELECT r.oid::int8, 'composite type', json_build_array(r.nspname, r.relname)::text,
            json_build_object(
                'attributes', (SELECT string_agg(quote_ident(a.attname) || ' '
                    || format_type(a.atttypid, a.atttypmod)
                    || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || (
                        SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                        FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
                        WHERE co.oid = a.attcollation) ELSE '' END, ', ' ORDER BY a.attnum)
                    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                    WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped),
                'attribute comments', (SELECT string_agg(quote_ident(a.attname) || ': '
                    || quote_literal(ac.description), ', ' ORDER BY a.attnum)
                    FROM pg_attribute a JOIN pg_description ac ON ac.objoid = r.oid
                    AND ac.classoid = 'pg_class'::regclass AND ac.objsubid = a.attnum
                    WHERE a.attrelid = r.oid AND a.attnum > 0),
                {COMMENT})::text
        FROM r {comment_join("d", "pg_type", "r.reltype")} WHERE r.relkind = 'c'""",
        # Triggers. A partition's copy is left out while it says what its parent says.
        f"""
        SELECT r.oid::int8, 'trigger', json_build_array(r.nspname, r.relname, g.tgname)::text,
            json_build_object(
                'definition', pg_get_triggerdef(g.oid),
                'enabled', CASE g.tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
                    WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
                {COMMENT})::text
        FROM r JOIN pg_trigger g ON g.tgrelid = r.oid {comment_join("d", "pg_trigger", "g.oid")}
        WHERE (NOT g.tgisinternal AND g.tgparentid = 0) OR (g.tgparentid <> 0
            AND NOT EXISTS (SELECT FROM pg_constraint fk WHERE fk.oid = g.tgconstraint
                AND fk.contype = 'f')
            AND g.tgenabled <> (SELECT up.tgenabled FROM pg_trigger up
                WHERE up.oid = g.tgparentid))""",
        # Policies.
        f"""
        SELECT r.oid::int8, 'policy', json_build_array(r.nspname, r.relname, p.polname)::text,
            json_build_object(
                'command', CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert'
                    WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
                'permissive', p.polpermissive,
                'roles', (SELECT string_agg(CASE WHEN o = 0 THEN 'public'
                    ELSE quote_ident(pg_get_userbyid(o)) END, ', '
                    ORDER BY CASE WHEN o = 0 THEN 'public' ELSE pg_get_userbyid(o)::text END)
                    FROM unnest(p.polroles) o),
                'using', pg_get_expr(p.polqual, p.polrelid),
                'with check', pg_get_expr(p.polwithcheck, p.polrelid),
                {COMMENT})::text
        FROM r JOIN pg_policy p ON p.polrelid = r.oid {comment_join("d", "pg_policy", "p.oid")}""",
        # Rules other than a view's own.
        f"""
        SELECT r.oid::int8, 'rule', json_build_array(r.nspname, r.relname, w.rulename)::text,
            json_build_object(
                'definition', pg_get_ruledef(w.oid),
                'enabled', CASE w.ev_enabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
                    WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
                {COMMENT})::text
        FROM r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
        {comment_join("d", "pg_rewrite", "w.oid")}""",
        # Extended statistics.
        f"""
        SELECT r.oid::int8, 'statistics', json_build_array(n.nspname, s.stxname)::text,
            json_build_object(
                'definition', pg_get_statisticsobjdef(s.oid),
                'target', CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END,
                {COMMENT})::text
        FROM r JOIN pg_statistic_ext s ON s.stxrelid = r.oid
        JOIN pg_namespace n ON n.oid = s.stxnamespace
        {comment_join("d", "pg_statistic_ext", "s.oid")}""",
    ]
