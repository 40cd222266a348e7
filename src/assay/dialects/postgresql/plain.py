"""A few plain tables as they are now, in a text that is quick to plan.

Most statements of a revision change columns, constraints and indexes of a table that is no partition.
What renders everything a relation can have takes 20 ms to plan on a connection that has just begun,
what renders such a table 6 (PostgreSQL 15.20, measured). So the attributes that such a table has are
rendered alone, by the same SQL; a row says when its object has one of the others, and then it is not
for this text to say what it is. Comments, triggers and policies are in catalogs of their own: they are
what they were where those are not written.

Nothing is compared here: each table is listed whether it was touched or not. That is for few. Views
and sequences are for another text (:mod:`assay.dialects.postgresql.others`). A row
has the version of the catalog row behind it, by which a change shows that no attribute tells of; and
its attributes where this transaction wrote that one, or all are wanted of that table. Of the others
who asks knows them.
"""

from __future__ import annotations

from assay.dialects.postgresql.fences import HELD, OWNERS
from assay.dialects.postgresql.relation_parts import (
    CONSTRAINT,
    CONSTRAINT_KIND,
    INDEX,
    TABLE,
    Attributes,
    column_attributes,
    column_joins,
    column_rows,
    json_object,
)
from assay.dialects.postgresql.rendering import USER_SCHEMA, settled
from assay.dialects.postgresql.wanted import WANTED

__all__ = ["BEYOND", "CARRIED", "MOST", "OTHER_INDEX", "WRITTEN", "plain_query"]

MOST = 20
"""So many locked relations are rendered after each statement; with more, only what was touched is."""
BEYOND = "assay: beyond"
"""The attribute of an object that has others than those that are rendered."""
WRITTEN = "assay: written"
"""The attribute that has the version of the catalog row: where it is, and who wrote it."""
OTHER_INDEX = "assay: index"
"""The kind of an index that is its constraint's: only whether it is :data:`BEYOND`."""
_TABLE = ("persistence", "access method", "row security", "force row security", "replica identity")
_COLUMN = (
    "type",
    "not null",
    "not null no inherit",
    "default",
    "generated",
    "generated kind",
    "storage",
    "compression",
    "statistics",
    "options",
)
_INDEX = ("definition", "valid")
CARRIED = frozenset({"comment", "index comment", "parents", "triggers"})
"""Attributes that come from other catalog rows than those of the object: they stay with it."""

_BEYOND_TABLE = (
    "r.relkind <> 'r' OR r.relpersistence = 't' OR r.reloptions IS NOT NULL OR r.reloftype <> 0"
    " OR r.reltablespace <> 0 OR r.relispartition"
    " OR EXISTS (SELECT FROM pg_class t WHERE t.oid = r.reltoastrelid AND t.reloptions IS NOT NULL)"
)
_BEYOND_COLUMN = (
    "a.attidentity <> '' OR a.attcollation <> t.typcollation OR a.attfdwoptions IS NOT NULL"
    " OR a.attinhcount > 0"
)
_BEYOND_CONSTRAINT = "k.coninhcount > 0 OR k.conparentid <> 0"
_BEYOND_INDEX = (
    "x.indisclustered OR x.indisreplident OR NOT x.indisvalid OR ic.reloptions IS NOT NULL"
    " OR ic.reltablespace <> 0 OR ic.relispartition"
    " OR (x.indexprs IS NOT NULL AND EXISTS (SELECT FROM pg_attribute ia"
    "   WHERE ia.attrelid = ic.oid AND ia.attstattarget >= 0))"
)


def _some(attributes: Attributes, names: tuple[str, ...], beyond: str, *rows: str) -> str:
    """The attributes of what a row written by this transaction is about; of others its version.

    :param rows: the catalog rows that it is made of.
    """
    versions = ", ".join(f"{row}.ctid, {row}.xmin" for row in rows)
    version = f"'{WRITTEN}', concat_ws(' ', {versions})"
    flag = f"'{BEYOND}', CASE WHEN {beyond} THEN true END"
    rendered = json_object({name: attributes[name] for name in names}, flag, version)
    written = " OR ".join(["r.whole", *(f"age({row}.xmin) <= 0" for row in rows)])
    return f"CASE WHEN {written} THEN {rendered} ELSE {json_object({}, version)} END"


def _parts(version: int) -> list[str]:
    return [
        f"""SELECT r.oid::int8, 'table', json_build_array(r.nspname, r.relname)::text,
            {_some(TABLE, _TABLE, _BEYOND_TABLE, "r")} FROM r""",
        f"""SELECT r.oid::int8, 'column', json_build_array(r.nspname, r.relname, a.attname)::text,
            {_some(column_attributes(version), _COLUMN, _BEYOND_COLUMN, *column_rows(version))}
        FROM r {column_joins(version)}""",
        f"""SELECT r.oid::int8, {CONSTRAINT_KIND},
            json_build_array(r.nspname, r.relname, k.conname)::text,
            {_some(CONSTRAINT, ("definition",), _BEYOND_CONSTRAINT, "k")}
        FROM r JOIN pg_constraint k ON k.conrelid = r.oid
            AND k.contype IN ('p', 'u', 'c', 'f', 'x')""",
        f"""SELECT r.oid::int8, CASE WHEN k.oid IS NULL THEN 'index' ELSE '{OTHER_INDEX}' END,
            json_build_array(r.nspname, r.relname, ic.relname)::text,
            {_some(INDEX, _INDEX, _BEYOND_INDEX, "x", "ic")}
        FROM r JOIN pg_index x ON x.indrelid = r.oid JOIN pg_class ic ON ic.oid = x.indexrelid
            LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.conindid = ic.oid
                AND k.contype IN ('p', 'u', 'x')""",
    ]


def plain_query(version: int, place: str) -> str:
    """One statement that renders the relations that this transaction locks, at most :data:`MOST`.

    Members of extensions too, of which nothing is known then.

    :param version: ``server_version_num``.
    :param place: SQL of a text that comes as a row of its own; ``held`` are the session's locks,
        ``owners`` the relations that are locked, or to which a locked one belongs, ``wanted`` these
        and what is wanted beside them.
    """
    relations = f"""r AS MATERIALIZED (
        SELECT n.nspname, c.*, c.ctid, c.xmin, w.whole FROM wanted w JOIN pg_class c ON c.oid = w.oid
            JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind NOT IN ('i', 'I', 't', 'v', 'S') AND {USER_SCHEMA}
            AND (SELECT count(*) FROM wanted) <= {MOST})"""
    return settled(
        [f"SELECT 0::int8, 'assay: place', NULL::text, {place}", *_parts(version)],
        [HELD, OWNERS, WANTED, relations],
    )
