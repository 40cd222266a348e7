"""The SQL of what relations, and what belongs to them, are told apart by: attributes by their names."""

from __future__ import annotations

from collections.abc import Mapping

from assay.dialects.postgresql.rendering import OPTIONS, STAMP

__all__ = [
    "CONSTRAINT",
    "CONSTRAINT_KIND",
    "INDEX",
    "SEQUENCE",
    "TABLE",
    "VIEW",
    "Attributes",
    "column_attributes",
    "column_joins",
    "column_rows",
    "not_null",
]

Attributes = Mapping[str, str]
"""SQL by the name of what it gives."""


_PERSISTENCE = "CASE {} WHEN 'p' THEN 'permanent' WHEN 'u' THEN 'unlogged' END"
_ACCESS_METHOD = "(SELECT amname FROM pg_am WHERE oid = r.relam)"
_TABLESPACE = "(SELECT spcname FROM pg_tablespace WHERE oid = {})"
_PARENTS = (
    "(SELECT string_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname), ', '"
    " ORDER BY i.inhseqno) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent"
    " JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = {})"
)
_STORED = (
    "CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended'"
    " WHEN 'm' THEN 'main' END"
)

TABLE: Attributes = {
    "persistence": _PERSISTENCE.format("r.relpersistence"),
    "access method": _ACCESS_METHOD,
    "partition key": "CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END",
    "partition bound": "pg_get_expr(r.relpartbound, r.oid)",
    "parents": _PARENTS.format("r.oid"),
    "of type": "CASE WHEN r.reloftype <> 0 THEN format_type(r.reloftype, NULL) END",
    "options": OPTIONS.format("r.reloptions"),
    "toast options": f"(SELECT {OPTIONS.format('t.reloptions')} FROM pg_class t"
    " WHERE t.oid = r.reltoastrelid)",
    "row security": "r.relrowsecurity",
    "force row security": "r.relforcerowsecurity",
    "replica identity": "CASE r.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing'"
    " WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END",
    "tablespace": _TABLESPACE.format("r.reltablespace"),
    "server": "(SELECT s.srvname FROM pg_foreign_table ft JOIN pg_foreign_server s"
    " ON s.oid = ft.ftserver WHERE ft.ftrelid = r.oid)",
    "foreign options": f"(SELECT {OPTIONS.format('ft.ftoptions')} FROM pg_foreign_table ft"
    " WHERE ft.ftrelid = r.oid)",
}
"""Of a table ``r``, comments left out here and below: they are joined in."""

CONSTRAINT: Attributes = {
    "definition": "pg_get_constraintdef(k.oid)",
    "inherited": "CASE WHEN k.coninhcount > 0 THEN 'true' END",
    "options": OPTIONS.format("ic.reloptions"),
    "valid": "CASE WHEN NOT x.indisvalid THEN 'false' END",
    "clustered": "CASE WHEN x.indisclustered THEN 'true' END",
    "replica identity": "CASE WHEN x.indisreplident THEN 'true' END",
    "tablespace": _TABLESPACE.format("ic.reltablespace"),
    "triggers": "CASE WHEN k.contype = 'f' THEN (SELECT string_agg(DISTINCT CASE g.tgenabled"
    " WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END, ', ')"
    " FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O') END",
}
"""Of a constraint ``k``, with its index ``x`` whose relation is ``ic``."""
CONSTRAINT_KIND = (
    "CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check'"
    " WHEN 'f' THEN 'foreign key' WHEN 'x' THEN 'exclusion' END"
)

INDEX: Attributes = {
    "definition": "pg_get_indexdef(x.indexrelid)",
    "valid": "x.indisvalid",
    "clustered": "CASE WHEN x.indisclustered THEN 'true' END",
    "replica identity": "CASE WHEN x.indisreplident THEN 'true' END",
    "parent": _PARENTS.format("ic.oid"),
    "tablespace": _TABLESPACE.format("ic.reltablespace"),
    "statistics": "(SELECT string_agg(ia.attnum || ': ' || ia.attstattarget, ', '"
    " ORDER BY ia.attnum) FROM pg_attribute ia"
    " WHERE ia.attrelid = ic.oid AND ia.attstattarget >= 0)",
}
"""Of an index ``x`` whose relation is ``ic``."""


