"""Who may do what with a database's objects, beside their owners: one statement."""

from __future__ import annotations

from assay.dialects.observed import Grant
from assay.dialects.postgresql.connecting import Target, connect
from assay.dialects.values import Address, Query

__all__ = ["committed_privileges", "read_privileges"]

_OURS = "n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'"
_NO_MEMBER = (
    "NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = '{}'::regclass"
    " AND e.objid = o.oid AND e.deptype = 'e')"
)
_KIND = (
    "CASE o.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'"
    " WHEN 'f' THEN 'foreign table' ELSE 'table' END"
)
_NAME = "CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || {}"
_PARTS = (
    f"SELECT {_KIND}, {_NAME.format('o.relname')}, o.relowner, o.relacl FROM pg_catalog.pg_class o"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace WHERE {_OURS}"
    " AND o.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND o.relacl IS NOT NULL",
    f"SELECT 'column', {_NAME.format('''o.relname || '.' || a.attname''')}, o.relowner, a.attacl"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class o ON o.oid = a.attrelid"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace WHERE {_OURS}"
    " AND a.attacl IS NOT NULL AND NOT a.attisdropped",
    f"SELECT 'schema', n.nspname, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace n WHERE {_OURS}"
    " AND n.nspacl IS NOT NULL",
    "SELECT CASE o.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,"
    f" {_NAME.format('''o.proname || '(' || oidvectortypes(o.proargtypes) || ')' ''')}, o.proowner,"
    " coalesce(o.proacl, acldefault('f', o.proowner)) FROM pg_catalog.pg_proc o"
    f" JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace WHERE {_OURS}"
    f" AND {_NO_MEMBER.format('pg_proc')}",
)
_QUERY = (
    "SELECT p.kind::text, p.name::text,"
    " CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END,"
    " x.privilege_type::text FROM ("
    + " UNION ALL ".join(_PARTS)
    + ") p(kind, name, owner, acl), aclexplode(p.acl) x WHERE x.grantee <> p.owner"
)


def read_privileges(query: Query) -> frozenset[Grant]:
    """Every privilege given to others than the owner; those of a function that nobody took away too.

    Roles, databases, types, large objects and default privileges are left out.
    """
    return frozenset(Grant(*(str(part) for part in row)) for row in query(_QUERY))


def committed_privileges(at: Address) -> frozenset[Grant]:
    """As :func:`read_privileges`, by a connection of its own, which no open transaction shows to."""
    connection = connect(Target(at))
    try:
        return read_privileges(connection.query)
    finally:
        connection.close()
