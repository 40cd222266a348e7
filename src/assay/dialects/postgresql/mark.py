"""A cheap value that changes when this transaction changed the system catalogs.

The server counts, per transaction and catalog, the rows that were written
(``pg_stat_get_xact_tuples_*``; seen at once, in subtransactions too: PostgreSQL 15.20 and 18.6,
measured). Temporary tables write some catalogs as well, and are not to count. So those catalogs are
looked at themselves: how many rows they have, and a hash of the rows that this transaction wrote,
temporary tables' rows subtracted. That is one pass over them: 3 ms at 300 tables, 5 to 12 after DDL
(15.20, measured).
"""

from __future__ import annotations

from assay.dialects.values import Query

__all__ = ["catalog_mark", "rows_written"]

# Catalogs that temporary tables write, and which of their rows are a temporary table's.
_SHARED_WITH_TEMPORARY = {
    "pg_class": "x.relnamespace IN (SELECT oid FROM spaces)",
    "pg_attribute": "x.attrelid IN (SELECT oid FROM temp)",
    "pg_constraint": "x.conrelid IN (SELECT oid FROM temp)",
    "pg_index": "x.indrelid IN (SELECT oid FROM temp)",
    "pg_trigger": "x.tgrelid IN (SELECT oid FROM temp)",
    "pg_rewrite": "x.ev_class IN (SELECT oid FROM temp)",
    "pg_policy": "x.polrelid IN (SELECT oid FROM temp)",
    "pg_type": "x.typnamespace IN (SELECT oid FROM spaces)",
    "pg_namespace": "x.oid IN (SELECT oid FROM spaces)",
    "pg_sequence": "x.seqrelid IN (SELECT oid FROM temp)",
    "pg_inherits": "x.inhrelid IN (SELECT oid FROM temp)",
    "pg_statistic_ext": "x.stxnamespace IN (SELECT oid FROM spaces)",
    "pg_description": "x.objoid IN (SELECT oid FROM temp)",
}

# pg_statistic, pg_statistic_ext_data, pg_largeobject* are data; pg_shdepend follows from others.
_COUNTED = (
    "pg_aggregate",
    "pg_am",
    "pg_amop",
    "pg_amproc",
    "pg_auth_members",
    "pg_authid",
    "pg_cast",
    "pg_collation",
    "pg_conversion",
    "pg_database",
    "pg_db_role_setting",
    "pg_default_acl",
    "pg_enum",
    "pg_event_trigger",
    "pg_extension",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_init_privs",
    "pg_language",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_partitioned_table",
    "pg_proc",
    "pg_publication",
    "pg_publication_rel",
    "pg_range",
    "pg_seclabel",
    "pg_shdescription",
    "pg_subscription",
    "pg_tablespace",
    "pg_transform",
    "pg_ts_config",
    "pg_ts_config_map",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_user_mapping",
)


def rows_written(catalog: str) -> str:
    """SQL of how many rows of a catalog this transaction has written."""
    oid = f"'pg_catalog.{catalog}'::regclass"
    return " + ".join(
        f"pg_stat_get_xact_tuples_{what}({oid})" for what in ("inserted", "updated", "deleted")
    )


_SUMS = (
    "SELECT {sign}count(*), {sign}coalesce(sum(hashtextextended("
    "x.ctid::text || x.xmin::text || x.tableoid::text, 0)) FILTER (WHERE age(x.xmin) <= 0), 0)"
    " FROM pg_catalog.{catalog} x"
)


def _text() -> str:
    counted = " + ".join(rows_written(catalog) for catalog in _COUNTED)
    parts: list[str] = []
    for catalog, temporary in _SHARED_WITH_TEMPORARY.items():
        parts.append(_SUMS.format(sign="", catalog=catalog))
        parts.append(_SUMS.format(sign="-", catalog=catalog) + f" WHERE {temporary}")
    # pg_attrdef and most of pg_depend are written only along with others. Not so the owner of a
    # sequence and the members of an extension.
    depend = _SUMS.format(sign="", catalog="pg_depend")
    parts.append(
        f"{depend} JOIN pg_catalog.pg_sequence s ON s.seqrelid = x.objid"
        " WHERE x.classid = 'pg_class'::regclass AND x.refobjsubid > 0"
        " AND x.deptype IN ('a', 'i') AND NOT x.objid IN (SELECT oid FROM temp)"
    )
    parts.append(f"{depend} WHERE x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e'")
    return (
        "WITH spaces AS MATERIALIZED (SELECT oid FROM pg_catalog.pg_namespace"
        " WHERE nspname ~ '^pg_(toast_)?temp_[0-9]+$'),"
        " temp AS MATERIALIZED (SELECT oid FROM pg_catalog.pg_class"
        " WHERE relnamespace IN (SELECT oid FROM spaces))"
        f" SELECT concat_ws(' ', {counted}, sum(n), sum(h))"
        f" FROM ({' UNION ALL '.join(parts)}) p(n, h)"
    )


_QUERY = _text()


def catalog_mark(query: Query) -> str:
    """A text that changes when the catalog was changed in this transaction.

    It goes back when a savepoint is rolled back, except for functions, enums and others that are
    counted. What a statement makes and drops again does not count. ``TRUNCATE`` and ``REFRESH
    MATERIALIZED VIEW`` do count: they write ``pg_class``.
    """
    return str(query(_QUERY)[0][0])
