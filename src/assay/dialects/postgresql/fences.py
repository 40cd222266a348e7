"""What every relation's catalog rows are, as one number each: equal numbers, nothing was touched.

A row version in PostgreSQL has an address: where it is (``ctid``) and who wrote it (``xmin``).
The hash of both, summed over all catalog rows that belong to a relation, changes with every
insert, update and delete, whoever made it, in whatever transaction, and goes back when a
savepoint is rolled back. Reading them all is one scan of the small columns: it grows with the
catalog, at an eighth of the cost of rendering (300 tables: 10 ms against 80, PostgreSQL 15.20,
measured).

The same numbers can be asked of what the transaction locks alone (:func:`locked_query`), at a price
that does not grow with the catalog.
"""

from __future__ import annotations

from collections.abc import Collection

from assay.dialects.postgresql.group_parts import GROUPS
from assay.dialects.postgresql.rendering import FIRST
from assay.dialects.postgresql.wanted import GIVEN

__all__ = ["FULL", "HELD", "OWNERS", "fence_query", "group_query", "locked_query"]

FULL = -100
"""The owner of what any rendering may name: a change there means a full read."""

HELD = (
    "held AS MATERIALIZED (SELECT l.locktype, l.relation, coalesce(i.indrelid, l.relation) AS owner,"
    " l.mode, l.transactionid, l.virtualtransaction, l.database"
    f" FROM pg_locks l LEFT JOIN pg_index i ON i.indexrelid = l.relation AND l.relation >= {FIRST}"
    " WHERE l.pid = pg_backend_pid() AND l.granted)"
)
"""The session's locks, as a common table; the owner of an index is its table."""
OWNERS = (
    "owners AS MATERIALIZED (SELECT DISTINCT h.owner AS oid FROM held h"
    f" WHERE h.locktype = 'relation' AND h.database <> 0 AND h.relation >= {FIRST})"
)
"""The user's relations that are locked, an index's being its table, as a common table."""


def _plain_hash(alias: str) -> str:
    return f"hashtextextended({alias}.ctid::text || {alias}.xmin::text, {alias}.tableoid::int8)"


_ZERO = "(SELECT age('3'::xid)::int8 AS zero) z"


def _fast_hash(version: int, alias: str) -> str:
    # As above without making text, four times as quick. age() counts back from a point that the
    # age of the first transaction gives; it does not do so for what initdb wrote.
    if version < 140000:
        return _plain_hash(alias)
    return (
        f"hashtidextended({alias}.ctid, {alias}.tableoid::int8 * 4294967296"
        f" + ((z.zero - age({alias}.xmin)) & 4294967295))"
    )


def _mapped(version: int, relations: str, condition: str) -> str:
    """Relations with the one they belong to, an index's being its table, and a hash of their rows.

    Up to 13 the flags of an index are written in place.
    """
    return (
        "m AS MATERIALIZED (SELECT c.oid, c.relkind, coalesce(i.indrelid, c.oid)::int8 AS owner,"
        f" {_fast_hash(version, 'c')} # coalesce({_fast_hash(version, 'i')}"
        " # (i.indisvalid::int::int8 << 7), 0) AS h"
        f" FROM {_ZERO}, {relations} LEFT JOIN pg_index i ON i.indexrelid = c.oid"
        f" WHERE {condition} AND c.relkind <> 't')"
    )


_OWN = (
    # catalog, column with the owner, condition
    ("pg_attrdef", "adrelid", f"x.oid >= {FIRST}"),
    ("pg_constraint", "conrelid", f"x.conrelid >= {FIRST}"),
    # A foreign key's own triggers say something only when they are not enabled as usual.
    (
        "pg_trigger",
        "tgrelid",
        "(NOT x.tgisinternal OR x.tgparentid <> 0 OR x.tgenabled <> 'O')",
    ),
    ("pg_rewrite", "ev_class", f"x.ev_class >= {FIRST}"),
    ("pg_policy", "polrelid", "true"),
    ("pg_statistic_ext", "stxrelid", "true"),
    ("pg_foreign_table", "ftrelid", "true"),
    ("pg_sequence", "seqrelid", "true"),
)


