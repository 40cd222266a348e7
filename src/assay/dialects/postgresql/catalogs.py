"""Which of the server's catalogs hold what, and which say that more than a few tables were touched."""

from __future__ import annotations

from assay.dialects.values import Query

__all__ = [
    "BESIDE",
    "FULL",
    "FUNCTIONS",
    "GROUPED",
    "OTHERS",
    "RELATIONS",
    "RENDERED",
    "counted",
    "oids_of_counted",
]

RELATIONS = (
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_depend",
    "pg_description",
    "pg_foreign_table",
    "pg_index",
    "pg_inherits",
    "pg_partitioned_table",
    "pg_policy",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
)
"""Catalogs whose rows belong to a relation, which is locked where they are written."""

GROUPED = {
    "pg_aggregate": "functions",
    "pg_collation": "collations",
    "pg_enum": "types",
    "pg_event_trigger": "event triggers",
    "pg_foreign_data_wrapper": "foreign servers",
    "pg_foreign_server": "foreign servers",
    "pg_namespace": "schemas",
    "pg_proc": "functions",
    "pg_publication": "publications",
    "pg_publication_rel": "publications",
    "pg_range": "types",
    "pg_type": "types",
}

FULL = (
    "pg_am",
    "pg_authid",
    "pg_extension",
    "pg_language",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_statistic_ext",
    "pg_tablespace",
    "pg_ts_config",
    "pg_ts_dict",
)
"""Catalogs whose rows any text may name, or that are written without a lock on a relation."""

OTHERS = (
    "pg_amop",
    "pg_amproc",
    "pg_auth_members",
    "pg_cast",
    "pg_conversion",
    "pg_database",
    "pg_db_role_setting",
    "pg_default_acl",
    "pg_init_privs",
    "pg_seclabel",
    "pg_shdescription",
    "pg_subscription",
    "pg_transform",
    "pg_ts_config_map",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_user_mapping",
)
"""Catalogs that no snapshot tells of; to write them is to write the catalog."""

RENDERED = frozenset(
    {
        "pg_attrdef",
        "pg_attribute",
        "pg_class",
        "pg_constraint",
        "pg_depend",
        "pg_index",
        "pg_trigger",
    }
)
"""What is written where a plain table is changed into another plain table. A row of ``pg_trigger`` that is
updated may belong to the key of a table nobody locks, so then this is not all."""

BESIDE = frozenset({"pg_description", "pg_enum", "pg_rewrite", "pg_sequence", "pg_type"})
"""What is written where views, sequences, types and comments are made, changed or dropped."""

FUNCTIONS = frozenset({"pg_aggregate", "pg_proc"})
"""What is written where functions, procedures and aggregates are."""


def counted(version: int) -> tuple[str, ...]:
    """The catalogs whose written rows are counted.

    :param version: ``server_version_num``.
    """
    catalogs = (*RELATIONS, *GROUPED, *FULL, *OTHERS)
    return (*catalogs, "pg_publication_namespace") if version >= 150000 else catalogs


_OIDS: dict[int, str] = {}


def oids_of_counted(query: Query, version: int) -> str:
    """SQL of the array of their oids, which all servers of a version have alike.

    Names would be looked up each time a text is planned.
    """
    if version not in _OIDS:
        names = ", ".join(f"'pg_catalog.{name}'" for name in counted(version))
        found = query(f"SELECT ARRAY[{names}]::regclass[]::oid[]::text")
        _OIDS[version] = f"'{found[0][0]}'::oid[]"
    return _OIDS[version]
