"""The SQL that reads a PostgreSQL catalog: one statement for everything, or for some relations.

Every part gives rows of ``owner, kind, key, attributes``: ``owner`` is the oid of the relation that
the object belongs to, or one of :data:`GROUPS`; ``key`` is a JSON array and ``attributes`` a JSON
object, both as text, so that every driver hands over the same strings.

The rendered texts must not depend on ``search_path``, the time zone and the like. So the statement
itself sets them first and puts them back last, both local: an ``Append`` runs its parts in order
(never in parallel, as ``set_config`` is parallel unsafe). This works in and out of a transaction,
also in a read-only one, and leaves nothing behind. There is no ``%`` in any text.
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["GROUPS", "LINKED", "READ", "RENDERING", "catalog_query", "settled"]

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

RENDERING = {
    "search_path": "",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
}
"""The settings that the server's renderings depend on, and what they are while it renders."""

_USER_SCHEMA = "n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'"


def _own(catalog: str, oid: str) -> str:
    """Not a member of an extension."""
    return (
        f"NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass"
        f" AND e.objid = {oid} AND e.deptype = 'e')"
    )


def _comment(alias: str, catalog: str, oid: str, column: str = "0") -> str:
    return (
        f"LEFT JOIN pg_description {alias} ON {alias}.objoid = {oid}"
        f" AND {alias}.classoid = '{catalog}'::regclass AND {alias}.objsubid = {column}"
    )


_COMMENT = "'comment', d.description"
# A server may stamp every column with a number that it moves at other columns' DDL too and that SET
# and RESET do not reach (Debian's 15.20, measured; 18.6 does not). It says nothing of the schema.
_STAMP = "pg_attver"
_OPTIONS = "(SELECT string_agg(o, ', ' ORDER BY o) FROM unnest({}) o)"