def _own_parts(version: int, among: str) -> list[str]:
    """The rows that belong to relations, an owner and a hash each, but for comments.

    :param among: SQL of what is asked of an owner's oid, with ``{}`` for it.
    """

    def asked(oid: str) -> str:
        return f" AND {among.format(oid)}" if among else ""

    parts = [
        f"SELECT x.{column}::int8 AS owner, {_fast_hash(version, 'x')} AS h"
        f" FROM {catalog} x, {_ZERO} WHERE {condition}{asked('x.' + column)}"
        for catalog, column, condition in _OWN
    ]
    of_m = " AND x.inhrelid IN (SELECT m.oid FROM m)" if among else ""
    return [
        *parts,
        "SELECT m.owner, m.h FROM m",
        # An index's columns say what its table's say, but for a target or options of their own.
        f"SELECT m.owner, {_fast_hash(version, 'x')} FROM m"
        f" JOIN pg_attribute x ON x.attrelid = m.oid, {_ZERO}"
        f" WHERE x.attrelid >= {FIRST} AND x.attnum > 0"
        " AND (m.relkind NOT IN ('i', 'I') OR x.attstattarget >= 0 OR x.attoptions IS NOT NULL)",
        f"SELECT o.oid::int8, {_plain_hash('x')}"
        " FROM pg_class x JOIN pg_class o ON o.reltoastrelid = x.oid"
        f" WHERE x.relkind = 't' AND x.reloptions IS NOT NULL{asked('o.oid')}",
        f"SELECT coalesce(i.indrelid, x.inhrelid)::int8, {_plain_hash('x')} FROM pg_inherits x"
        f" LEFT JOIN pg_index i ON i.indexrelid = x.inhrelid WHERE true{of_m}",
        # What a sequence belongs to is in pg_depend alone.
        f"SELECT x.objid::int8, {_plain_hash('x')}"
        " FROM pg_sequence s JOIN pg_depend x ON x.objid = s.seqrelid"
        " WHERE x.classid = 'pg_class'::regclass AND x.refclassid = 'pg_class'::regclass"
        f" AND x.deptype IN ('a', 'i'){asked('s.seqrelid')}",
    ]


def _described(source: str, condition: str) -> str:
    """Comments with the owner of what they are on."""
    return f"""SELECT CASE x.classoid
            WHEN 'pg_class'::regclass THEN coalesce(
                (SELECT indrelid FROM pg_index WHERE indexrelid = x.objoid), x.objoid)::int8
            WHEN 'pg_constraint'::regclass THEN (
                SELECT CASE WHEN conrelid <> 0 THEN conrelid::int8 ELSE {GROUPS["types"]} END
                FROM pg_constraint WHERE oid = x.objoid)
            WHEN 'pg_type'::regclass THEN (
                SELECT CASE WHEN typrelid <> 0 THEN typrelid::int8 ELSE {GROUPS["types"]} END
                FROM pg_type WHERE oid = x.objoid)
            WHEN 'pg_trigger'::regclass THEN (
                SELECT tgrelid::int8 FROM pg_trigger WHERE oid = x.objoid)
            WHEN 'pg_policy'::regclass THEN (
                SELECT polrelid::int8 FROM pg_policy WHERE oid = x.objoid)
            WHEN 'pg_rewrite'::regclass THEN (
                SELECT ev_class::int8 FROM pg_rewrite WHERE oid = x.objoid)
            WHEN 'pg_statistic_ext'::regclass THEN (
                SELECT stxrelid::int8 FROM pg_statistic_ext WHERE oid = x.objoid)
            WHEN 'pg_namespace'::regclass THEN {GROUPS["schemas"]}
            WHEN 'pg_proc'::regclass THEN {GROUPS["functions"]}
            WHEN 'pg_collation'::regclass THEN {GROUPS["collations"]}
            WHEN 'pg_event_trigger'::regclass THEN {GROUPS["event triggers"]}
            WHEN 'pg_foreign_server'::regclass THEN {GROUPS["foreign servers"]}
            WHEN 'pg_foreign_data_wrapper'::regclass THEN {GROUPS["foreign servers"]}
            WHEN 'pg_publication'::regclass THEN {GROUPS["publications"]}
            END, {_plain_hash("x")} FROM {source} WHERE {condition}"""


def _described_parts() -> list[str]:
    return [
        _described("pg_description x", f"x.objoid >= {FIRST}"),
        f"SELECT {GROUPS['schemas']}::int8, {_plain_hash('x')} FROM pg_namespace n"
        " JOIN pg_description x ON x.objoid = n.oid AND x.classoid = 'pg_namespace'::regclass"
        f" WHERE n.oid < {FIRST}",
    ]


