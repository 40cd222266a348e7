"""The SQL that renders what belongs to no relation."""

from __future__ import annotations

from assay.dialects.postgresql.rendering import (
    COMMENT,
    FIRST,
    OPTIONS,
    USER_SCHEMA,
    comment_join,
    not_of_extension,
)

__all__ = ["GROUPS", "group_parts"]

GROUPS = {
    "schemas": -1,
    "extensions": -2,
    "types": -3,
    "functions": -4,
    "collations": -5,
    "event triggers": -6,
    "foreign servers": -7,
    "publications": -8,
}
"""What belongs to no relation, each read as a whole."""


_OWN_TYPE = f"{USER_SCHEMA} AND {not_of_extension('pg_type', 't.oid')}"


def _enum_part() -> str:
    """The part of the enum types."""
    return f"""
        SELECT {GROUPS["types"]}::int8, 'enum', json_build_array(n.nspname, t.typname)::text,
            json_build_object('oid', t.oid::text,
                'labels', (SELECT string_agg(quote_literal(e.enumlabel), ', '
                    ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
                {COMMENT})::text
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        {comment_join("d", "pg_type", "t.oid")} WHERE t.typtype = 'e' AND {_OWN_TYPE}"""


def group_parts(version: int, group: str) -> list[str]:
    """Parts that read what belongs to no relation."""
    number = GROUPS[group]
    collation = (
        "(SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_collation co"
        " JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = {})"
    )
    if group == "schemas":
        return [
            f"""
            SELECT {number}::int8, 'schema', json_build_array(n.nspname)::text,
                json_build_object('oid', n.oid::text, {COMMENT})::text
            FROM pg_namespace n {comment_join("d", "pg_namespace", "n.oid")}
            WHERE {USER_SCHEMA} AND {not_of_extension("pg_namespace", "n.oid")}"""
        ]
    if group == "extensions":
        return [
            f"""
            SELECT {number}::int8, 'extension', json_build_array(x.extname)::text,
                json_build_object('oid', x.oid::text, 'version', x.extversion,
                    'schema', n.nspname)::text
            FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace"""
        ]
    if group == "types":
        multirange = (
            "(SELECT m.typname FROM pg_type m WHERE m.oid = g.rngmultitypid)"
            if version >= 140000
            else "NULL"
        )
        own = _OWN_TYPE
        return [
            _enum_part(),
            f"""
            SELECT {number}::int8, 'domain', json_build_array(n.nspname, t.typname)::text,
                json_build_object('oid', t.oid::text,
                    'type', format_type(t.typbasetype, t.typtypmod),
                    'default', pg_get_expr(t.typdefaultbin, 0), 'not null', t.typnotnull,
                    'collation', CASE WHEN t.typcollation <> b.typcollation
                        THEN {collation.format("t.typcollation")} END,
                    {COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_type b ON b.oid = t.typbasetype
            {comment_join("d", "pg_type", "t.oid")} WHERE t.typtype = 'd' AND {own}""",
            f"""
            SELECT {number}::int8, 'domain check',
                json_build_array(n.nspname, t.typname, k.conname)::text,
                json_build_object('definition', pg_get_constraintdef(k.oid), {COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_constraint k ON k.contypid = t.oid AND k.contype = 'c'
            {comment_join("d", "pg_constraint", "k.oid")} WHERE t.typtype = 'd' AND {own}""",
            f"""
            SELECT {number}::int8, 'range', json_build_array(n.nspname, t.typname)::text,
                json_build_object('oid', t.oid::text,
                    'subtype', format_type(g.rngsubtype, NULL),
                    'collation', CASE WHEN g.rngcollation <> s.typcollation
                        THEN {collation.format("g.rngcollation")} END,
                    'operator class', (SELECT quote_ident(qn.nspname) || '.'
                            || quote_ident(q.opcname)
                        FROM pg_opclass q JOIN pg_namespace qn ON qn.oid = q.opcnamespace
                        WHERE q.oid = g.rngsubopc),
                    'canonical', CASE WHEN g.rngcanonical <> 0 THEN g.rngcanonical::text END,
                    'difference', CASE WHEN g.rngsubdiff <> 0 THEN g.rngsubdiff::text END,
                    'multirange', {multirange},
                    {COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_range g ON g.rngtypid = t.oid JOIN pg_type s ON s.oid = g.rngsubtype
            {comment_join("d", "pg_type", "t.oid")} WHERE t.typtype = 'r' AND {own}""",
            f"""
            SELECT {number}::int8, 'base type', json_build_array(n.nspname, t.typname)::text,
                json_build_object('oid', t.oid::text,
                    'input', t.typinput::text, 'output', t.typoutput::text,
                    'receive', t.typreceive::text, 'send', t.typsend::text,
                    'length', t.typlen, 'by value', t.typbyval, 'alignment', t.typalign::text,
                    'storage', t.typstorage::text, 'category', t.typcategory::text,
                    'default', t.typdefault, 'defined', t.typisdefined,
                    {COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            {comment_join("d", "pg_type", "t.oid")}
            WHERE t.typtype IN ('b', 'p') AND {own}
                AND NOT EXISTS (SELECT FROM pg_type el WHERE el.typarray = t.oid)""",
        ]
    if group == "functions":
        return [
            f"""
            SELECT {number}::int8, CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
                json_build_array(n.nspname,
                    p.proname || '(' || oidvectortypes(p.proargtypes) || ')')::text,
                json_build_object('oid', p.oid::text, 'definition', pg_get_functiondef(p.oid),
                    {COMMENT})::text
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            {comment_join("d", "pg_proc", "p.oid")}
            WHERE p.oid >= {FIRST} AND p.prokind <> 'a' AND {USER_SCHEMA}
                AND {not_of_extension("pg_proc", "p.oid")}
                AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass
                    AND i.objid = p.oid AND i.deptype = 'i')""",
            f"""
            SELECT {number}::int8, 'aggregate',
                json_build_array(n.nspname,
                    p.proname || '(' || oidvectortypes(p.proargtypes) || ')')::text,
                json_build_object('oid', p.oid::text,
                    'arguments', pg_get_function_arguments(p.oid),
                    'result', pg_get_function_result(p.oid),
                    'kind', a.aggkind::text, 'direct arguments', a.aggnumdirectargs,
                    'parallel', p.proparallel::text,
                    'functions', concat_ws(', ', a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
                        a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn,
                        a.aggmfinalfn),
                    'options', concat_ws(', ', a.aggfinalextra, a.aggmfinalextra,
                        a.aggfinalmodify, a.aggmfinalmodify, a.aggtransspace, a.aggmtransspace),
                    'sort operator', CASE WHEN a.aggsortop <> 0 THEN a.aggsortop::regoper::text END,
                    'state', format_type(a.aggtranstype, NULL),
                    'moving state', CASE WHEN a.aggmtranstype <> 0
                        THEN format_type(a.aggmtranstype, NULL) END,
                    'initial', a.agginitval, 'moving initial', a.aggminitval,
                    {COMMENT})::text
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            JOIN pg_aggregate a ON a.aggfnoid = p.oid
            {comment_join("d", "pg_proc", "p.oid")}
            WHERE p.oid >= {FIRST} AND {USER_SCHEMA} AND {not_of_extension("pg_proc", "p.oid")}""",
        ]
    if group == "collations":
        locale, rules = "NULL", "NULL"
        if version >= 170000:
            locale = "c.colllocale"
        elif version >= 150000:
            locale = "c.colliculocale"
        if version >= 160000:
            rules = "c.collicurules"
        return [
            f"""
            SELECT {number}::int8, 'collation', json_build_array(n.nspname, c.collname)::text,
                json_build_object('oid', c.oid::text, 'provider', c.collprovider::text,
                    'deterministic', c.collisdeterministic, 'encoding', c.collencoding,
                    'locale', coalesce({locale}, c.collcollate), 'ctype', c.collctype,
                    'rules', {rules}, {COMMENT})::text
            FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
            {comment_join("d", "pg_collation", "c.oid")}
            WHERE {USER_SCHEMA} AND {not_of_extension("pg_collation", "c.oid")}"""
        ]
    if group == "event triggers":
        return [
            f"""
            SELECT {number}::int8, 'event trigger', json_build_array(v.evtname)::text,
                json_build_object('oid', v.oid::text, 'event', v.evtevent,
                    'function', v.evtfoid::regprocedure::text,
                    'enabled', CASE v.evtenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
                        WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
                    'tags', {OPTIONS.format("v.evttags")}, {COMMENT})::text
            FROM pg_event_trigger v {comment_join("d", "pg_event_trigger", "v.oid")}
            WHERE {not_of_extension("pg_event_trigger", "v.oid")}"""
        ]
    if group == "foreign servers":
        return [
            f"""
            SELECT {number}::int8, 'foreign server', json_build_array(s.srvname)::text,
                json_build_object('oid', s.oid::text, 'wrapper', w.fdwname, 'type', s.srvtype,
                    'version', s.srvversion, 'options', {OPTIONS.format("s.srvoptions")},
                    {COMMENT})::text
            FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
            {comment_join("d", "pg_foreign_server", "s.oid")}
            WHERE {not_of_extension("pg_foreign_server", "s.oid")}""",
            f"""
            SELECT {number}::int8, 'foreign data wrapper', json_build_array(w.fdwname)::text,
                json_build_object('oid', w.oid::text,
                    'handler', CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END,
                    'validator', CASE WHEN w.fdwvalidator <> 0
                        THEN w.fdwvalidator::regproc::text END,
                    'options', {OPTIONS.format("w.fdwoptions")}, {COMMENT})::text
            FROM pg_foreign_data_wrapper w {comment_join("d", "pg_foreign_data_wrapper", "w.oid")}
            WHERE {not_of_extension("pg_foreign_data_wrapper", "w.oid")}""",
        ]
    assert group == "publications"
    columns, schemas = "''", "NULL"
    if version >= 150000:
        columns = (
            "coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)"
            " FROM pg_attribute a WHERE a.attrelid = pr.prrelid AND a.attnum = ANY"
            " (pr.prattrs::int2[])) || ')', '') || coalesce(' WHERE '"
            " || pg_get_expr(pr.prqual, pr.prrelid), '')"
        )
        schemas = (
            "(SELECT string_agg(quote_ident(sn.nspname), ', ' ORDER BY sn.nspname)"
            " FROM pg_publication_namespace pn JOIN pg_namespace sn ON sn.oid = pn.pnnspid"
            " WHERE pn.pnpubid = b.oid)"
        )
    return [
        f"""
        SELECT {number}::int8, 'publication', json_build_array(b.pubname)::text,
            json_build_object('oid', b.oid::text, 'all tables', b.puballtables,
                'insert', b.pubinsert, 'update', b.pubupdate, 'delete', b.pubdelete,
                'truncate', b.pubtruncate, 'via root', b.pubviaroot, 'schemas', {schemas},
                'tables', (SELECT string_agg(pr.prrelid::regclass::text || {columns}, ', '
                    ORDER BY pr.prrelid::regclass::text) FROM pg_publication_rel pr
                    WHERE pr.prpubid = b.oid), {COMMENT})::text
        FROM pg_publication b {comment_join("d", "pg_publication", "b.oid")}"""
    ]