def _relation_parts(version: int) -> list[str]:
    """Parts that read from the relations ``r``."""
    compression = (
        "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END"
        if version >= 140000
        else "NULL"
    )
    not_null = "CASE WHEN a.attnotnull THEN 'true' ELSE 'false' END"
    not_null_join, no_inherit = "", "NULL"
    if version >= 180000:
        # NOT NULL has rows of its own since 18; only what they add to the flag is told.
        not_null_join = (
            "LEFT JOIN pg_constraint nn ON nn.conrelid = r.oid AND nn.contype = 'n'"
            " AND nn.conkey[1] = a.attnum"
        )
        not_null = (
            "CASE WHEN NOT a.attnotnull THEN 'false' WHEN NOT nn.convalidated THEN 'not valid'"
            " ELSE 'true' END"
        )
        no_inherit = "CASE WHEN nn.connoinherit THEN 'true' END"
    access_method = "(SELECT amname FROM pg_am WHERE oid = r.relam)"
    tablespace = "(SELECT spcname FROM pg_tablespace WHERE oid = {})"
    persistence = "CASE {} WHEN 'p' THEN 'permanent' WHEN 'u' THEN 'unlogged' END"
    qualified = "quote_ident({0}.nspname) || '.' || quote_ident({0}.relname)"
    parents = (
        "(SELECT string_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname), ', '"
        " ORDER BY i.inhseqno) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent"
        " JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = {})"
    )
    stored_type = "CASE {} WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' "
    stored_type += "WHEN 'm' THEN 'main' END"
    return [
        # Tables, partitioned and foreign ones too.
        f"""
        SELECT r.oid::int8, CASE r.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END,
            json_build_array(r.nspname, r.relname)::text,
            json_build_object(
                'persistence', {persistence.format("r.relpersistence")},
                'access method', {access_method},
                'partition key', CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END,
                'partition bound', pg_get_expr(r.relpartbound, r.oid),
                'parents', {parents.format("r.oid")},
                'of type', CASE WHEN r.reloftype <> 0 THEN format_type(r.reloftype, NULL) END,
                'options', {_OPTIONS.format("r.reloptions")},
                'toast options', (SELECT {_OPTIONS.format("t.reloptions")} FROM pg_class t
                    WHERE t.oid = r.reltoastrelid),
                'row security', r.relrowsecurity,
                'force row security', r.relforcerowsecurity,
                'replica identity', CASE r.relreplident WHEN 'd' THEN 'default'
                    WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END,
                'tablespace', {tablespace.format("r.reltablespace")},
                'server', (SELECT s.srvname FROM pg_foreign_table ft JOIN pg_foreign_server s
                    ON s.oid = ft.ftserver WHERE ft.ftrelid = r.oid),
                'foreign options', (SELECT {_OPTIONS.format("ft.ftoptions")}
                    FROM pg_foreign_table ft WHERE ft.ftrelid = r.oid),
                {_COMMENT})::text
        FROM r {_comment("d", "pg_class", "r.oid")}
        WHERE r.relkind IN ('r', 'p', 'f')""",
        # Columns. The sequence behind an identity column is part of the column.
        f"""
        SELECT r.oid::int8, CASE WHEN r.relkind IN ('v', 'm') THEN 'view column' ELSE 'column' END,
            json_build_array(r.nspname, r.relname, a.attname)::text,
            json_build_object(
                'type', format_type(a.atttypid, a.atttypmod),
                'not null', {not_null},
                'not null no inherit', {no_inherit},
                'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, ad.adrelid) END,
                'generated', CASE WHEN a.attgenerated <> ''
                    THEN pg_get_expr(ad.adbin, ad.adrelid) END,
                'generated kind', CASE a.attgenerated WHEN 's' THEN 'stored'
                    WHEN 'v' THEN 'virtual' END,
                'identity', CASE a.attidentity WHEN 'a' THEN 'always'
                    WHEN 'd' THEN 'by default' END,
                'identity sequence', CASE WHEN a.attidentity <> '' THEN
                    (SELECT format_type(s.seqtypid, NULL) || ' start ' || s.seqstart
                        || ' increment ' || s.seqincrement
                        || ' min ' || s.seqmin || ' max ' || s.seqmax || ' cache '
                        || s.seqcache || CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END
                        || ' named ' || quote_ident(sn.nspname) || '.' || quote_ident(sc.relname)
                    FROM pg_depend sd JOIN pg_sequence s ON s.seqrelid = sd.objid
                    JOIN pg_class sc ON sc.oid = s.seqrelid
                    JOIN pg_namespace sn ON sn.oid = sc.relnamespace
                    WHERE sd.refclassid = 'pg_class'::regclass AND sd.refobjid = r.oid
                        AND sd.refobjsubid = a.attnum AND sd.classid = 'pg_class'::regclass
                        AND sd.deptype = 'i' LIMIT 1) END,
                'collation', CASE WHEN a.attcollation <> t.typcollation THEN
                    (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
                    WHERE co.oid = a.attcollation) END,
                'storage', CASE WHEN a.attstorage <> t.typstorage
                    THEN {stored_type.format("a.attstorage")} END,
                'compression', {compression},
                'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
                'options', (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(a.attoptions) o
                    WHERE split_part(o, '=', 1) <> '{_STAMP}'),
                'foreign options', {_OPTIONS.format("a.attfdwoptions")},
                'inherited', CASE WHEN a.attinhcount > 0 THEN 'true' END,
                {_COMMENT})::text
        FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef ad ON ad.adrelid = r.oid AND ad.adnum = a.attnum
        {not_null_join}
        {_comment("d", "pg_class", "r.oid", "a.attnum")}
        WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm')""",
        # Constraints, without the rows that a foreign key to a partitioned table adds for each one.
        f"""
        SELECT r.oid::int8, CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
                WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'x' THEN 'exclusion' END,
            json_build_array(r.nspname, r.relname, k.conname)::text,
            json_build_object(
                'definition', pg_get_constraintdef(k.oid),
                'inherited', CASE WHEN k.coninhcount > 0 THEN 'true' END,
                'options', {_OPTIONS.format("ic.reloptions")},
                'valid', CASE WHEN NOT x.indisvalid THEN 'false' END,
                'clustered', CASE WHEN x.indisclustered THEN 'true' END,
                'replica identity', CASE WHEN x.indisreplident THEN 'true' END,
                'tablespace', {tablespace.format("ic.reltablespace")},
                'triggers', CASE WHEN k.contype = 'f' THEN (
                    SELECT string_agg(DISTINCT CASE g.tgenabled WHEN 'D' THEN 'disabled'
                        WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END, ', ')
                    FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O') END,
                'index comment', di.description,
                {_COMMENT})::text
        FROM r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('p', 'u', 'c', 'f', 'x')
        LEFT JOIN pg_index x ON k.contype IN ('p', 'u', 'x') AND x.indexrelid = k.conindid
        LEFT JOIN pg_class ic ON ic.oid = x.indexrelid
        {_comment("di", "pg_class", "ic.oid")}
        {_comment("d", "pg_constraint", "k.oid")}
        WHERE r.relkind IN ('r', 'p', 'f') AND NOT (k.contype = 'f' AND k.conparentid <> 0
            AND EXISTS (SELECT FROM pg_constraint up WHERE up.oid = k.conparentid
                AND up.conrelid = k.conrelid))""",
        # Indexes that are not a constraint's.
        f"""
        SELECT r.oid::int8, 'index', json_build_array(r.nspname, r.relname, ic.relname)::text,
            json_build_object(
                'definition', pg_get_indexdef(x.indexrelid),
                'valid', x.indisvalid,
                'clustered', CASE WHEN x.indisclustered THEN 'true' END,
                'replica identity', CASE WHEN x.indisreplident THEN 'true' END,
                'parent', {parents.format("ic.oid")},
                'tablespace', {tablespace.format("ic.reltablespace")},
                'statistics', (SELECT string_agg(ia.attnum || ': ' || ia.attstattarget, ', '
                    ORDER BY ia.attnum) FROM pg_attribute ia
                    WHERE ia.attrelid = ic.oid AND ia.attstattarget >= 0),
                {_COMMENT})::text
        FROM r JOIN pg_index x ON x.indrelid = r.oid JOIN pg_class ic ON ic.oid = x.indexrelid
        {_comment("d", "pg_class", "ic.oid")}
        WHERE r.relkind IN ('r', 'p', 'm') AND NOT EXISTS (SELECT FROM pg_constraint k
            WHERE k.conrelid = r.oid AND k.conindid = ic.oid AND k.contype IN ('p', 'u', 'x'))""",
        # Sequences, except those behind identity columns.
        f"""
        SELECT r.oid::int8, 'sequence', json_build_array(r.nspname, r.relname)::text,
            json_build_object(
                'type', format_type(s.seqtypid, NULL), 'start', s.seqstart,
                'increment', s.seqincrement, 'minimum', s.seqmin, 'maximum', s.seqmax,
                'cycle', s.seqcycle, 'cache', s.seqcache,
                'persistence', {persistence.format("r.relpersistence")},
                'owned by', (SELECT {qualified.format("ow")} || '.' || quote_ident(ow.attname)
                    FROM (SELECT tn.nspname, tc.relname, ta.attname FROM pg_depend od
                    JOIN pg_class tc ON tc.oid = od.refobjid
                    JOIN pg_namespace tn ON tn.oid = tc.relnamespace
                    JOIN pg_attribute ta ON ta.attrelid = tc.oid AND ta.attnum = od.refobjsubid
                    WHERE od.classid = 'pg_class'::regclass AND od.objid = r.oid
                        AND od.refclassid = 'pg_class'::regclass AND od.deptype = 'a') ow),
                {_COMMENT})::text
        FROM r JOIN pg_sequence s ON s.seqrelid = r.oid {_comment("d", "pg_class", "r.oid")}
        WHERE r.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend od
            WHERE od.classid = 'pg_class'::regclass AND od.objid = r.oid
            AND od.refclassid = 'pg_class'::regclass AND od.refobjsubid > 0
            AND od.deptype = 'i')""",
        # Views.
        f"""
        SELECT r.oid::int8, CASE r.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END,
            json_build_array(r.nspname, r.relname)::text,
            json_build_object(
                'definition', pg_get_viewdef(r.oid),
                'options', {_OPTIONS.format("r.reloptions")},
                'populated', CASE WHEN r.relkind = 'm' THEN r.relispopulated END,
                'access method', {access_method},
                'tablespace', {tablespace.format("r.reltablespace")},
                {_COMMENT})::text
        FROM r {_comment("d", "pg_class", "r.oid")} WHERE r.relkind IN ('v', 'm')""",
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
                {_COMMENT})::text
        FROM r {_comment("d", "pg_type", "r.reltype")} WHERE r.relkind = 'c'""",
        # Triggers. A partition's copy is left out while it says what its parent says.
        f"""
        SELECT r.oid::int8, 'trigger', json_build_array(r.nspname, r.relname, g.tgname)::text,
            json_build_object(
                'definition', pg_get_triggerdef(g.oid),
                'enabled', CASE g.tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
                    WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
                {_COMMENT})::text
        FROM r JOIN pg_trigger g ON g.tgrelid = r.oid {_comment("d", "pg_trigger", "g.oid")}
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
                {_COMMENT})::text
        FROM r JOIN pg_policy p ON p.polrelid = r.oid {_comment("d", "pg_policy", "p.oid")}""",
        # Rules other than a view's own.
        f"""
        SELECT r.oid::int8, 'rule', json_build_array(r.nspname, r.relname, w.rulename)::text,
            json_build_object(
                'definition', pg_get_ruledef(w.oid),
                'enabled', CASE w.ev_enabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
                    WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
                {_COMMENT})::text
        FROM r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
        {_comment("d", "pg_rewrite", "w.oid")}""",
        # Extended statistics.
        f"""
        SELECT r.oid::int8, 'statistics', json_build_array(n.nspname, s.stxname)::text,
            json_build_object(
                'definition', pg_get_statisticsobjdef(s.oid),
                'target', CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END,
                {_COMMENT})::text
        FROM r JOIN pg_statistic_ext s ON s.stxrelid = r.oid
        JOIN pg_namespace n ON n.oid = s.stxnamespace
        {_comment("d", "pg_statistic_ext", "s.oid")}""",
    ]


def _group_parts(version: int, group: str) -> list[str]:
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
                json_build_object('oid', n.oid::text, {_COMMENT})::text
            FROM pg_namespace n {_comment("d", "pg_namespace", "n.oid")}
            WHERE {_USER_SCHEMA} AND {_own("pg_namespace", "n.oid")}"""
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
        own = f"{_USER_SCHEMA} AND {_own('pg_type', 't.oid')}"
        return [
            f"""
            SELECT {number}::int8, 'enum', json_build_array(n.nspname, t.typname)::text,
                json_build_object('oid', t.oid::text,
                    'labels', (SELECT string_agg(quote_literal(e.enumlabel), ', '
                        ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
                    {_COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            {_comment("d", "pg_type", "t.oid")} WHERE t.typtype = 'e' AND {own}""",
            f"""
            SELECT {number}::int8, 'domain', json_build_array(n.nspname, t.typname)::text,
                json_build_object('oid', t.oid::text,
                    'type', format_type(t.typbasetype, t.typtypmod),
                    'default', pg_get_expr(t.typdefaultbin, 0), 'not null', t.typnotnull,
                    'collation', CASE WHEN t.typcollation <> b.typcollation
                        THEN {collation.format("t.typcollation")} END,
                    {_COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_type b ON b.oid = t.typbasetype
            {_comment("d", "pg_type", "t.oid")} WHERE t.typtype = 'd' AND {own}""",
            f"""
            SELECT {number}::int8, 'domain check',
                json_build_array(n.nspname, t.typname, k.conname)::text,
                json_build_object('definition', pg_get_constraintdef(k.oid), {_COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_constraint k ON k.contypid = t.oid AND k.contype = 'c'
            {_comment("d", "pg_constraint", "k.oid")} WHERE t.typtype = 'd' AND {own}""",
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
                    {_COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_range g ON g.rngtypid = t.oid JOIN pg_type s ON s.oid = g.rngsubtype
            {_comment("d", "pg_type", "t.oid")} WHERE t.typtype = 'r' AND {own}""",
            f"""
            SELECT {number}::int8, 'base type', json_build_array(n.nspname, t.typname)::text,
                json_build_object('oid', t.oid::text,
                    'input', t.typinput::text, 'output', t.typoutput::text,
                    'receive', t.typreceive::text, 'send', t.typsend::text,
                    'length', t.typlen, 'by value', t.typbyval, 'alignment', t.typalign::text,
                    'storage', t.typstorage::text, 'category', t.typcategory::text,
                    'default', t.typdefault, 'defined', t.typisdefined,
                    {_COMMENT})::text
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            {_comment("d", "pg_type", "t.oid")}
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
                    {_COMMENT})::text
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            {_comment("d", "pg_proc", "p.oid")}
            WHERE p.prokind <> 'a' AND {_USER_SCHEMA} AND {_own("pg_proc", "p.oid")}
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
                    {_COMMENT})::text
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            JOIN pg_aggregate a ON a.aggfnoid = p.oid
            {_comment("d", "pg_proc", "p.oid")}
            WHERE {_USER_SCHEMA} AND {_own("pg_proc", "p.oid")}""",
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
                    'rules', {rules}, {_COMMENT})::text
            FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
            {_comment("d", "pg_collation", "c.oid")}
            WHERE {_USER_SCHEMA} AND {_own("pg_collation", "c.oid")}"""
        ]
    if group == "event triggers":
        return [
            f"""
            SELECT {number}::int8, 'event trigger', json_build_array(v.evtname)::text,
                json_build_object('oid', v.oid::text, 'event', v.evtevent,
                    'function', v.evtfoid::regprocedure::text,
                    'enabled', CASE v.evtenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
                        WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
                    'tags', {_OPTIONS.format("v.evttags")}, {_COMMENT})::text
            FROM pg_event_trigger v {_comment("d", "pg_event_trigger", "v.oid")}
            WHERE {_own("pg_event_trigger", "v.oid")}"""
        ]
    if group == "foreign servers":
        return [
            f"""
            SELECT {number}::int8, 'foreign server', json_build_array(s.srvname)::text,
                json_build_object('oid', s.oid::text, 'wrapper', w.fdwname, 'type', s.srvtype,
                    'version', s.srvversion, 'options', {_OPTIONS.format("s.srvoptions")},
                    {_COMMENT})::text
            FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
            {_comment("d", "pg_foreign_server", "s.oid")}
            WHERE {_own("pg_foreign_server", "s.oid")}""",
            f"""
            SELECT {number}::int8, 'foreign data wrapper', json_build_array(w.fdwname)::text,
                json_build_object('oid', w.oid::text,
                    'handler', CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END,
                    'validator', CASE WHEN w.fdwvalidator <> 0
                        THEN w.fdwvalidator::regproc::text END,
                    'options', {_OPTIONS.format("w.fdwoptions")}, {_COMMENT})::text
            FROM pg_foreign_data_wrapper w {_comment("d", "pg_foreign_data_wrapper", "w.oid")}
            WHERE {_own("pg_foreign_data_wrapper", "w.oid")}""",
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
                    WHERE pr.prpubid = b.oid), {_COMMENT})::text
        FROM pg_publication b {_comment("d", "pg_publication", "b.oid")}"""
    ]


READ = "assay: read"
"""The kind of a row that only says which relation was read."""
LINKED = "assay: linked"
"""The kind of a row that says which group has objects whose text names a relation that was read."""


def _all_relations() -> str:
    """The relations of the user, as the common table ``r``."""
    return f"""r AS MATERIALIZED (
        SELECT n.nspname, c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND {_USER_SCHEMA}
        AND {_own("pg_class", "c.oid")})"""


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
        AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND {_USER_SCHEMA}
        AND {_own("pg_class", "c.oid")})"""


