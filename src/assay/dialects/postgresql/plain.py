"""A few plain tables as they are now, in a text that is quick to plan.

Most statements of a revision change columns, constraints and indexes of a table that is no partition.
What renders everything a relation can have takes 20 ms to plan on a connection that has just begun,
what renders such a table 4 (PostgreSQL 15.20, measured). So the attributes that such a table mostly has
are given alone, as columns of the row and not as JSON, whose functions take time to be looked up; a row
says when its object has others, and then it is not for this text to say what it is. Comments, triggers
and policies are in catalogs of their own: they are what they were where those are not written.

Nothing is compared here: each table is listed whether it was touched or not. That is for few. Views
and sequences are for another text (:mod:`assay.dialects.postgresql.others`). A row
has the version of the catalog row behind it, by which a change shows that no attribute tells of; and
its texts where this transaction wrote that one, or all are wanted of that table. Of the others
who asks knows them. :mod:`assay.dialects.postgresql.plain_rows` reads the rows.
"""

from __future__ import annotations

from assay.dialects.postgresql.fences import HELD, OWNERS
from assay.dialects.postgresql.relation_attributes import column_joins, column_rows, not_null
from assay.dialects.postgresql.rendering import STAMP, USER_SCHEMA, settled
from assay.dialects.postgresql.wanted import GIVEN, WANTED

__all__ = ["MOST", "plain_query"]

MOST = 20
"""So many tables are rendered after a statement; of more, fences tell first which were touched."""
_WIDTH = 9
_HEAP = 2
"""The oid of the access method that tables have; the server's source has it."""

_BEYOND_TABLE = (
    "c.relkind <> 'r' OR c.relpersistence = 't' OR c.reloptions IS NOT NULL OR c.reloftype <> 0"
    f" OR c.reltablespace <> 0 OR c.relispartition OR c.relam <> {_HEAP}"
    " OR EXISTS (SELECT FROM pg_class t WHERE t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL)"
)
_BEYOND_COLUMN = (
    "a.attcollation <> t.typcollation OR a.attfdwoptions IS NOT NULL"
    " OR a.attinhcount > 0 OR a.attstorage <> t.typstorage OR a.attstattarget >= 0"
    f" OR array_length(a.attoptions, 1) > 1 OR left(a.attoptions[1], {len(STAMP) + 1}) <> '{STAMP}='"
)
_BEYOND_CONSTRAINT = "k.coninhcount > 0 OR k.conparentid <> 0"
_BEYOND_INDEX = (
    "x.indisclustered OR x.indisreplident OR NOT x.indisvalid OR ic.reloptions IS NOT NULL"
    " OR ic.reltablespace <> 0 OR ic.relispartition"
    " OR (x.indexprs IS NOT NULL AND EXISTS (SELECT FROM pg_attribute ia"
    "   WHERE ia.attrelid = ic.oid AND ia.attstattarget >= 0))"
)


def _version(*rows: str) -> str:
    """Where catalog rows are, and who wrote them."""
    return " || ".join(f"coalesce({row}.ctid::text || {row}.xmin::text, '')" for row in rows)


def _some(text: str, *rows: str) -> str:
    """A text of what this transaction has written, or what is wanted whole.

    :param rows: the catalog rows that it is made of.
    """
    written = " OR ".join(["r.whole", *(f"age({row}.xmin) <= 0" for row in rows)])
    return f"CASE WHEN {written} THEN {text} END"


def _row(kind: str, name: str, version: str, *texts: str, beyond: str = "") -> str:
    """The columns of a row: owner, kind, name, version, four texts, and whether it has others."""
    rest = [*texts, *["NULL"] * (4 - len(texts))]
    flag = f"CASE WHEN {beyond} THEN 'beyond' END" if beyond else "NULL"
    return f"SELECT r.oid::int8, '{kind}', {', '.join([name, version, *rest, flag])}"


def _columns(version: int) -> str:
    rows = column_rows(version)
    beyond = _BEYOND_COLUMN
    if version >= 140000:
        beyond += " OR a.attcompression <> ''"
    if version >= 180000:
        beyond += " OR nn.connoinherit"
    texts = (
        _some("format_type(a.atttypid, a.atttypmod)", *rows),
        not_null(version),
        _some("pg_get_expr(ad.adbin, ad.adrelid)", *rows),
        "a.attgenerated::text || a.attidentity::text",
    )
    row = _row("column", "a.attname", _version(*rows), *texts, beyond=beyond)
    return f"{row} FROM r {column_joins(version)}"


def _parts(version: int) -> list[str]:
    return [
        # where it is, its flags, and whether it was written; its other columns are in `r`
        "SELECT r.oid::int8, 'table', r.relname, r.version, r.nspname, r.flags, r.written, NULL,"
        " r.beyond FROM r",
        _columns(version),
        _row(
            "constraint",
            "k.conname",
            _version("k"),
            _some("pg_get_constraintdef(k.oid)", "k"),
            "k.contype::text",
            beyond=_BEYOND_CONSTRAINT,
        )
        + """ FROM r JOIN pg_constraint k ON k.conrelid = r.oid
            AND k.contype IN ('p', 'u', 'c', 'f', 'x')""",
        # of one that is its constraint's, only whether it has what others have not
        _row(
            "index",
            "ic.relname",
            _version("x", "ic"),
            _some("pg_get_indexdef(x.indexrelid)", "x", "ic"),
            "k.contype::text",
            beyond=_BEYOND_INDEX,
        )
        + """ FROM r JOIN pg_index x ON x.indrelid = r.oid JOIN pg_class ic ON ic.oid = x.indexrelid
            LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.conindid = ic.oid
                AND k.contype IN ('p', 'u', 'x')""",
    ]


def plain_query(version: int, place: str) -> str:
    """One statement that renders the tables that are wanted, at most one over :data:`MOST`.

    Members of extensions too, of which nothing is known then. The first row and the last are settings,
    the second has the place.

    :param version: ``server_version_num``.
    :param place: SQL of a text that comes as a row of its own; ``held`` are the session's locks,
        ``owners`` the relations that are locked, or to which a locked one belongs, ``wanted`` these
        and what is wanted beside them, ``given`` what is said of that.
    """
    relations = f"""r AS MATERIALIZED (
        SELECT c.oid, n.nspname, c.relname, w.whole, {_version("c")} AS version,
            CASE WHEN w.whole OR age(c.xmin) <= 0 THEN 'written' END AS written,
            c.relpersistence::text || c.relreplident::text || c.relrowsecurity::int::text
                || c.relforcerowsecurity::int::text AS flags,
            CASE WHEN {_BEYOND_TABLE} THEN 'beyond' END AS beyond
        FROM wanted w JOIN pg_class c ON c.oid = w.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind NOT IN ('i', 'I', 't', 'v', 'S') AND {USER_SCHEMA} LIMIT {MOST + 1})"""
    rest = ", NULL::text" * (_WIDTH - 3)
    return settled(
        [f"SELECT 0::int8, 'place', {place}{rest}", *_parts(version)],
        [HELD, OWNERS, GIVEN, WANTED, relations],
        _WIDTH,
    )