VIEW: Attributes = {
    "definition": "pg_get_viewdef(r.oid)",
    "options": OPTIONS.format("r.reloptions"),
    "populated": "CASE WHEN r.relkind = 'm' THEN r.relispopulated END",
    "access method": _ACCESS_METHOD,
    "tablespace": _TABLESPACE.format("r.reltablespace"),
}
"""Of a view ``r``."""

SEQUENCE: Attributes = {
    "type": "format_type(s.seqtypid, NULL)",
    "start": "s.seqstart",
    "increment": "s.seqincrement",
    "minimum": "s.seqmin",
    "maximum": "s.seqmax",
    "cycle": "s.seqcycle",
    "cache": "s.seqcache",
    "persistence": _PERSISTENCE.format("r.relpersistence"),
    # under an empty search path the server qualifies the table
    "owned by": """(SELECT od.refobjid::regclass || '.' || quote_ident(oa.attname)
        FROM pg_depend od JOIN pg_attribute oa
            ON oa.attrelid = od.refobjid AND oa.attnum = od.refobjsubid
        WHERE od.classid = 'pg_class'::regclass AND od.objid = r.oid
            AND od.refclassid = 'pg_class'::regclass AND od.deptype = 'a')""",
}


def column_attributes(version: int) -> Attributes:
    """Of a column ``a`` of type ``t`` with the default ``ad``.

    From 18 on NOT NULL has rows of its own, joined as ``nn``; only what they add to the flag is told.
    """
    stated = version >= 180000
    return {
        "type": "format_type(a.atttypid, a.atttypmod)",
        "not null": not_null(version),
        "not null no inherit": "CASE WHEN nn.connoinherit THEN 'true' END" if stated else "NULL",
        "default": "CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, ad.adrelid) END",
        "generated": "CASE WHEN a.attgenerated <> '' THEN pg_get_expr(ad.adbin, ad.adrelid) END",
        "generated kind": "CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END",
        "identity": "CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END",
        "identity sequence": """CASE WHEN a.attidentity <> '' THEN
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
                AND sd.deptype = 'i' LIMIT 1) END""",
        "collation": """CASE WHEN a.attcollation <> t.typcollation THEN
            (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
            FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
            WHERE co.oid = a.attcollation) END""",
        "storage": f"CASE WHEN a.attstorage <> t.typstorage THEN {_STORED} END",
        "compression": "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END"
        if version >= 140000
        else "NULL",
        "statistics": "CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END",
        "options": "(SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(a.attoptions) o"
        f" WHERE split_part(o, '=', 1) <> '{STAMP}')",
        "foreign options": OPTIONS.format("a.attfdwoptions"),
        "inherited": "CASE WHEN a.attinhcount > 0 THEN 'true' END",
    }


def not_null(version: int) -> str:
    """SQL of whether a column is NOT NULL, as :func:`column_attributes` has it."""
    if version < 180000:
        return "CASE WHEN a.attnotnull THEN 'true' ELSE 'false' END"
    return (
        "CASE WHEN NOT a.attnotnull THEN 'false' WHEN NOT nn.convalidated"
        " THEN 'not valid' ELSE 'true' END"
    )


def column_joins(version: int) -> str:
    """SQL that joins what :func:`column_attributes` names to ``r``."""
    joins = """JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef ad ON ad.adrelid = r.oid AND ad.adnum = a.attnum"""
    if version < 180000:
        return joins
    return f"""{joins}
        LEFT JOIN pg_constraint nn ON nn.conrelid = r.oid AND nn.contype = 'n'
            AND nn.conkey[1] = a.attnum"""


def column_rows(version: int) -> tuple[str, ...]:
    """The catalog rows that a column is made of, as :func:`column_joins` calls them."""
    return ("a", "ad", "nn") if version >= 180000 else ("a", "ad")