def _array(oids: Collection[int]) -> str:
    return "'{" + ", ".join(map(str, sorted(oids))) + "}'::oid[]"


def settled(parts: Collection[str], tables: Collection[str] = ()) -> str:
    """One statement that runs the parts under :data:`RENDERING`.

    :param parts: ``SELECT`` texts of four columns.
    :param tables: common table expressions for them.
    """
    read = ", ".join(f"current_setting('{name}') AS \"{name}\"" for name in RENDERING)
    first = " || ".join(f"set_config('{n}', '{v}', true)" for n, v in RENDERING.items())
    last = " || ".join(f"set_config('{n}', before.\"{n}\", true)" for n in RENDERING)
    with_ = [f"before AS MATERIALIZED (SELECT {read})", *tables]
    return (
        "WITH "
        + ", ".join(with_)
        + "\n"
        + "\nUNION ALL\n".join(
            [
                f"SELECT 0::int8, 'settings', {first}, NULL::text FROM before",
                *parts,
                f"SELECT 0::int8, 'settings', {last}, NULL FROM before",
            ]
        )
    )


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
        parts += _relation_parts(version)
    elif relations:
        given = relations if isinstance(relations, str) else _array(relations)
        tables.append(_some_relations(given))
        parts += _relation_parts(version)
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
        parts += _group_parts(version, group)
    return settled(parts, tables)