def _group_parts(version: int) -> list[str]:
    """The rows that belong to no relation, but for comments."""
    groups = [
        ("schemas", "pg_namespace", "left(x.nspname, 3) <> 'pg_'"),
        (
            "types",
            "pg_type",
            f"x.oid >= {FIRST} AND x.typrelid = 0 AND (x.typtype <> 'b' OR x.typcategory <> 'A')",
        ),
        ("types", "pg_enum", "true"),
        ("types", "pg_range", f"x.rngtypid >= {FIRST}"),
        ("types", "pg_constraint", "x.contypid > 0"),
        ("functions", "pg_proc", f"x.oid >= {FIRST}"),
        ("functions", "pg_aggregate", f"x.aggfnoid::oid >= {FIRST}"),
        ("collations", "pg_collation", f"x.oid >= {FIRST}"),
        ("event triggers", "pg_event_trigger", "true"),
        ("foreign servers", "pg_foreign_server", "true"),
        ("foreign servers", "pg_foreign_data_wrapper", "true"),
        ("publications", "pg_publication", "true"),
        ("publications", "pg_publication_rel", "true"),
    ]
    if version >= 150000:
        groups.append(("publications", "pg_publication_namespace", "true"))
    numbered = [(GROUPS[name], catalog, condition) for name, catalog, condition in groups]
    numbered.append((FULL, "pg_extension", "true"))
    numbered += [
        (FULL, catalog, f"x.oid >= {FIRST}")
        for catalog in (
            "pg_am",
            "pg_language",
            "pg_opclass",
            "pg_operator",
            "pg_opfamily",
            "pg_ts_config",
            "pg_ts_dict",
        )
    ]
    # Which objects are an extension's.
    numbered.append((FULL, "pg_depend", "x.refclassid = 'pg_extension'::regclass"))
    return [
        *(
            f"SELECT {number}::int8, {_plain_hash('x')} FROM {catalog} x WHERE {condition}"
            for number, catalog, condition in numbered
        ),
        # Roles and tablespaces are the cluster's; only their names are told anywhere.
        f"SELECT {FULL}::int8, hashtextextended(oid::text || rolname, 0) FROM pg_roles",
        f"SELECT {FULL}::int8, hashtextextended(oid::text || spcname, 1) FROM pg_tablespace",
    ]


def _summed(tables: Collection[str], parts: Collection[str], condition: str) -> str:
    text = " UNION ALL ".join(f"({part})" for part in parts)
    with_ = f"WITH {', '.join(tables)} " if tables else ""
    return (
        f"{with_}SELECT f.owner::int8, sum(f.h)::text FROM ({text}) f(owner, h)"
        f" WHERE {condition} GROUP BY 1"
    )


def fence_query(version: int) -> str:
    """One statement of rows ``owner, fence``.

    :param version: ``server_version_num``.
    """
    mapped = _mapped(version, "pg_class c", f"c.oid >= {FIRST}")
    parts = [*_own_parts(version, ""), *_described_parts(), *_group_parts(version)]
    return _summed([mapped], parts, "f.owner IS NOT NULL")


def group_query(version: int) -> str:
    """As :func:`fence_query`, of what belongs to no relation."""
    # Without relations, comments on what is one's are left out by their owner.
    return _summed([], [*_described_parts(), *_group_parts(version)], "f.owner < 0")


def locked_query(version: int, extra: str) -> str:
    """As :func:`fence_query`, of the relations that this transaction locks, whatever the mode.

    Its price is that of what is locked. A relation that is locked and not there has the fence 0.

    :param extra: ``SELECT`` of two columns more, as a row of its own; ``held`` are the session's
        locks.
    """
    among = "{} IN (SELECT o.oid FROM owners o)"
    objects = " UNION ALL ".join(
        f"SELECT x.oid FROM {catalog} x WHERE {among.format('x.' + column)}"
        for catalog, column in (
            ("pg_constraint", "conrelid"),
            ("pg_trigger", "tgrelid"),
            ("pg_policy", "polrelid"),
            ("pg_rewrite", "ev_class"),
            ("pg_statistic_ext", "stxrelid"),
        )
    )
    tables = [
        HELD,
        OWNERS,
        GIVEN,
        "wanted AS MATERIALIZED (SELECT o.oid FROM owners o UNION SELECT i.indexrelid"
        " FROM owners o JOIN pg_index i ON i.indrelid = o.oid)",
        _mapped(version, "wanted w JOIN pg_class c ON c.oid = w.oid", "true"),
        "objects AS MATERIALIZED (SELECT w.oid FROM wanted w UNION SELECT c.reltype"
        f" FROM owners o JOIN pg_class c ON c.oid = o.oid UNION {objects})",
    ]
    parts = [
        "SELECT o.oid::int8 AS owner, 0::int8 AS h FROM owners o",
        *_own_parts(version, among),
        _described("objects s JOIN pg_description x ON x.objoid = s.oid", "true"),
    ]
    return _summed(tables, parts, among.format("f.owner::oid")) + f" UNION ALL {extra}"
